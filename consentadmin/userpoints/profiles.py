"""The profiles of a person, each with what staff changed last, and one of them to work on.

In our addresses a profile goes by its key (changes.documents.profile_key): never by its account.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from consentadmin.audit.words import Actor
from consentadmin.changes import queries as changes
from consentadmin.changes.documents import profile_key
from consentadmin.changes.models import Change
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.identifiers import Identifiers
from consentadmin.mediarithmics.selectors import AccountSelector
from consentadmin.mediarithmics.shapes import Profile
from consentadmin.subjects.models import Handle
from consentadmin.userpoints.noting import note_reading, where
from consentadmin.userpoints.reading import Section, side_by_side


@dataclass(frozen=True, slots=True)
class ProfileCard:
    """A profile, and the change to show beside it.

    `key` is None where the platform tells no compartment or account: it can't be changed then.
    `profile` is None where only a change is known: of a profile that is new, or deleted.
    """

    profile: Profile | None
    key: str | None
    change: Change | None


class AccountStanding(Enum):
    """Whose an account is, before a profile is written for it (PLATFORM §5)."""

    OURS_WITH_PROFILE = "ours-with-profile"
    OURS = "ours"
    NOBODYS = "nobodys"
    ANOTHERS = "anothers"


def cards(profiles: Iterable[Profile], known: Mapping[str, Change]) -> list[ProfileCard]:
    """Return a card for each profile, then one for each changed profile that is not there."""
    asked = {_key_in(change): change for change in known.values() if change.is_profile}
    found = [_card(profile, asked) for profile in profiles]
    told = {card.key for card in found}
    return found + [ProfileCard(None, key, asked[key]) for key in asked if key not in told]


def _card(profile: Profile, asked: Mapping[str, Change]) -> ProfileCard:
    key = key_of(profile)
    return ProfileCard(profile, key, asked.get(key) if key else None)


def key_of(profile: Profile) -> str | None:
    """Return what a profile goes by in our addresses, None for one that can't be named."""
    if profile.compartment is None or profile.account is None:
        return None
    return profile_key(profile.compartment, profile.account)


def _key_in(change: Change) -> str:
    return change.document.rpartition(" ")[2]


def read_profile(*, handle: Handle, key: str, actor: Actor) -> ProfileCard:
    """Read the profile that goes by this key, in one round trip, and leave an entry.

    Raises NotFound where the person has none of this key, PlatformError, Elsewhere, Gone.
    """
    found = _ask(handle, actor)
    for card in cards(found.value or (), changes.latest(subject=handle.subject)):
        if card.key == key and card.profile is not None:
            return card
    raise NotFound


def probe_account(
    *, handle: Handle, compartment: str, account: str, actor: Actor
) -> AccountStanding:
    """Return whose an account is, in one round trip, and leave an entry.

    Raises PlatformError, Elsewhere, Gone, InvalidSelector for what names no account.
    """
    subject, selector = handle.subject, AccountSelector(compartment, account)
    client, datamart = client_for(subject.datamart), subject.datamart.platform_id
    found = _ask(
        handle,
        actor,
        owner=lambda left: client.identifiers(datamart, selector, deadline=left),
    )
    owner: Section[Identifiers] = found.beside["owner"]
    key = profile_key(compartment, account)
    if any(key_of(profile) == key for profile in found.value or ()):
        return AccountStanding.OURS_WITH_PROFILE
    if owner.is_missing:
        return AccountStanding.NOBODYS
    if owner.error is not None:
        raise owner.error
    assert owner.value is not None, "a section has a value or an error"
    is_ours = owner.value.point is not None and owner.value.point == subject.point
    return AccountStanding.OURS if is_ours else AccountStanding.ANOTHERS


@dataclass(frozen=True, slots=True)
class _Found:
    value: tuple[Profile, ...] | None
    beside: Mapping[str, Section[Any]]


def _ask(handle: Handle, actor: Actor, **beside: Any) -> _Found:  # noqa: ANN401  (calls)
    """Read all profiles of the person, and whatever else is asked beside them."""
    subject = handle.subject
    client, datamart = client_for(subject.datamart), subject.datamart.platform_id
    address = subject.address(handle.selector)
    found = side_by_side(
        {
            "profiles": lambda left: client.profiles(datamart, address, deadline=left),
            "identifiers": lambda left: client.identifiers(datamart, address, deadline=left),
            **beside,
        }
    )
    note_reading(handle, actor, found, "profile")
    identifiers = where(handle, found["identifiers"])
    profiles: Section[tuple[Profile, ...]] = found["profiles"]
    if profiles.error is not None and not profiles.is_missing:
        raise profiles.error
    if identifiers.error is not None:
        raise identifiers.error
    return _Found(profiles.value, found)
