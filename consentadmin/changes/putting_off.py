"""Trying again later: how long, how often, and when a person must decide instead.

Back-off is exponential with jitter. `Retry-After` holds for the whole datamart, a refused API token
pauses it: neither is the change's fault, and neither uses it up.
"""

import random
from typing import Any

from django.conf import settings

from consentadmin.audit.clock import DatabaseNow, database_now
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, move, overtaken, requeue, with_step
from consentadmin.changes.standing import Trace
from consentadmin.changes.states import State
from consentadmin.datamarts.breaker import note_failure
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.services import hold_sending, pause_sending
from consentadmin.mediarithmics.errors import (
    Busy,
    Denied,
    PlatformError,
    Silent,
    TokenRefused,
    Unreachable,
)

UNREACHABLE_HOLD = 2.0
"""Seconds in which nothing more is tried on a datamart that could not be reached."""


UNREACHABLE_WEIGHT = 3
"""How much more a platform that can't be reached says than one call that failed."""


def put_off(
    change: Change,
    error: PlatformError,
    *,
    may_have_landed: bool = False,
    resend: bool = False,
) -> Change:
    """Try again later, or give up to a person when attempts or age are used up.

    `may_have_landed`: the call left and its answer does not prove that nothing was applied.
    `resend`: send it again, although it could not be read back.
    """
    facts = facts_of(change, error)
    facts["may_have_landed"] = change.may_have_landed or may_have_landed
    is_paused = _is_paused_by(change, error) or change.datamart.down_since is not None
    if is_paused and change.state == State.SENDING and not change.is_withdrawal:
        facts["attempts"] = max(change.attempts - 1, 0)  # a withdrawal is never used up
    _hold(change, error)
    if overtaken(change):
        # neither what can't be sent nor what can't be read back holds up what waits behind it
        return move(change, State.SUPERSEDED, **facts, data=told_of(error))
    if not is_paused and is_used_up(change):
        return move(change, State.STUCK, **facts, data=told_of(error))
    if change.state == State.SENDING or resend:
        due = DatabaseNow().plus(_backoff(change.attempts))
        return requeue(change, due_at=due, **facts, data=told_of(error))
    _look_again(change, _patience(change), **facts)
    return change


def _is_paused_by(change: Change, error: PlatformError) -> bool:
    """Pause the datamart when it refuses our API token, and return whether it does.

    A 403 may be about this one document: whether the datamart itself is denied is asked first.
    """
    if isinstance(error, Denied):
        try:
            client_for(change.datamart).datamart(change.datamart.platform_id)
        except (Denied, TokenRefused):
            pass
        except PlatformError:
            return False
        else:
            return False
    elif not isinstance(error, TokenRefused):
        return False
    pause_sending(datamart=change.datamart, why=str(error))
    return True


def _hold(change: Change, error: PlatformError) -> None:
    if isinstance(error, Busy) and error.retry_after:
        seconds = min(error.retry_after, settings.CHANGE_HOLD_MOST)
        hold_sending(datamart=change.datamart, seconds=seconds)
    elif isinstance(error, Unreachable):
        seconds = min(UNREACHABLE_HOLD, settings.CHANGE_BACKOFF)
        hold_sending(datamart=change.datamart, seconds=seconds)
        note_failure(datamart=change.datamart, weight=UNREACHABLE_WEIGHT)
    elif isinstance(error, Busy | Silent):
        note_failure(datamart=change.datamart)


def is_used_up(change: Change) -> bool:
    """Return whether a person must decide; a withdrawal is tried until the platform accepts it.

    Time before sending to the datamart was last resumed does not count.
    """
    if change.is_withdrawal and change.state != State.SENT:
        return False
    since = max(filter(None, [change.patience_from, change.datamart.sending_resumed_at]))
    age = (database_now() - since).total_seconds()
    return change.attempts >= settings.CHANGE_ATTEMPTS or age > settings.CHANGE_AGE


def give_up_or_wait(change: Change, trace: Trace | None = None) -> None:
    """Look again later, until the window in which a write must appear is over (invariant 2).

    `trace` is what was seen of it so far; it is kept with the change.
    """
    since = change.sent_at or change.patience_from
    waited = (database_now() - since).total_seconds()
    seen = {**change.told, **(trace.told if trace else {})}
    columns = trace.columns if trace else {}
    if waited > settings.NOT_SEEN_AFTER:
        data = {"waited": round(waited), **seen}
        move(change, State.NOT_SEEN, told=seen, data=data, **columns)
        return
    _look_again(change, min(max(waited, 0.2), 10), told=seen, **columns)


def wait_or_ask(change: Change) -> None:
    """Look again later for an activity of unknown outcome; once the window is over, ask a person.

    It is never sent again by itself (DESIGN §4).
    """
    waited = (database_now() - change.patience_from).total_seconds()
    if waited > settings.NOT_SEEN_AFTER:
        move(change, State.STUCK, data={"waited": round(waited)})
    else:
        _look_again(change, min(max(waited, 0.2), 10))


def _look_again(change: Change, seconds: float, **fields: Any) -> None:  # noqa: ANN401
    ours = Change.objects.filter(pk=change.pk, fence=change.fence)
    fields |= {"due_at": DatabaseNow().plus(seconds), "lease_until": None}
    fields["steps"] = with_step(change, State(change.state), fields)
    if ours.update(**fields) != 1:
        raise Fenced(change)
    change.took(**fields)


def _patience(change: Change) -> float:
    """Return the seconds until the next reading back: half as long again as it took so far."""
    waited = (database_now() - (change.sent_at or change.patience_from)).total_seconds()
    most = min(max(waited / 2, settings.CHANGE_BACKOFF), settings.CHANGE_BACKOFF_MOST)
    return _jittered(most)


def _backoff(attempts: int) -> float:
    """Return the seconds until the next attempt: exponential and capped."""
    most = settings.CHANGE_BACKOFF * 2 ** min(max(attempts - 1, 0), 20)
    return _jittered(min(most, settings.CHANGE_BACKOFF_MOST))


def _jittered(most: float) -> float:
    return float(most * random.uniform(0.5, 1))  # noqa: S311  (jitter, not a secret)


def facts_of(change: Change, error: PlatformError) -> dict[str, Any]:
    """Return the columns that keep an error with its change; the platform's words are sealed."""
    words = change.subject.seal(error.message, purpose="words") if error.message else None
    return {
        "error": type(error).__name__,
        "status": error.status,
        "error_id": (error.error_id or "")[:200],
        "words_sealed": words,
    }


def told_of(error: PlatformError) -> dict[str, Any]:
    """Return what the trail keeps of an error: nothing that may be personal."""
    return {"error": type(error).__name__, "status": error.status, "error_id": error.error_id}
