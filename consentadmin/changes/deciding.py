"""What a person decides about a change: to approve it, take it back, try it or look again."""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Action, Actor
from consentadmin.changes.models import NEIGHBOURS, Change
from consentadmin.changes.moves import Fenced, fresh, move, requeue
from consentadmin.changes.states import State


class Act(Protocol):
    """What a person can do to a change."""

    def __call__(self, *, change: Change, by: Actor) -> Change:
        """Do it, and return the change as it is now. Raises Fenced."""


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


@dataclass(frozen=True, slots=True)
class Tally:
    """How many changes an act in numbers has touched, and how many had gone further by then."""

    done: int
    gone_further: int


def in_numbers(changes: Iterable[Change], act: Act, *, by: Actor) -> Tally:
    """Do one thing to many changes, each in its own transaction."""
    done = gone_further = 0
    for change in changes:
        try:
            act(change=change, by=by)
            done += 1
        except Fenced:
            gone_further += 1
    return Tally(done, gone_further)


def take_back(*, change: Change, by: Actor) -> Change:
    """Cancel a change that waits or is stuck, without waiting for a call under way.

    Raises moves.Fenced for any other.
    """
    waiting = frozenset({State.QUEUED, State.AWAITING_APPROVAL, State.STUCK})
    return move(change, State.CANCELLED, by=by, only_from=waiting)


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
