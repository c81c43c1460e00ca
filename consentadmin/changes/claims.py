"""Claiming: which change is carried out next, by whom, and for how long.

To look for what can be sent costs more than to claim it, so a worker looks ahead: it *reserves* a
few changes at once. A reserved change is still queued: it can be cancelled or superseded, holds up
nothing, and falls free by itself soon after its worker's death. Just before its turn each is
*claimed*, by a conditional UPDATE with its entry: that takes a lease by the database's clock and a
fresh fence, and is committed before any call. Rows that another worker is reserving are skipped,
never waited for.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.audit.writing import Act, Untouched
from consentadmin.changes.carried import Carried
from consentadmin.changes.due import CLAIM, CLAIM_TO_CHECK, DUE_LANES, RESERVE, STILL_HOLDS
from consentadmin.changes.models import NEIGHBOURS, Change
from consentadmin.changes.moves import Fenced, entry, move
from consentadmin.changes.states import IN_FLIGHT, Lane, State
from consentadmin.datamarts.breaker import may_try
from consentadmin.datamarts.models import Datamart

RESERVED_FOR = timedelta(seconds=1)
"""For how long a change is kept for a worker that has others to carry out before it."""

AROUND = ("datamart", "subject__datakey")
"""What is read with a claim. A subject is of the change's own datamart."""


def reserve(lane: Lane, *, most: int) -> list[Change]:
    """Keep the next changes of a lane that can be sent now for this worker, and return them.

    They are still queued, and fall free after RESERVED_FOR; `give_back` frees them at once.
    """
    return _taken(RESERVE, [lane.value, most, RESERVED_FOR])


def give_back(reserved: Collection[Change]) -> None:
    """Free what was reserved and is not claimed after all."""
    if reserved:
        mine = Change.objects.filter(pk__in=[change.pk for change in reserved], state=State.QUEUED)
        mine.update(lease_until=None)


def claim(change: Change) -> bool:
    """Take a change that was reserved, under a fresh lease; return whether it still could be.

    Its entry is written by the same statement. While its datamart is down, it may be the one that
    tries it.
    """
    is_trial = change.datamart.down_since is not None
    if is_trial and not may_try(datamart=change.datamart):
        return False
    lease, attempt = timedelta(seconds=settings.CHANGE_LEASE), change.attempts + 1
    act = Act(CLAIM, [lease, change.pk, change.fence, is_trial])
    try:
        with transaction.atomic():
            entry(change, Action.CHANGE_SENDING, data={"attempt": attempt}, act=act)
    except (Untouched, IntegrityError):  # another of this document was put in flight this moment
        return False
    until = DatabaseNow().plus(settings.CHANGE_LEASE)
    change.took(state=State.SENDING, attempts=attempt, fence=change.fence + 1, lease_until=until)
    change.carried = change.carried and change.carried.later()
    return True


@transaction.atomic
def claim_to_check(lane: Lane) -> Change | None:
    """Take the next change of a lane that is due to be read back, under a fresh lease, or None."""
    lease = timedelta(seconds=settings.CHANGE_LEASE)
    for change in _taken(CLAIM_TO_CHECK, [lane.value, lease]):
        if may_try(datamart=change.datamart):
            return change
        transaction.set_rollback(True)
    return None


def _taken(sql: str, params: Sequence[Any]) -> list[Change]:
    """Return the changes that a statement takes, in their order, and note since when."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    found = Change.objects.filter(pk__in=ids).select_related(*AROUND).annotate(now=DatabaseNow())
    datamarts: dict[int, Datamart] = {}
    for change in (taken := list(found)):
        # One for all: what one of them learns of the platform holds for the others.
        datamart = datamarts.setdefault(change.datamart_id, change.datamart)
        change.datamart = change.subject.datamart = datamart
        change.carried = Carried(change.now)
    return sorted(taken, key=lambda change: (not change.is_withdrawal, change.due_at, change.pk))


def still_holds(change: Change) -> bool:
    """Return whether this claim's lease and fence stand: to be asked just before a call."""
    with connection.cursor() as cursor:
        cursor.execute(STILL_HOLDS, [change.pk, change.fence])
        return cursor.fetchone() is not None


def release_expired() -> int:
    """Take back changes whose worker has lost its lease, and return how many those were.

    Before the call or after it, a dead worker looks the same: only reading back can tell. What
    CHANGE_DEATHS workers died of is left to a person; a withdrawal is tried again, but seldom.
    """
    released = 0
    for change in _expired().select_related(*NEIGHBOURS):
        try:
            _release(change)
        except Fenced:  # it was not dead: it has just settled
            continue
        released += 1
    return released


def _expired() -> QuerySet[Change]:
    return Change.objects.filter(state__in=IN_FLIGHT, lease_until__lte=DatabaseNow())


@transaction.atomic
def _release(change: Change) -> None:
    is_poison = _deaths(change) + 1 >= settings.CHANGE_DEATHS
    told: dict[str, Any] = {"error": "LeaseExpired"}
    if is_poison and not change.is_withdrawal:
        move(change, State.STUCK, error="LeaseExpired", may_have_landed=True, data=told)
        return
    due_at = DatabaseNow().plus(settings.CHANGE_BACKOFF_MOST if is_poison else 0)
    if change.state == State.SENDING:
        move(
            change,
            State.UNKNOWN,
            due_at=due_at,
            lease_until=None,
            may_have_landed=True,
            second_look_at=DatabaseNow().plus(settings.CALL_DEADLINE),  # its call may yet land
            error="LeaseExpired",
            data=told,
        )
        return
    ours = Change.objects.filter(pk=change.pk, fence=change.fence)
    if ours.update(due_at=due_at, lease_until=None, fence=F("fence") + 1) != 1:
        raise Fenced(change)
    entry(change, Action.CHANGE_UNKNOWN, outcome=Outcome.FAILED, data=told)


def _deaths(change: Change) -> int:
    """Return how many workers have died with this change; the trail keeps count."""
    found = Entry.objects.filter(change=change.pk, action=Action.CHANGE_UNKNOWN)
    return found.filter(data__error="LeaseExpired").count()


def due_lanes() -> set[Lane]:
    """Return the lanes in which something can be done now."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_LANES, [[lane.value for lane in Lane]])
        due = {lane for (lane,) in cursor.fetchall()}
    return {Lane(lane) for lane in due.union(_expired().values_list("lane", flat=True))}
