"""What changes are about: documents of a person, each with a name of its own, and what is wished.

One change at a time is in flight for a person and a document. A name tells nothing of the person:
an account stands in it, and in our URLs, as a keyed digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from consentadmin import vault
from consentadmin.changes import profiles
from consentadmin.changes.profiles import Json, ReadBack
from consentadmin.mediarithmics.fields import digest_of
from consentadmin.mediarithmics.profiles import ProfileStrategy


def choice_document(processing: str) -> str:
    """Return the name of a choice."""
    return f"choice {processing}"


def profile_document(compartment: str, account: str) -> str:
    """Return the name of the profile of an account."""
    return f"profile {compartment} {profile_key(compartment, account)}"


def profile_key(compartment: str, account: str) -> str:
    """Return 32 hex digits that stand for a profile where its account must not be told."""
    digest = vault.alias_keys().digest("\x1f".join(["profile", compartment, account]))
    return digest[:16].hex()


def digest_of_customs(customs: Mapping[str, Json] | None) -> str:
    """Return the digest of a profile's custom fields, "" where there is no profile."""
    return "" if customs is None else digest_of(customs)


@dataclass(frozen=True)
class ProfileWish:
    """What staff want of the profile of an account: a write of `body`, or its deletion.

    `was`: the custom fields as staff saw them, None where there was no profile. `body` and
    `strategy` (PLATFORM §5) are None for a deletion.
    """

    compartment: str
    account: str = field(repr=False)
    was: Mapping[str, Json] | None = field(repr=False)
    body: Mapping[str, Json] | None = field(repr=False)
    strategy: ProfileStrategy | None

    @property
    def document(self) -> str:
        """The name of the profile."""
        return profile_document(self.compartment, self.account)

    @property
    def seen(self) -> str:
        """The digest of what staff saw."""
        return digest_of_customs(self.was)

    @cached_property
    def expected(self) -> dict[str, Any] | None:
        """The custom fields we expect afterwards; None where we expect no profile."""
        if self.body is None or self.strategy is None:
            return None
        return profiles.expected(self.was or {}, self.body, self.strategy)

    def read_back(self, shown: Mapping[str, Json]) -> ReadBack | None:
        """Compare what the platform shows with what we expect; None for a deletion."""
        if self.body is None or self.strategy is None:
            return None
        return profiles.read_back(self.was or {}, self.body, self.strategy, shown)
