"""Claiming: which change is carried out next, by whom, and for how long.

A claim takes a lease by the database's clock and a fresh fence, and commits before any call. Rows
that another worker is claiming are skipped, never waited for.
"""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Action
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, entry, fresh, move
from consentadmin.changes.states import IN_FLIGHT, Lane, State
from consentadmin.datamarts.services import sendable


def claim_to_send(lane: Lane) -> Change | None:
    """Take the next change of a lane that can be sent now, under a fresh lease, or None.

    Withdrawals go first. One in flight per person and document; a withdrawal does not wait for a
    stuck change.
    """
    due = _sendable(lane).order_by("-is_withdrawal", "due_at", "id")
    try:
        with transaction.atomic():
            change = due.select_for_update(skip_locked=True, of=("self",)).first()
            if change is None:
                return None
            change = _lease(change, state=State.SENDING, attempts=F("attempts") + 1)
            entry(change, Action.CHANGE_SENDING, data={"attempt": change.attempts})
            return change
    except IntegrityError:  # another worker put one of this document in flight a moment ago
        return None


def _sendable(*lanes: Lane) -> QuerySet[Change]:
    others = Change.objects.filter(_kin(), document=OuterRef("document")).exclude(pk=OuterRef("pk"))
    queued = Change.objects.filter(
        sendable(), lane__in=lanes, state=State.QUEUED, due_at__lte=DatabaseNow()
    )
    return queued.exclude(Exists(others.filter(state__in=IN_FLIGHT))).filter(
        Q(is_withdrawal=True) | ~Exists(others.filter(state=State.STUCK))
    )


def _kin() -> Q:
    """Of the same person: the same subject, or two of which one was joined into the other."""
    mine, elder = OuterRef("subject"), OuterRef("subject__joined_into")
    return (
        Q(subject=mine)
        | Q(subject=elder)
        | Q(subject__joined_into=mine)
        | Q(subject__joined_into=elder, subject__joined_into__isnull=False)
    )


@transaction.atomic
def claim_to_check(lane: Lane) -> Change | None:
    """Take the next change of a lane that is due to be read back, under a fresh lease, or None."""
    due = _checkable(lane).order_by("-is_withdrawal", "due_at", "id")
    change = due.select_for_update(skip_locked=True, of=("self",)).first()
    return _lease(change) if change else None


def _checkable(*lanes: Lane) -> QuerySet[Change]:
    now = DatabaseNow()
    return Change.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        sendable(),
        lane__in=lanes,
        state__in=[State.SENT, State.UNKNOWN],
        due_at__lte=now,
    )


def _lease(change: Change, **fields: Any) -> Change:  # noqa: ANN401
    Change.objects.filter(pk=change.pk).update(
        fence=F("fence") + 1, lease_until=DatabaseNow().plus(settings.CHANGE_LEASE), **fields
    )
    return fresh(change.pk)


def still_holds(change: Change) -> bool:
    """Return whether this claim's lease and fence stand: to be asked just before a call."""
    mine = Change.objects.filter(pk=change.pk, fence=change.fence)
    return mine.filter(lease_until__gt=DatabaseNow()).exists()


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
                may_have_landed=True,
                error="LeaseExpired",
                data={"error": "LeaseExpired"},
            )
        except Fenced:  # it was not dead: it has just settled
            continue
        released += 1
    return released


def due_lanes() -> set[Lane]:
    """Return the lanes in which something can be done now."""
    expired = Change.objects.filter(state=State.SENDING, lease_until__lte=DatabaseNow())
    found = [
        due.values_list("lane", flat=True) for due in (_sendable(*Lane), _checkable(*Lane), expired)
    ]
    return {Lane(lane) for lanes in found for lane in lanes.distinct()}
