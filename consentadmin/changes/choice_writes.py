"""Reading and writing a choice for a change of it (PLATFORM §4)."""

from dataclasses import dataclass
from typing import Any

from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import Change
from consentadmin.changes.rules import extras, landed, milliseconds, shows
from consentadmin.changes.standing import Trace
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.subjects.resolve import resolve

CLOCKS_APART = 10 * 60 * 1000
"""Milliseconds by which the platform's clock may differ from ours."""


@dataclass(frozen=True, slots=True)
class ChoiceStanding:
    """A choice as it was just read, None when there is none."""

    change: Change
    current: Choice | None

    @property
    def has_moved(self) -> bool:
        """Whether it is no longer what staff saw when they asked."""
        seen: str = self.change.payload["seen"]
        return (self.current.digest() if self.current else "") != seen

    def shown(self) -> Trace | None:
        """Return the trace when the current choice is the one wished for."""
        if self.change.kind == Kind.CHOICE_DELETE:
            return Trace(is_whole=True) if self.current is None else None
        if self.current is None or not shows(self.current, self.change.wish):
            return None
        return self._left(self.current)

    def trace(self) -> Trace | None:
        """Return what our write left: the current choice or a record of the change log.

        One that shows the whole wish is preferred to one that shows value and date alone.
        """
        if found := self.shown():
            return found
        change, current = self.change, self.current
        if change.kind == Kind.CHOICE_DELETE or "mends" in change.told:
            return None  # what is to be on top again does not count for being in the log
        try:
            log = client_for(change.datamart).choice_log(
                change.datamart.platform_id, change.address, change.processing
            )
        except NotFound:
            log = ()
        seen = [*([current] if current else []), *log]
        whole = (record for record in seen if shows(record, change.wish))
        record = next(whole, next((record for record in seen if self._is_ours(record)), None))
        return self._left(record) if record else None

    def there(self) -> dict[str, Any]:
        """Return the columns that keep the current choice."""
        current = self.current
        if current is None:
            return {"told": {"current": {}}}
        kept = {"accepted": current.accepted, "choice_ts": current.choice_ts}
        whole = {**kept, "customs": dict(current.customs), "digest": current.digest()}
        sealed = self.change.subject.seal(whole, purpose="found")
        return {"told": {"current": kept}, "found_sealed": sealed}

    def _left(self, record: Choice) -> Trace:
        """Return what a record tells of our write, and what else the platform shows."""
        wish, told = self.change.wish, {}
        if not shows(record, wish):
            return Trace(is_whole=False, told={"customs_differ": True})
        if more := extras(record, wish):
            told["extras"] = len(more)
        if self.current is None or not shows(self.current, wish):
            told["history_only"] = True
        return Trace(is_whole=True, told=told, data={"creation_ts": record.creation_ts})

    def _is_ours(self, record: Choice) -> bool:
        """Return whether our write left this record with other custom fields than were sent.

        One that was there before we asked is not ours, whatever its value and date.
        """
        asked = milliseconds(self.change.asked_at) - CLOCKS_APART
        return (
            self.change.may_have_landed
            and landed(record, self.change.wish)
            and record.digest() != self.change.payload["seen"]
            and (record.creation_ts is None or record.creation_ts >= asked)
        )


def read_choice(change: Change) -> ChoiceStanding:
    """Read the current choice; a 404 is looked into (PLATFORM §2).

    Raises Elsewhere when the person answers under another user point by now, Gone when nobody
    does, and PlatformError.
    """
    client, datamart = client_for(change.datamart), change.datamart.platform_id
    try:
        found = client.choice(datamart, change.address, change.processing)
    except NotFound:
        resolve(subject=change.target, selector=change.selector)
        return ChoiceStanding(change, None)
    return ChoiceStanding(change, found)


def write_choice(change: Change) -> None:
    """Send the choice, or ask that it be deleted, once. Raises PlatformError."""
    client, datamart = client_for(change.datamart), change.datamart.platform_id
    if change.kind == Kind.CHOICE_DELETE:
        client.delete_choice(datamart, change.address, change.processing)
        return
    wish = change.wish
    client.put_choice(
        datamart,
        change.address,
        change.processing,
        accepted=wish.accepted,
        choice_ts=wish.choice_ts,
        customs=wish.customs,
    )
