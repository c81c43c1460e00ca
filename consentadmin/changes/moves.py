"""Moving a change from state to state: always by a conditional UPDATE whose count is checked.

The entry is written in the same transaction, so a state and its entry can't part. Leases and due
times take the database's clock.
"""

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome
from consentadmin.changes.failpoints import failpoint
from consentadmin.changes.models import NEIGHBOURS, Carried, Change
from consentadmin.changes.rules import milliseconds
from consentadmin.changes.states import ACTIONS, IN_FLIGHT, MOVES, SETTLED, UNSENT, State
from consentadmin.subjects.queries import root_of

log = logging.getLogger(__name__)

TROUBLED = frozenset({State.NOT_SEEN, State.CONFLICT, State.DECLINED, State.UNKNOWN, State.STUCK})
STEPS = 60
"""How many steps are kept with a change; the trail has them all."""

TAKEN_BACK = frozenset({State.CANCELLED, State.SUPERSEDED})


class Fenced(Exception):
    """Somebody else has taken the change since: this result is late and changes nothing."""


@transaction.atomic
def move(
    change: Change,
    to: State,
    *,
    by: Actor = HOUSE,
    data: Mapping[str, Any] | None = None,
    only_from: frozenset[State] | None = None,
    action: Action | None = None,
    sealed: bytes | None = None,
    **fields: Any,  # noqa: ANN401  (columns to set with the state)
) -> Change:
    """Move a change to a state and record it, or raise Fenced when it is no longer ours to move.

    Ours is a change that is in a state from which this move starts (MOVES, or fewer of them by
    `only_from`) and whose fence is the one we read. Where a change is taken back that may have
    been applied, that is told. The entry has the state's own action unless another is given.
    Returns the change as it is now.
    """
    told = dict(data or {})
    if to in SETTLED:
        fields["settled_at"] = DatabaseNow()
    if to not in IN_FLIGHT:  # whoever carries it now may change nothing any more
        fields |= {"lease_until": None, "fence": F("fence") + 1}
    if to in TAKEN_BACK and fields.get("may_have_landed", change.may_have_landed):
        told["may_have_landed"] = True
        fields["told"] = {**change.told, **fields.get("told", {}), "may_have_landed": True}
    fields["steps"] = with_step(change, to, fields)
    origins = MOVES[to] if only_from is None else MOVES[to] & only_from
    ours = Change.objects.filter(pk=change.pk, state__in=origins, fence=change.fence)
    if ours.update(state=to, **fields) != 1:
        raise Fenced(change)
    failpoint("moved", change.pk)
    entry(
        change,
        action or ACTIONS[to],
        by=by,
        sealed=sealed,
        data=told,
        outcome=Outcome.FAILED if to in TROUBLED else Outcome.DONE,
    )
    change.took(state=to, **fields)
    return change


def with_step(change: Change, to: State, columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the change's steps with what a worker's claim has just come to.

    What a person does by hand is no step of a worker: the trail tells it.
    """
    began = change.carried
    if began is None:
        return list(change.steps)
    took = time.monotonic() - began.monotonic
    change.carried = Carried(began.since + timedelta(seconds=took), time.monotonic())
    kept = {name: columns[name] for name in ("error", "status", "error_id") if columns.get(name)}
    step = {"at": milliseconds(began.since), "took": round(took * 1000), "to": to.value, **kept}
    return [*change.steps, step][-STEPS:]


def entry(
    change: Change,
    action: Action,
    *,
    by: Actor = HOUSE,
    outcome: Outcome = Outcome.DONE,
    data: Mapping[str, Any] | None = None,
    sealed: bytes | None = None,
) -> None:
    """Record one step of a change; of a choice, value, timestamp and basis in clear: the proof.

    The log tells of it too, once it is committed, by the ids alone.
    """
    told = {"change": change.pk}
    transaction.on_commit(lambda: log.info("%s", action.value, extra=told))
    record(
        action=action,
        actor=by,
        outcome=outcome,
        datamart=change.datamart.platform_id,
        subject=change.subject_id,
        reason=change.reason,
        case=change.case,
        change=change.pk,
        data={**change.facts, **(data or {})},
        sealed=sealed,
    )


def fresh(pk: int) -> Change:
    """Return a change as it is now, with what a worker needs of its neighbours."""
    return Change.objects.select_related(*NEIGHBOURS).get(pk=pk)


def requeue(
    change: Change,
    *,
    by: Actor = HOUSE,
    data: Mapping[str, Any] | None = None,
    only_from: frozenset[State] | None = None,
    **fields: Any,  # noqa: ANN401  (columns to set with the state)
) -> Change:
    """Put a change back in the queue, or supersede it when a newer one of its choice waits there.

    The newer one can only be a withdrawal: an older wish must neither hold it up nor follow it.
    """
    to = State.SUPERSEDED if overtaken(change) else State.QUEUED
    try:
        return move(change, to, by=by, data=data, only_from=only_from, **fields)
    except IntegrityError:  # a withdrawal was asked for in this very moment
        to = State.SUPERSEDED
        return move(change, to, by=by, data=data, only_from=only_from, **fields)


def overtaken(change: Change) -> bool:
    """Return whether a newer change of this document waits to be sent."""
    return kin_of(change).filter(state__in=UNSENT, pk__gt=change.pk).exists()


def kin_of(change: Change) -> QuerySet[Change]:
    """Return the other changes of the same document, of joined subjects too."""
    others = Change.objects.filter(subject__root=root_of(change.subject))
    return others.filter(document=change.document).exclude(pk=change.pk)
