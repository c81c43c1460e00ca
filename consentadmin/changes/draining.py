"""Draining a lane: claiming what is due and carrying it out, one change after the other."""

import logging
import time
import traceback

from django.conf import settings
from django.db import DatabaseError

from consentadmin.audit import context
from consentadmin.audit.clock import DatabaseNow
from consentadmin.changes.claims import (
    claim,
    claim_to_check,
    give_back,
    release_expired,
    reserve,
)
from consentadmin.changes.failpoints import failpoint
from consentadmin.changes.looking import look_again
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, fresh, move, requeue
from consentadmin.changes.sending import carry_out
from consentadmin.changes.states import Lane, State

log = logging.getLogger(__name__)

AHEAD_FOR = 0.25
"""Seconds after which a worker looks anew for what comes first: a withdrawal may have come in."""

AHEAD_MOST = 8
"""How many changes a worker looks ahead at most."""


def drain(*, lane: Lane, seconds: float | None = None) -> int:
    """Carry out what is due in a lane, until nothing is or the time is over; return how many.

    Sending and reading back take turns, so that neither starves the other. Running it twice, or
    in many processes at once, does no harm: each change is claimed by one. It looks one change
    ahead at first, and further ahead as long as changes take no time.
    """
    until = time.monotonic() + (settings.DRAIN_FOR if seconds is None else seconds)
    release_expired()
    look_again()
    done, ahead = 0, 1
    while time.monotonic() < until:
        sent = _send(lane, ahead)
        checked = _check(lane, max(sent, 1))
        if not sent and not checked:
            break
        done += sent + checked
        ahead = min(2 * sent, AHEAD_MOST) if sent >= ahead else max(sent, 1)
    return done


def _send(lane: Lane, most: int) -> int:
    """Send the next few changes, as far as that takes no more than AHEAD_FOR; return how many."""
    until, done = time.monotonic() + AHEAD_FOR, 0
    waiting, left = reserve(lane, most=most), []
    for change in waiting:
        with context.request(change.request_id or "-", change=change.pk):
            if time.monotonic() < until and claim(change):
                _contained(change)
                done += 1
            else:
                left.append(change)
    give_back(left)
    return done


def _check(lane: Lane, most: int) -> int:
    """Read back the next few changes that are due for it, for no longer; return how many."""
    until = time.monotonic() + AHEAD_FOR
    for done in range(most):
        change = claim_to_check(lane) if time.monotonic() < until else None
        if change is None:
            return done
        with context.request(change.request_id or "-", change=change.pk):
            _contained(change)
    return most


def _contained(change: Change) -> None:
    """Carry a change out; what is wrong with this one stops no other (FAULTS cell 21)."""
    failpoint("claimed", change.pk)
    try:
        carry_out(change)
    except DatabaseError:
        raise  # the database is away: nothing can be settled, and the lease will tell
    except Exception as error:  # noqa: BLE001  (whatever is wrong with it)
        log.error(  # noqa: TRY400  (an exception's own words may be personal)
            "change %s failed: %s in %s", change.pk, type(error).__name__, _place(error)
        )
        _set_aside(change, type(error).__name__)


def _place(error: Exception) -> str:
    """Return where an exception was raised: a file and a line, and none of its words."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"


def _set_aside(change: Change, error: str) -> None:
    """Leave a change that we can't carry out to a person; a withdrawal is tried again later."""
    data = {"error": error}
    change = fresh(change.pk)
    try:
        if change.is_withdrawal:
            later = DatabaseNow().plus(settings.CHANGE_BACKOFF_MOST)
            requeue(change, due_at=later, error=error[:40], data=data)
        else:
            move(change, State.STUCK, error=error[:40], data=data)
    except Fenced:
        log.warning("change %s was settled by another", change.pk)
