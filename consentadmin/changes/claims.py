"""Claiming: which change is carried out next, by whom, and for how long.

A claim takes a lease by the database's clock and a fresh fence, and commits before any call. Rows
that another worker is claiming are skipped, never waited for.
"""

import time
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.models import NEIGHBOURS, Carried, Change
from consentadmin.changes.moves import Fenced, entry, move
from consentadmin.changes.states import IN_FLIGHT, Lane, State
from consentadmin.datamarts.breaker import may_try
from consentadmin.datamarts.services import sendable


def claim_to_send(lane: Lane) -> Change | None:
    """Take the next change of a lane that can be sent now, under a fresh lease, or None.

    Withdrawals go first. One in flight per person and document; a withdrawal does not wait for a
    stuck change.
    """
    try:
        with transaction.atomic():
            change = _first(_sendable(lane))
            if change is None or not may_try(datamart=change.datamart):
                return None
            attempt = change.attempts + 1
            if not _lease(change, _undisturbed(), state=State.SENDING, attempts=attempt):
                return None
            entry(change, Action.CHANGE_SENDING, data={"attempt": attempt})
            return change
    except IntegrityError:  # another worker put one of this document in flight a moment ago
        return None


def _first(due: QuerySet[Change]) -> Change | None:
    """Lock and return the next change, and note since when it is carried; None for none."""
    due = due.order_by("-is_withdrawal", "due_at", "id").select_related(*NEIGHBOURS)
    change = (
        due.annotate(now=DatabaseNow()).select_for_update(skip_locked=True, of=("self",)).first()
    )
    if change is not None:
        change.carried = Carried(change.now, time.monotonic())
    return change


def _sendable(*lanes: Lane) -> QuerySet[Change]:
    queued = Change.objects.filter(
        sendable(), _undisturbed(), lane__in=lanes, state=State.QUEUED, due_at__lte=DatabaseNow()
    )
    stuck = _kin().filter(document=OuterRef("document"), state=State.STUCK)
    return queued.filter(Q(is_withdrawal=True) | ~Exists(stuck))


def _undisturbed() -> Q:
    """Nothing is in flight that this one has to wait for.

    That is another change of the same document, or any of the person where one of the two takes
    the whole person (DESIGN §4, Order).
    """
    in_flight = _kin().filter(state__in=IN_FLIGHT)
    mine = in_flight.filter(Q(document=OuterRef("document")) | Q(takes_person=True))
    return ~Exists(mine) & (Q(takes_person=False) | ~Exists(in_flight))


def _kin() -> QuerySet[Change]:
    """The other changes of the same person, who may be several subjects joined."""
    others = Change.objects.filter(subject__root=OuterRef("subject__root"))
    return others.exclude(pk=OuterRef("pk"))


@transaction.atomic
def claim_to_check(lane: Lane) -> Change | None:
    """Take the next change of a lane that is due to be read back, under a fresh lease, or None."""
    change = _first(_checkable(lane))
    if change is None or not may_try(datamart=change.datamart):
        return None
    _lease(change, Q())
    return change


def _checkable(*lanes: Lane) -> QuerySet[Change]:
    return Change.objects.filter(
        sendable(),
        lease_until=None,  # one whose worker died is released, and counted, before
        lane__in=lanes,
        state__in=[State.SENT, State.UNKNOWN],
        due_at__lte=DatabaseNow(),
    )


def _lease(change: Change, only_if: Q, **fields: Any) -> bool:  # noqa: ANN401
    """Take a locked change under a fresh lease, and say whether it still could be."""
    fields |= {
        "fence": change.fence + 1,
        "lease_until": DatabaseNow().plus(settings.CHANGE_LEASE),
    }
    if Change.objects.filter(only_if, pk=change.pk).update(**fields) != 1:
        return False
    change.took(**fields)
    return True


def still_holds(change: Change) -> bool:
    """Return whether this claim's lease and fence stand: to be asked just before a call."""
    mine = Change.objects.filter(pk=change.pk, fence=change.fence)
    return mine.filter(lease_until__gt=DatabaseNow()).exists()


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
    found = [
        due.values_list("lane", flat=True)
        for due in (_sendable(*Lane), _checkable(*Lane), _expired())
    ]
    return {Lane(lane) for lanes in found for lane in lanes.distinct()}
