"""Moving a change from state to state: always by a conditional UPDATE whose count is checked.

The entry is written in the same transaction, so a state and its entry can't part. Leases and due
times take the database's clock.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome
from consentadmin.changes.models import Change
from consentadmin.changes.states import ACTIONS, IN_FLIGHT, MOVES, SETTLED, Lane, State
from consentadmin.datamarts.services import sendable

TROUBLED = frozenset({State.NOT_SEEN, State.CONFLICT, State.DECLINED, State.UNKNOWN, State.STUCK})


class Fenced(Exception):
    """Somebody else has taken the change since: this result is late and changes nothing."""


@transaction.atomic
def move(
    change: Change,
    to: State,
    *,
    by: Actor = HOUSE,
    data: Mapping[str, Any] | None = None,
    **fields: Any,  # noqa: ANN401  (columns to set with the state)
) -> Change:
    """Move a change to a state and record it, or raise Fenced when it is no longer ours to move.

    Ours is a change that is in a state from which this move starts (MOVES) and whose fence is the
    one we read. Returns the change as it is now.
    """
    if to in SETTLED:
        fields["settled_at"] = DatabaseNow()
    if to not in IN_FLIGHT:
        fields["lease_until"] = None
    ours = Change.objects.filter(pk=change.pk, state__in=MOVES[to], fence=change.fence)
    if ours.update(state=to, **fields) != 1:
        raise Fenced(change)
    entry(
        change,
        ACTIONS[to],
        by=by,
        data=data,
        outcome=Outcome.FAILED if to in TROUBLED else Outcome.DONE,
    )
    return fresh(change.pk)


def entry(
    change: Change,
    action: Action,
    *,
    by: Actor = HOUSE,
    outcome: Outcome = Outcome.DONE,
    data: Mapping[str, Any] | None = None,
    sealed: bytes | None = None,
) -> None:
    """Record one step of a change, with its value, timestamp and basis in clear: the proof."""
    record(
        action=action,
        actor=by,
        outcome=outcome,
        datamart=change.datamart.platform_id,
        subject=change.subject_id,
        reason=change.reason,
        case=change.case,
        change=change.pk,
        data={
            "processing": change.processing,
            "name": change.processing_name,
            "basis": change.basis,
            "accepted": change.accepted,
            "choice_ts": change.choice_ts,
            "cause": change.cause,
            **(data or {}),
        },
        sealed=sealed,
    )


def fresh(pk: int) -> Change:
    """Return a change as it is now, with what a worker needs of its neighbours."""
    return Change.objects.select_related("datamart", "subject__datamart", "asked_by").get(pk=pk)


def claim_to_send(lane: Lane) -> Change | None:
    """Take the next change of a lane that can be sent now, under a fresh lease, or None.

    One in flight per subject and document; a withdrawal does not wait for a stuck change.
    """
    others = Change.objects.filter(subject=OuterRef("subject"), document=OuterRef("document"))
    stuck = Exists(others.filter(state=State.STUCK))
    due = (
        Change.objects.filter(sendable(), lane=lane, state=State.QUEUED, due_at__lte=DatabaseNow())
        .exclude(Exists(others.filter(state__in=IN_FLIGHT)))
        .filter(Q(is_withdrawal=True) | ~stuck)
    )
    try:
        with transaction.atomic():
            change = (
                due.order_by("due_at", "id")
                .select_for_update(skip_locked=True, of=("self",))
                .first()
            )
            if change is None:
                return None
            change = _lease(change, state=State.SENDING, attempts=F("attempts") + 1)
            entry(change, Action.CHANGE_SENDING, data={"attempt": change.attempts})
            return change
    except IntegrityError:  # another worker put one of this document in flight a moment ago
        return None


@transaction.atomic
def claim_to_check(lane: Lane) -> Change | None:
    """Take the next change of a lane that is due to be read back, under a fresh lease, or None."""
    now = DatabaseNow()
    due = Change.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        sendable(),
        lane=lane,
        state__in=[State.SENT, State.UNKNOWN],
        due_at__lte=now,
    )
    change = due.order_by("due_at", "id").select_for_update(skip_locked=True, of=("self",)).first()
    return _lease(change) if change else None


def _lease(change: Change, **fields: Any) -> Change:  # noqa: ANN401
    Change.objects.filter(pk=change.pk).update(
        fence=F("fence") + 1, lease_until=DatabaseNow().plus(settings.CHANGE_LEASE), **fields
    )
    return fresh(change.pk)


def release_expired() -> int:
    """Move changes whose worker has lost its lease to *unknown*, and return how many those were.

    Before the call or after it, a dead worker looks the same: only reading back can tell.
    """
    expired = Change.objects.filter(state=State.SENDING, lease_until__lte=DatabaseNow())
    released = 0
    for change in expired.select_related("datamart", "asked_by"):
        try:
            move(
                change,
                State.UNKNOWN,
                due_at=DatabaseNow(),
                lease_until=None,
                error="LeaseExpired",
                data={"error": "LeaseExpired"},
            )
        except Fenced:  # it was not dead: it has just settled
            continue
        released += 1
    return released


def due_lanes() -> set[Lane]:
    """Return the lanes in which something can be done now."""
    now = DatabaseNow()
    due = Change.objects.filter(
        Q(state=State.QUEUED)
        | Q(state__in=[State.SENT, State.UNKNOWN], lease_until=None)
        | Q(state__in=[State.SENT, State.UNKNOWN], lease_until__lte=now),
        sendable(),
        due_at__lte=now,
    ).values_list("lane", flat=True)
    expired = Change.objects.filter(state=State.SENDING, lease_until__lte=now)
    return {Lane(lane) for lane in due.union(expired.values_list("lane", flat=True))}
