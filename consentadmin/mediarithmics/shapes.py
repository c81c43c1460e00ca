"""What the platform's answers become at the edge (PLATFORM.md §4, §5, §8).

Each `read_…` makes a frozen value of one JSON object, strictly, or raises Garbled; nothing later
asks again whether a field is there. Ids are strings. Times are milliseconds since the epoch, UTC.
Fields that no attribute holds are kept in `rest` or `system`. Values about a person are in no repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from consentadmin.mediarithmics.errors import Garbled
from consentadmin.mediarithmics.fields import (
    Json,
    Object,
    digest_of,
    read_flag,
    read_id,
    read_id_or_none,
    read_object,
    read_text,
    read_ts,
    read_ts_or_none,
    rest_of,
)


class LegalBasis(StrEnum):
    """On what a processing rests (GDPR Article 6), in the platform's words."""

    CONSENT = "CONSENT"
    CONTRACTUAL_PERFORMANCE = "CONTRACTUAL_PERFORMANCE"
    LEGAL_OBLIGATION = "LEGAL_OBLIGATION"
    PUBLIC_INTEREST = "PUBLIC_INTEREST_OR_EXERCISE_OF_OFFICIAL_AUTHORITY"
    LEGITIMATE_INTEREST = "LEGITIMATE_INTEREST"


_BASES = {basis.value: basis for basis in LegalBasis}
_PROCESSING = (
    "id",
    "community_id",
    "name",
    "purpose",
    "legal_basis",
    "technical_name",
    "token",
    "archived",
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation that owns a datamart; it leads to the community, which has processings."""

    id: str
    name: str
    community_id: str
    rest: Object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Datamart:
    """A datamart. `token` is its technical token, not an API token."""

    id: str
    name: str
    organisation_id: str
    time_zone: str
    token: str
    rest: Object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Compartment:
    """A compartment. `id` is the compartment's; `link_id` that of its tie to the datamart."""

    id: str
    link_id: str | None
    name: str
    default: bool
    token: str
    rest: Object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Channel:
    """A site or an application. `type` is SITE or MOBILE_APPLICATION; others may come."""

    id: str
    name: str
    type: str
    domain: str
    rest: Object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Processing:
    """A processing. `legal_basis` is as the platform wrote it, `basis` what we know it as."""

    id: str
    community_id: str | None
    name: str
    purpose: str
    legal_basis: str
    basis: LegalBasis | None
    technical_name: str
    token: str
    archived: bool
    rest: Object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice, or one record of its change log.

    `choice_ts`: when the person chose; `creation_ts`: when the platform stored it. `customs` are
    the customer's own fields; `system` the platform's others (``$channel_id``, ``$email_hash`` …).
    """

    processing: str
    accepted: bool
    choice_ts: int
    creation_ts: int | None
    customs: Object = field(repr=False)
    system: Object = field(repr=False)

    def digest(self) -> str:
        """Return the hex SHA-256 of what an agent sees; two equal ones are the same choice."""
        return digest_of(self.processing, self.accepted, self.choice_ts, self.customs)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile. `customs` may be nested; `system` holds the other ``$`` fields."""

    compartment: str | None
    account: str | None = field(repr=False)
    customs: Object = field(repr=False)
    creation_ts: int | None
    last_modified_ts: int | None
    expiration_ts: int | None
    system: Object = field(repr=False)

    def digest(self) -> str:
        """Return the hex SHA-256 of whose profile it is and of all its customs."""
        return digest_of(self.compartment, self.account, self.customs)


def read_organisation(value: Json) -> Organisation:
    source = read_object(value)
    return Organisation(
        id=read_id(source, "id"),
        name=read_text(source, "name"),
        community_id=read_id(source, "community_id"),
        rest=rest_of(source, "id", "name", "community_id"),
    )


def read_datamart(value: Json) -> Datamart:
    source = read_object(value)
    return Datamart(
        id=read_id(source, "id"),
        name=read_text(source, "name"),
        organisation_id=read_id(source, "organisation_id"),
        time_zone=read_text(source, "time_zone"),
        token=read_text(source, "token"),
        rest=rest_of(source, "id", "name", "organisation_id", "time_zone", "token"),
    )


def read_compartment(value: Json) -> Compartment:
    """The name may be empty: then the technical token, then the id, stands for it."""
    source = read_object(value)
    key, token = read_id(source, "compartment_id"), read_text(source, "token")
    return Compartment(
        id=key,
        link_id=read_id_or_none(source, "id"),
        name=read_text(source, "name").strip() or token or key,
        default=read_flag(source, "default"),
        token=token,
        rest=rest_of(source, "id", "compartment_id", "name", "default", "token"),
    )


def read_channel(value: Json) -> Channel:
    source = read_object(value)
    return Channel(
        id=read_id(source, "id"),
        name=read_text(source, "name"),
        type=read_text(source, "type"),
        domain=read_text(source, "domain"),
        rest=rest_of(source, "id", "name", "type", "domain"),
    )


def read_processing(value: Json) -> Processing:
    source = read_object(value)
    basis = read_text(source, "legal_basis")
    return Processing(
        id=read_id(source, "id"),
        community_id=read_id_or_none(source, "community_id"),
        name=read_text(source, "name"),
        purpose=read_text(source, "purpose"),
        legal_basis=basis,
        basis=_BASES.get(basis),
        technical_name=read_text(source, "technical_name"),
        token=read_text(source, "token"),
        archived=read_flag(source, "archived"),
        rest=rest_of(source, *_PROCESSING),
    )


def read_choice(value: Json, *, processing: str | None = None) -> Choice:
    """Return a choice. Where the URL named the processing, the body may omit it, but not differ."""
    source = read_object(value)
    found = read_id_or_none(source, "$processing_id") or processing
    if found is None or (processing is not None and found != processing):
        raise Garbled("a choice of another processing, or of none")
    accepted = source.get("$choice_acceptance_value")
    if not isinstance(accepted, bool):
        raise Garbled("$choice_acceptance_value is not true or false")
    known = {"$processing_id", "$choice_acceptance_value", "$choice_ts", "$creation_ts"}
    return Choice(
        processing=found,
        accepted=accepted,
        choice_ts=read_ts(source, "$choice_ts"),
        creation_ts=read_ts_or_none(source, "$creation_ts"),
        customs=_customs(source),
        system=_system(source, known),
    )


def read_profile(value: Json) -> Profile:
    source = read_object(value)
    times = {"$creation_ts", "$last_modified_ts", "$expiration_ts"}
    return Profile(
        compartment=read_id_or_none(source, "$compartment_id"),
        account=read_id_or_none(source, "$user_account_id"),
        customs=_customs(source),
        creation_ts=read_ts_or_none(source, "$creation_ts"),
        last_modified_ts=read_ts_or_none(source, "$last_modified_ts"),
        expiration_ts=read_ts_or_none(source, "$expiration_ts"),
        system=_system(source, times | {"$compartment_id", "$user_account_id"}),
    )


def _customs(source: Object) -> Object:
    return MappingProxyType({k: v for k, v in source.items() if not k.startswith("$")})


def _system(source: Object, known: set[str]) -> Object:
    return MappingProxyType(
        {k: v for k, v in source.items() if k.startswith("$") and k not in known}
    )
