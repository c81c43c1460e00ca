"""Moving a change from state to state: always by a conditional UPDATE whose count is checked.

The entry is written by the same statement, so a state and its entry can't part, and where the
UPDATE meets no row there is no entry either. Leases and due times take the database's clock.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Expression, Field, Model, QuerySet

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome
from consentadmin.audit.writing import Act, Untouched
from consentadmin.changes.failpoints import failpoint
from consentadmin.changes.models import NEIGHBOURS, Change
from consentadmin.changes.rules import milliseconds
from consentadmin.changes.states import ACTIONS, IN_FLIGHT, MOVES, SETTLED, UNSENT, State
from consentadmin.subjects.queries import root_of

log = logging.getLogger(__name__)

MOVE = """
UPDATE changes_change SET {columns} WHERE id = %s AND fence = %s AND state = ANY(%s) RETURNING id
"""

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
        fields |= {"lease_until": None, "fence": change.fence + 1}
    if to in TAKEN_BACK and fields.get("may_have_landed", change.may_have_landed):
        told["may_have_landed"] = True
        fields["told"] = {**change.told, **fields.get("told", {}), "may_have_landed": True}
    fields["steps"] = with_step(change, to, fields)
    origins = MOVES[to] if only_from is None else MOVES[to] & only_from
    columns, values = assignments({"state": to, **fields})
    try:
        entry(
            change,
            action or ACTIONS[to],
            by=by,
            sealed=sealed,
            data=told,
            outcome=Outcome.FAILED if to in TROUBLED else Outcome.DONE,
            act=Act(
                MOVE.format(columns=columns),
                [*values, change.pk, change.fence, [state.value for state in origins]],
            ),
        )
    except Untouched:
        raise Fenced(change) from None
    failpoint("moved", change.pk)
    change.took(state=to, **fields)
    return change


def assignments(fields: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return the SET of an UPDATE of changes, and its parameters.

    `fields` are values, model instances, or expressions of the database's clock.
    """
    compiler = Change.objects.all().query.get_compiler(connection=connection)
    columns: list[str] = []
    params: list[Any] = []
    for name, value in fields.items():
        field = Change._meta.get_field(name)  # noqa: SLF001  (public in all but name)
        assert isinstance(field, Field), "a column of the table"
        if isinstance(value, Expression):
            sql, own = compiler.compile(value.resolve_expression(compiler.query))
        else:
            plain = value.pk if isinstance(value, Model) else value
            sql, own = "%s", [field.get_db_prep_save(plain, connection)]
        columns.append(f'"{field.column}" = {sql}')
        params.extend(own)
    return ", ".join(columns), params


def with_step(change: Change, to: State, columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the change's steps with what a worker's claim has just come to.

    What a person does by hand is no step of a worker: the trail tells it.
    """
    began = change.carried
    if began is None:
        return list(change.steps)
    took = began.seconds
    change.carried = began.later()
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
    act: Act | None = None,
) -> None:
    """Record one step of a change; of a choice, value, timestamp and basis in clear: the proof.

    The log tells of it too, once it is committed, by the ids alone. `act` is the step itself,
    where it is taken by the same statement: Untouched is raised when it met no row.
    """
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
        act=act,
    )
    told = {"change": change.pk}
    transaction.on_commit(lambda: log.info("%s", action.value, extra=told))


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
