"""Carrying one change out: read, compare, write, read back (DESIGN §4, One change; FAULTS §1).

No HTTP happens inside a transaction: claim and commit; call; settle and commit. The steps keep
this order:
1. read what is there now. It is what we want already: confirmed. It moved since staff saw it:
   conflict, unless this is a withdrawal, which applies and tells.
2. write, addressed by the resolved user point id.
3. read back. *Confirmed* is said only when the platform shows it.
"""

import random
from typing import Any

from django.conf import settings

from consentadmin.audit.clock import DatabaseNow, database_now
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, entry, fresh, move
from consentadmin.changes.rules import extras, shows
from consentadmin.changes.states import State
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.services import hold_sending, pause_sending
from consentadmin.mediarithmics.errors import (
    Busy,
    Conflicted,
    Declined,
    Denied,
    Garbled,
    NotFound,
    PlatformError,
    Silent,
    TokenRefused,
)
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.subjects.resolve import Elsewhere, Gone, resolve

__all__ = ["carry_out"]


def carry_out(change: Change) -> None:
    """Do what a claimed change needs next, and settle it or put it off.

    A result that comes after the lease was lost is recorded and changes nothing.
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
    except (Elsewhere, Gone) as found:
        _lost(change, found)
        return
    except PlatformError as error:
        _put_off(change, error)
        return
    if current is not None and shows(current, change.wish):
        _confirm(change, current, current=current)
        return
    moved = (current.digest() if current else "") != change.payload["seen"]
    if moved and not change.is_withdrawal:
        move(change, State.CONFLICT, told={"current": _shape(current)}, data={"moved": True})
        return
    change = _write(change, moved=moved)
    if change.state == State.SENT:
        _check(change)


def _write(change: Change, *, moved: bool) -> Change:
    """Make the call, and return the change in the state the answer puts it in."""
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
            **_facts(change, error),
            data=_told(error),
        )
    except Conflicted as error:
        return move(change, State.CONFLICT, **_facts(change, error), data=_told(error))
    except NotFound as error:
        return _not_found(change, error)
    except Declined as error:
        return move(change, State.DECLINED, **_facts(change, error), data=_told(error))
    except PlatformError as error:
        return _put_off(change, error)
    told = {**change.told, "moved": True} if moved else change.told
    return move(
        change,
        State.SENT,
        sent_at=DatabaseNow(),
        told=told,
        error="",
        error_id="",
        status=None,
        words_sealed=None,
        data=told,
    )


def _check(change: Change) -> None:
    """Read back a change that was sent, or whose outcome is unknown."""
    try:
        current = _current(change)
        shown = current if current and shows(current, change.wish) else _recorded(change)
    except (Elsewhere, Gone) as lost:
        if change.state == State.SENT:
            _wait_or_give_up(change)
        else:
            _lost(change, lost)
    except PlatformError as error:
        _put_off(change, error)
    else:
        if shown is not None:
            _confirm(change, shown, current=current)
        elif change.state == State.UNKNOWN:
            # A PUT of a choice with its fixed timestamp may be repeated without harm.
            move(change, State.QUEUED, due_at=DatabaseNow(), data={"reconciled": True})
        else:
            _wait_or_give_up(change)


def _recorded(change: Change) -> Choice | None:
    """Return the record of the change log that shows our wish, or None."""
    try:
        log = client_for(change.datamart).choice_log(
            change.datamart.platform_id, change.address, change.processing
        )
    except NotFound:
        return None
    return next((record for record in log if shows(record, change.wish)), None)


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
    told: dict[str, Any] = dict(change.told)
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
    again = _backoff(change.attempts) if "merged" in change.told else 0
    told = {**change.told, "merged": True}
    data = {"merged": True, "into": str(found.subject.pk)}
    to = State.QUEUED if change.is_withdrawal else State.CONFLICT
    move(change, to, due_at=DatabaseNow().plus(again), told=told, error="Merged", data=data)


def _not_found(change: Change, error: NotFound) -> Change:
    """Look into a 404 of the write itself: merged away, gone, or declined for itself."""
    try:
        resolve(subject=change.target, selector=change.selector)
    except (Elsewhere, Gone) as found:
        _lost(change, found)
        return fresh(change.pk)
    except PlatformError as other:
        return _put_off(change, other)
    return move(change, State.DECLINED, **_facts(change, error), data=_told(error))


def _wait_or_give_up(change: Change) -> None:
    """Look again later, until the window in which a write must appear is over (invariant 2)."""
    assert change.sent_at is not None, "only a sent change waits to be seen"
    waited = (database_now() - change.sent_at).total_seconds()
    if waited > settings.NOT_SEEN_AFTER:
        move(change, State.NOT_SEEN, data={"waited": round(waited)})
        return
    _look_again(change, min(max(waited, 0.2), 10))


def _look_again(change: Change, seconds: float, **fields: Any) -> None:  # noqa: ANN401
    ours = Change.objects.filter(pk=change.pk, fence=change.fence)
    due = DatabaseNow().plus(seconds)
    if ours.update(due_at=due, lease_until=None, **fields) != 1:
        raise Fenced(change)


def _put_off(change: Change, error: PlatformError) -> Change:
    """Try again later: nothing was written. Attempts and age have a ceiling, then it is stuck.

    A refused API token pauses the datamart: no attempt of ours can help, and none is counted.
    """
    facts = _facts(change, error)
    if isinstance(error, TokenRefused | Denied):
        pause_sending(datamart=change.datamart, why=str(error))
        facts["attempts"] = max(change.attempts - 1, 0)
    elif _is_used_up(change):
        return move(change, State.STUCK, **facts, data=_told(error))
    if isinstance(error, Busy) and error.retry_after:
        hold_sending(
            datamart=change.datamart, seconds=min(error.retry_after, settings.CHANGE_HOLD_MOST)
        )
    delay = _backoff(change.attempts)
    if change.state != State.SENDING:
        _look_again(change, delay, **facts)
        return fresh(change.pk)
    return move(change, State.QUEUED, due_at=DatabaseNow().plus(delay), **facts, data=_told(error))


def _is_used_up(change: Change) -> bool:
    """Return whether a person must decide; a withdrawal is tried for as long as it takes."""
    age = (database_now() - change.patience_from).total_seconds()
    used_up = change.attempts >= settings.CHANGE_ATTEMPTS or age > settings.CHANGE_AGE
    return used_up and not change.is_withdrawal


def _backoff(attempts: int) -> float:
    """Return the seconds to wait: exponential, capped, half of it jitter."""
    most = min(settings.CHANGE_BACKOFF * 2 ** min(attempts - 1, 20), settings.CHANGE_BACKOFF_MOST)
    return float(most * random.uniform(0.5, 1))  # noqa: S311  (jitter, not a secret)


def _facts(change: Change, error: PlatformError) -> dict[str, Any]:
    words = change.subject.seal(error.message, purpose="words") if error.message else None
    return {
        "error": type(error).__name__,
        "status": error.status,
        "error_id": (error.error_id or "")[:200],
        "words_sealed": words,
    }


def _told(error: PlatformError) -> dict[str, Any]:
    return {"error": type(error).__name__, "status": error.status, "error_id": error.error_id}


def _shape(current: Choice | None) -> dict[str, Any]:
    if current is None:
        return {}
    return {"accepted": current.accepted, "choice_ts": current.choice_ts}
