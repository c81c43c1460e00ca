"""The second look: a late write of a worker that had lost its claim, found and repaired (cell 5).

Between its last look at its claim and its call a worker can be stopped for any time. The platform
knows no fence, so its write may land on top of a newer change. Nothing can prevent that; so the
document is looked at again: when a lease is lost, as soon as a call may no longer be on its way
(CALL_DEADLINE), and whenever a result comes late, at once. Where what the platform then shows is
the late write, the house asks for what the newest change of the document had left.

Of a choice its fixed timestamp tells whose write it is. A profile bears no such mark: it is mended
only where it is to the letter what the late write makes of what the newest change left, and then
put back to that, guarded by the digest of what is there. A late deletion is not mended: nothing
tells it from one that was meant.
"""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import HOUSE, Action, Outcome
from consentadmin.changes.choice_writes import read_choice
from consentadmin.changes.documents import digest_of_customs
from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import NEIGHBOURS, Change
from consentadmin.changes.moves import entry, fresh, kin_of
from consentadmin.changes.profile_writes import read_profile
from consentadmin.changes.profiles import expected, is_same
from consentadmin.changes.rules import landed
from consentadmin.changes.states import OPEN, State
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.subjects.resolve import Elsewhere, Gone

COPIED = (
    "datamart", "subject", "kind", "document", "lane", "processing", "processing_name", "basis",
    "accepted", "choice_ts", "is_withdrawal", "asked_by", "asker_role", "cause", "reason", "case",
    "request_id", "takes_person", "compartment", "compartment_name",
)  # fmt: skip

MENDED = frozenset({Kind.CHOICE_PUT, Kind.PROFILE_PUT})
"""The kinds of late writes that can be told from anybody else's."""


@dataclass(frozen=True, slots=True)
class Mend:
    """What of the newest change is otherwise in the one that asks for it again."""

    payload: dict[str, Any] = field(repr=False)
    columns: dict[str, Any] = field(default_factory=dict)


def look_again() -> int:
    """Look at each document that is due for it, and return how many were repaired.

    No HTTP happens inside a transaction: a look is put off first, so that no two do it at once,
    and one that dies is done again.
    """
    due = Change.objects.filter(second_look_at__lte=DatabaseNow())
    return sum(_look(late) for late in due.select_related(*NEIGHBOURS)[:100])


def _look(late: Change) -> bool:
    again_at = DatabaseNow().plus(settings.CHANGE_LEASE)
    mine = Change.objects.filter(pk=late.pk, second_look_at=late.second_look_at)
    if mine.update(second_look_at=again_at) != 1:
        return False
    kin = kin_of(late) | Change.objects.filter(pk=late.pk)
    if kin.filter(state__in=OPEN).exists():
        return False  # what is under way is seen to its end first
    newest = kin.filter(state=State.CONFIRMED).order_by("-pk").first()
    if newest is None or newest.pk <= late.pk or late.kind not in MENDED:
        return _is_well(late)
    newest = fresh(newest.pk)
    try:
        mend = _of_profile(newest, late) if late.is_profile else _of_choice(newest, late)
    except PlatformError:
        return False
    except (Elsewhere, Gone):
        return _is_well(late)
    return _repair(newest, late, mend) if mend else _is_well(late)


def _is_well(late: Change) -> bool:
    Change.objects.filter(pk=late.pk).update(second_look_at=None)
    return False


def _of_choice(newest: Change, late: Change) -> Mend | None:
    """Return the newest choice again, if the late one stands there. Raises as `read_choice`."""
    found = read_choice(newest)
    if found.shown() or found.current is None or not landed(found.current, late.wish):
        return None
    return Mend({"seen": found.current.digest()})


def _of_profile(newest: Change, late: Change) -> Mend | None:
    """Return what the newest change left, if what is there is that with the late write on top.

    Raises as `read_profile`.
    """
    there, wish = read_profile(newest).profile, late.profile
    left = newest.profile.expected
    if left is not None and newest.has_found:
        left = newest.found  # what the platform showed, rather than what we expected
    assert wish.body is not None, "a write"
    assert wish.strategy is not None, "a write"
    made = expected(left or {}, wish.body, wish.strategy)
    if there is None or is_same(made, left) or not is_same(made, there.customs):
        return None
    was = dict(there.customs)
    return Mend(
        {"was": was, "seen": digest_of_customs(was), "body": left},
        {"strategy": "" if left is None else ProfileStrategy.FORCE_REPLACE.value},
    )


def _repair(newest: Change, late: Change, mend: Mend) -> bool:
    """Ask once more for what the newest change had left, and say so."""
    subject = newest.subject
    payload = newest.payload | mend.payload
    kept = {name: getattr(newest, name) for name in COPIED}
    try:
        with transaction.atomic():
            again = Change.objects.create(
                state=State.QUEUED,
                payload_sealed=subject.seal(payload, purpose="payload"),
                repeats=newest,
                told={"mends": late.pk},
                **kept | mend.columns,
            )
            entry(
                fresh(again.pk),
                Action.CHANGE_LATE_WRITE,
                by=HOUSE,
                outcome=Outcome.FAILED,
                data={"late": late.pk, "repeats": newest.pk},
            )
            _is_well(late)
    except IntegrityError:  # somebody has just asked for a newer one: that goes on top
        return False
    return True
