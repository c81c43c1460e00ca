"""The second look: a late write of a worker that had lost its claim, found and repaired (cell 5).

Between its last look at its claim and its call a worker can be stopped for any time. The platform
knows no fence, so its write may land on top of a newer change. Nothing can prevent that; so the
document is looked at again: when a lease is lost, as soon as a call may no longer be on its way
(CALL_DEADLINE), and whenever a result comes late, at once. Where what the platform then shows is
the late write, the newest change of the document is asked for again, by the house.
"""

from django.conf import settings
from django.db import IntegrityError, transaction

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import HOUSE, Action, Outcome
from consentadmin.changes.choice_writes import ChoiceStanding, read_choice
from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import NEIGHBOURS, Change
from consentadmin.changes.moves import entry, fresh, kin_of
from consentadmin.changes.rules import landed
from consentadmin.changes.states import OPEN, State
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.subjects.resolve import Elsewhere, Gone

COPIED = (
    "datamart", "subject", "kind", "document", "lane", "processing", "processing_name", "basis",
    "accepted", "choice_ts", "is_withdrawal", "asked_by", "asker_role", "cause", "reason", "case",
    "request_id", "takes_person",
)  # fmt: skip


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
    if newest is None or newest.pk <= late.pk or late.kind != Kind.CHOICE_PUT:
        return _is_well(late)
    try:
        found = read_choice(fresh(newest.pk))
    except PlatformError:
        return False
    except (Elsewhere, Gone):
        return _is_well(late)
    if found.shown() or found.current is None or not landed(found.current, late.wish):
        return _is_well(late)
    return _repair(fresh(newest.pk), late, found)


def _is_well(late: Change) -> bool:
    Change.objects.filter(pk=late.pk).update(second_look_at=None)
    return False


def _repair(newest: Change, late: Change, found: ChoiceStanding) -> bool:
    """Ask for the newest change once more, having seen the late write, and say so."""
    assert found.current is not None, "it shows the late write"
    subject = newest.subject
    payload = {**newest.payload, "seen": found.current.digest()}
    try:
        with transaction.atomic():
            again = Change.objects.create(
                state=State.QUEUED,
                payload_sealed=subject.seal(payload, purpose="payload"),
                repeats=newest,
                told={"mends": late.pk},
                **{name: getattr(newest, name) for name in COPIED},
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
