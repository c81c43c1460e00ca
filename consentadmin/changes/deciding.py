"""What a person decides about a change: to approve it, take it back, try it or look again."""

import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Action, Actor
from consentadmin.changes.models import NEIGHBOURS, Change
from consentadmin.changes.moves import Fenced, fresh, move, requeue
from consentadmin.changes.states import State

CANCEL_PAUSES = (0, 0.1, 0.2, 0.4)


class OwnChange(Exception):
    """Who asked for a change can't be the second pair of eyes."""

    def __str__(self) -> str:
        return str(_("You asked for this change yourself: somebody else must approve it."))


def approve(*, change: Change, by: Staff, role: str) -> Change:
    """Let a change that awaits approval be sent, and return it, queued.

    Raises OwnChange when they asked for it themselves, Fenced when it awaits none any more.
    """
    return _decide(
        change,
        State.QUEUED,
        by=by,
        role=role,
        action=Action.CHANGE_APPROVED,
        due_at=DatabaseNow(),
        patience_from=DatabaseNow(),
    )


def reject(*, change: Change, by: Staff, role: str) -> Change:
    """Turn down a change that awaits approval: it is never sent. Raises as `approve` does."""
    return _decide(change, State.REJECTED, by=by, role=role, action=Action.CHANGE_REJECTED)


def _decide(
    change: Change,
    to: State,
    *,
    by: Staff,
    role: str,
    action: Action,
    **fields: Any,  # noqa: ANN401  (columns to set with the state)
) -> Change:
    if change.asked_by_id == by.pk:
        raise OwnChange
    return move(
        change,
        to,
        by=Actor(id=by.pk, name=by.name, role=role),
        only_from=frozenset({State.AWAITING_APPROVAL}),
        action=action,
        decided_by=by,
        decided_at=DatabaseNow(),
        **fields,
    )


def cancel(*, change: Change, by: Actor) -> Change:
    """Take back a change that is not being sent, once a call under way has ended (within a second).

    Raises moves.Fenced when it has been sent, or settled.
    """
    for pause in CANCEL_PAUSES:
        time.sleep(pause)
        change = fresh(change.pk)
        with suppress(Fenced):
            return move(change, State.CANCELLED, by=by)
        if change.is_settled:
            break
    raise Fenced(change)


def retry(*, change: Change, by: Actor) -> Change:
    """Queue a stuck change once more, its attempts and age forgiven. Others: moves.Fenced.

    Where a withdrawal of the same choice waits by now, the change is superseded instead.
    """
    return requeue(
        change,
        by=by,
        only_from=frozenset({State.STUCK}),
        due_at=DatabaseNow(),
        attempts=0,
        patience_from=DatabaseNow(),
        data={"by_hand": True},
    )


def recheck(*, change: Change, by: Actor) -> Change:
    """Look once more for a change that was accepted and never seen, for as long as at first.

    Raises moves.Fenced for a change in another state, or while another of its document is on its
    way.
    """
    try:
        with transaction.atomic():
            return move(
                change,
                State.SENT,
                by=by,
                action=Action.CHANGE_RECHECKED,
                only_from=frozenset({State.NOT_SEEN}),
                sent_at=DatabaseNow(),
                due_at=DatabaseNow(),
                lease_until=None,
                settled_at=None,
            )
    except IntegrityError:
        raise Fenced(change) from None


def expire_approvals() -> int:
    """Cancel what has waited too long for a second officer, and return how many those were."""
    late = Change.objects.filter(
        state=State.AWAITING_APPROVAL,
        asked_at__lt=DatabaseNow().plus(-settings.APPROVAL_LIFE),
    )
    expired = 0
    for change in late.select_related(*NEIGHBOURS):
        with suppress(Fenced):  # it has just been decided
            told = {**change.told, "expired": True}
            move(change, State.CANCELLED, action=Action.CHANGE_EXPIRED, told=told)
            expired += 1
    return expired
