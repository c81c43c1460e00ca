"""Reading, writing and deleting a profile for a change of it (PLATFORM §5).

What the platform makes of a write is documented only in part: what it shows afterwards is compared
with what we expected, path by path, and both are kept.
"""

from dataclasses import dataclass
from typing import Any

from consentadmin.changes.documents import digest_of_customs
from consentadmin.changes.models import Change
from consentadmin.changes.standing import Trace
from consentadmin.changes.states import State
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.errors import Garbled, NotFound
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.shapes import Profile
from consentadmin.subjects.resolve import resolve


@dataclass(frozen=True, slots=True)
class ProfileStanding:
    """A profile as it was just read, None when there is none."""

    change: Change
    profile: Profile | None

    @property
    def has_moved(self) -> bool:
        """Whether it is no longer what staff saw when they asked."""
        customs = self.profile.customs if self.profile else None
        return digest_of_customs(customs) != self.change.profile.seen

    def shown(self) -> Trace | None:
        """Return the trace when every path that is sent is as expected (DESIGN §4)."""
        if self.profile is None:
            return Trace(is_whole=True) if self.change.profile.strategy is None else None
        compared = self.change.profile.read_back(self.profile.customs)
        if compared is None or compared.differing:
            return None
        told = {"others_differ": len(compared.others)} if compared.others else {}
        return Trace(is_whole=True, told=told, columns=self._kept())

    def trace(self) -> Trace | None:
        """Return what our write left.

        A profile that has become something else than we expected is taken for ours only once the
        platform has accepted our write; before that it may be anybody's.
        """
        if found := self.shown():
            return found
        if self.change.state != State.SENT or not self.has_moved:
            return None
        compared = self.profile and self.change.profile.read_back(self.profile.customs)
        told = {"paths_differ": len(compared.differing)} if compared else {"still_there": True}
        return Trace(is_whole=False, told=told, columns=self._kept())

    def there(self) -> dict[str, Any]:
        """Return the columns that keep what is there."""
        return {"told": {**self.change.told, "moved": True}, **self._kept()}

    def _kept(self) -> dict[str, Any]:
        customs = dict(self.profile.customs) if self.profile else None
        return {"found_sealed": self.change.subject.seal(customs, purpose="found")}


def read_profile(change: Change) -> ProfileStanding:
    """Read the profile; a 404 is looked into (PLATFORM §2). Raises as `read_choice` does."""
    wish = change.profile
    try:
        found = client_for(change.datamart).profile(
            change.datamart.platform_id, change.address, wish.compartment, wish.account
        )
    except NotFound:
        resolve(subject=change.target, selector=change.selector)
        return ProfileStanding(change, None)
    if found.account not in {None, wish.account}:
        raise Garbled("the profile of another account")
    return ProfileStanding(change, found)


def write_profile(change: Change) -> None:
    """Send the profile, or ask that it be deleted, once. Raises PlatformError."""
    client, datamart, wish = (
        client_for(change.datamart),
        change.datamart.platform_id,
        change.profile,
    )
    if wish.body is None or wish.strategy is None:
        client.delete_profile(datamart, change.address, wish.compartment, wish.account)
        return
    client.put_profile(
        datamart,
        change.address,
        wish.compartment,
        wish.account,
        wish.body,
        strategy=ProfileStrategy(wish.strategy),
    )
