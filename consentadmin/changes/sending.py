"""Carrying one change out: read, compare, write, read back (DESIGN §4, One change; FAULTS §1).

No HTTP happens inside a transaction: claim and commit; call; settle and commit. The steps keep
this order:
1. read what is there now. It is what we want already: confirmed. It moved since staff saw it:
   conflict, both versions kept. A withdrawal stops for neither, nor for a choice that can't be
   read: it applies, and tells.
2. write, addressed by the resolved user point id, unless the claim was lost meanwhile.
3. read back. *Confirmed* is said only when the platform shows it.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.activity_writes import post_activity, read_activity
from consentadmin.changes.choice_writes import read_choice, write_choice
from consentadmin.changes.claims import still_holds
from consentadmin.changes.failpoints import failpoint
from consentadmin.changes.kinds import DELETIONS, Kind
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, entry, fresh, move, requeue
from consentadmin.changes.profile_writes import read_profile, write_profile
from consentadmin.changes.putting_off import (
    facts_of,
    give_up_or_wait,
    put_off,
    told_of,
    wait_or_ask,
)
from consentadmin.changes.standing import Standing, Trace
from consentadmin.changes.states import State
from consentadmin.datamarts.breaker import note_answer, note_failure
from consentadmin.mediarithmics.errors import (
    Busy,
    Conflicted,
    Declined,
    Garbled,
    NotFound,
    PlatformError,
    Silent,
)
from consentadmin.subjects.resolve import Elsewhere, Gone, resolve

UNREADABLE = (Declined, Garbled, Silent)
"""What keeps a choice from being read and yet may let it be written."""

READS_BEFORE_WRITING = 3
"""How often a withdrawal looks at a choice that the platform fails to show, before it writes."""

SERVER_ERROR = 500
"""From here on a status says that the platform failed, and not that it refused."""

NOT_YET = frozenset({"customs_differ", "events_dropped", "paths_differ", "still_there"})
"""What was told of a write that was not there in full yet, and is no longer true when it is."""


def carry_out(change: Change) -> None:
    """Do what a claimed change needs next, and settle it or put it off.

    A result that comes after the lease was lost is recorded and changes nothing. What is none of
    the platform's errors is raised: `draining.drain` contains it.
    """
    try:
        if change.state == State.SENDING:
            _send(change)
        else:
            _check(change)
    except Fenced:
        _note_late(change)


@transaction.atomic
def _note_late(change: Change) -> None:
    """Record a result that came too late, and have the document looked at: it may be on top."""
    Change.objects.filter(pk=change.pk).update(second_look_at=DatabaseNow())
    entry(
        fresh(change.pk),
        Action.CHANGE_LATE,
        outcome=Outcome.FAILED,
        data={"fence": change.fence},
    )


def _send(change: Change) -> None:
    try:
        now = _read(change)
        if change.attempts > 1 or change.may_have_landed:
            trace = now.trace()
            if trace is not None:  # an earlier attempt was applied after all
                _settle_by(move(change, State.SENT, sent_at=DatabaseNow()), trace)
                return
    except (Elsewhere, Gone) as found:
        _lost(change, found)
        return
    except PlatformError as error:
        if change.is_withdrawal and _is_unreadable(change, error):
            _write_and_check(change, told={"unread": True})
        else:
            put_off(change, error)
        return
    if trace := now.shown():
        _confirm(change, trace)
        return
    if now.has_moved and not change.is_withdrawal:
        move(change, State.CONFLICT, data={"moved": True}, **now.there())
        return
    _write_and_check(change, told={"moved": True} if now.has_moved else {})


def _is_unreadable(change: Change, error: PlatformError) -> bool:
    """Return whether a choice that can't be read may be written all the same."""
    is_broken = isinstance(error, Busy) and error.retry_after is None
    return isinstance(error, UNREADABLE) or (is_broken and change.attempts >= READS_BEFORE_WRITING)


def _write_and_check(change: Change, *, told: dict[str, bool]) -> None:
    change = _write(change, told={**change.told, **told})
    if change.state == State.SENT:
        _check(change)


def _write(change: Change, *, told: dict[str, object]) -> Change:
    """Make the call, and return the change in the state the answer puts it in (DESIGN §4)."""
    if not still_holds(change):
        raise Fenced(change)
    failpoint("held", change.pk)
    try:
        _writer(change)(change)
        failpoint("called", change.pk)
    except (Silent, Garbled) as error:
        return _unknown(change, error, told=told)
    except NotFound as error:
        return _not_found(change, error)
    except (Conflicted, Declined) as error:
        if isinstance(error, Conflicted) and change.is_withdrawal:
            return put_off(change, error)
        to = State.CONFLICT if isinstance(error, Conflicted) else State.DECLINED
        return move(change, to, **facts_of(change, error), data=told_of(error))
    except PlatformError as error:
        if change.is_activity and _may_have_been_applied(error):
            return _unknown(change, error, told=told)
        return put_off(change, error, may_have_landed=isinstance(error, Busy))
    return _accepted(change, told=told)


def _writer(change: Change) -> Callable[[Change], None]:
    if change.is_activity:
        return post_activity
    return write_profile if change.is_profile else write_choice


def _may_have_been_applied(error: PlatformError) -> bool:
    return isinstance(error, Busy) and (error.status or 0) >= SERVER_ERROR


def _unknown(change: Change, error: PlatformError, *, told: dict[str, object]) -> Change:
    note_failure(datamart=change.datamart)
    return move(
        change,
        State.UNKNOWN,
        due_at=DatabaseNow(),
        lease_until=None,
        may_have_landed=True,
        told=told,
        **facts_of(change, error),
        data=told_of(error),
    )


def _accepted(change: Change, *, told: dict[str, object]) -> Change:
    cleared: dict[str, Any] = {"error": "", "error_id": "", "status": None, "words_sealed": None}
    return move(
        change,
        State.SENT,
        sent_at=DatabaseNow(),
        may_have_landed=True,
        told=told,
        **cleared,
        data=told,
    )


def _check(change: Change) -> None:
    """Read back a change that was sent, or whose outcome is unknown."""
    try:
        trace = _read(change).trace()
    except (Elsewhere, Gone) as lost:
        if change.state == State.SENT:
            give_up_or_wait(change)
        else:
            _lost(change, lost)
    except PlatformError as error:
        if change.state == State.UNKNOWN and change.is_withdrawal and isinstance(error, UNREADABLE):
            put_off(change, error, resend=True)
        else:
            put_off(change, error)
    else:
        if trace is not None:
            _settle_by(change, trace)
        elif change.state == State.UNKNOWN and change.is_activity:
            wait_or_ask(change)
        elif change.state == State.UNKNOWN:
            # It may be repeated without harm: a choice has its fixed timestamp, and a profile is
            # written only where it still is what staff saw.
            requeue(change, due_at=DatabaseNow(), data={"reconciled": True})
        else:
            give_up_or_wait(change)


def _settle_by(change: Change, trace: Trace) -> None:
    """Settle a change by what the platform shows of it: all of it, or less than was wished for."""
    if trace.is_whole:
        _confirm(change, trace)
    else:
        give_up_or_wait(change, trace)


def _read(change: Change) -> Standing:
    """Read what is there now. Raises Elsewhere, Gone and PlatformError."""
    found: Standing
    if change.kind == Kind.ACTIVITY:
        found = read_activity(change)
    else:
        found = read_profile(change) if change.is_profile else read_choice(change)
    note_answer(datamart=change.datamart)
    return found


def _confirm(change: Change, trace: Trace) -> None:
    """Settle a change that the platform shows, and tell what else it shows."""
    so_far = {name: value for name, value in change.told.items() if name not in NOT_YET}
    told = so_far | trace.told
    move(
        change,
        State.CONFIRMED,
        told=told,
        error="",
        error_id="",
        status=None,
        words_sealed=None,
        data={**trace.data, **told},
        **trace.columns,
    )


def _lost(change: Change, found: Elsewhere | Gone) -> None:
    """Settle a change whose person is no longer where staff saw them.

    A withdrawal follows the person to the point they were merged into, and tells (GDPR 7(3)).
    """
    if isinstance(found, Gone):
        move(change, State.DECLINED, error="NotFound", status=404, data={"error": "NotFound"})
        return
    told = {**change.told, "merged": True}
    data = {"merged": True, "into": str(found.subject.pk)}
    if not change.is_withdrawal:
        move(change, State.CONFLICT, told=told, error="Merged", data=data)
        return
    again = 1 if "merged" in change.told else 0  # no hot loop, should it happen twice
    requeue(change, due_at=DatabaseNow().plus(again), told=told, error="Merged", data=data)


def _not_found(change: Change, error: NotFound) -> Change:
    """Look into a 404 of the write itself: merged away, gone, or declined for itself."""
    try:
        resolve(subject=change.target, selector=change.selector)
    except (Elsewhere, Gone) as found:
        _lost(change, found)
        return change
    except PlatformError as other:
        return put_off(change, other)
    if change.kind in DELETIONS:  # the person is there, the document is not: as wished
        return _accepted(change, told=change.told)
    return move(change, State.DECLINED, **facts_of(change, error), data=told_of(error))
