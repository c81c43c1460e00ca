"""Carrying one change out: read, compare, write, read back (DESIGN §4, One change; FAULTS §1).

No HTTP happens inside a transaction: claim and commit; call; settle and commit. The steps keep
this order:
1. read what is there now. It is what we want already: confirmed. It moved since staff saw it:
   conflict. A withdrawal stops for neither, nor for a choice that can't be read: it applies, tells.
2. write, addressed by the resolved user point id, unless the claim was lost meanwhile.
3. read back. *Confirmed* is said only when the platform shows it.
"""

from typing import Any

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.claims import still_holds
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, entry, fresh, move, requeue
from consentadmin.changes.putting_off import (
    facts_of,
    give_up_or_wait,
    put_off,
    told_of,
)
from consentadmin.changes.rules import extras, landed, milliseconds, shows
from consentadmin.changes.states import State
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.errors import (
    Busy,
    Conflicted,
    Declined,
    Garbled,
    NotFound,
    PlatformError,
    Silent,
)
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.subjects.resolve import Elsewhere, Gone, resolve

UNREADABLE = (Declined, Garbled, Silent)
"""What keeps a choice from being read and yet may let it be written."""

READS_BEFORE_WRITING = 3
"""How often a withdrawal looks at a choice that the platform fails to show, before it writes."""

CLOCKS_APART = 10 * 60 * 1000
"""Milliseconds by which the platform's clock may differ from ours."""


def carry_out(change: Change) -> None:
    """Do what a claimed change needs next, and settle it or put it off.

    A result that comes after the lease was lost is recorded and changes nothing. What is none of
    the platform's errors is raised: `services.drain` contains it.
    """
    try:
        if change.state == State.SENDING:
            _send(change)
        else:
            _check(change)
    except Fenced:
        entry(
            fresh(change.pk),
            Action.CHANGE_LATE,
            outcome=Outcome.FAILED,
            data={"fence": change.fence},
        )


def _send(change: Change) -> None:
    try:
        current = _current(change)
        if change.attempts > 1 or change.may_have_landed:
            trace = _trace(change, current)
            if trace is not None:  # an earlier attempt was applied after all
                _settle_by(move(change, State.SENT, sent_at=DatabaseNow()), trace, current)
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
    if current is not None and shows(current, change.wish):
        _confirm(change, current, current=current)
        return
    moved = (current.digest() if current else "") != change.payload["seen"]
    if moved and not change.is_withdrawal:
        there = {"accepted": current.accepted, "choice_ts": current.choice_ts} if current else {}
        move(change, State.CONFLICT, told={"current": there}, data={"moved": True})
        return
    _write_and_check(change, told={"moved": True} if moved else {})


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
    wish = change.wish
    try:
        client_for(change.datamart).put_choice(
            change.datamart.platform_id,
            change.address,
            change.processing,
            accepted=wish.accepted,
            choice_ts=wish.choice_ts,
            customs=wish.customs,
        )
    except (Silent, Garbled) as error:
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
    except NotFound as error:
        return _not_found(change, error)
    except (Conflicted, Declined) as error:
        if isinstance(error, Conflicted) and change.is_withdrawal:
            return put_off(change, error)
        to = State.CONFLICT if isinstance(error, Conflicted) else State.DECLINED
        return move(change, to, **facts_of(change, error), data=told_of(error))
    except PlatformError as error:
        return put_off(change, error, may_have_landed=isinstance(error, Busy))
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
        current = _current(change)
        trace = _trace(change, current)
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
            _settle_by(change, trace, current)
        elif change.state == State.UNKNOWN:
            # A PUT of a choice with its fixed timestamp may be repeated without harm.
            requeue(change, due_at=DatabaseNow(), data={"reconciled": True})
        else:
            give_up_or_wait(change)


def _settle_by(change: Change, trace: Choice, current: Choice | None) -> None:
    """Settle a change by what the platform shows of it: all of it, or value and date alone."""
    if shows(trace, change.wish):
        _confirm(change, trace, current=current)
    else:
        give_up_or_wait(change, told={"customs_differ": True})


def _trace(change: Change, current: Choice | None) -> Choice | None:
    """Return the choice or the record that our write left, None when there is none.

    One that shows the whole wish is preferred to one that shows value and date alone.
    """
    if current is not None and shows(current, change.wish):
        return current
    try:
        log = client_for(change.datamart).choice_log(
            change.datamart.platform_id, change.address, change.processing
        )
    except NotFound:
        log = ()
    seen = [*([current] if current else []), *log]
    whole = (record for record in seen if shows(record, change.wish))
    return next(whole, next((record for record in seen if _is_ours(change, record)), None))


def _is_ours(change: Change, record: Choice) -> bool:
    """Return whether our write left this record with other custom fields than it was sent with.

    One that was there before we asked is not ours, whatever its value and date.
    """
    asked = milliseconds(change.asked_at) - CLOCKS_APART
    return (
        change.may_have_landed
        and landed(record, change.wish)
        and record.digest() != change.payload["seen"]
        and (record.creation_ts is None or record.creation_ts >= asked)
    )


def _current(change: Change) -> Choice | None:
    """Return the current choice, None when there is none; a 404 is looked into (PLATFORM §2).

    Raises Elsewhere when the person answers under another user point by now, Gone when nobody
    does, and PlatformError.
    """
    client, datamart = client_for(change.datamart), change.datamart.platform_id
    try:
        return client.choice(datamart, change.address, change.processing)
    except NotFound:
        resolve(subject=change.target, selector=change.selector)
        return None


def _confirm(change: Change, shown: Choice, *, current: Choice | None) -> None:
    """Settle a change that the platform shows, and tell what else it shows."""
    told = dict(change.told)
    if more := extras(shown, change.wish):
        told["extras"] = len(more)
    if current is None or not shows(current, change.wish):
        told["history_only"] = True
    move(
        change,
        State.CONFIRMED,
        told=told,
        error="",
        error_id="",
        status=None,
        words_sealed=None,
        data={"creation_ts": shown.creation_ts, **told},
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
        return fresh(change.pk)
    except PlatformError as other:
        return put_off(change, other)
    return move(change, State.DECLINED, **facts_of(change, error), data=told_of(error))
