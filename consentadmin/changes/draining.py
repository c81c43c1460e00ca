"""Draining a lane: claiming what is due and carrying it out, one change after the other."""

import logging
import time
import traceback
from itertools import cycle

from django.conf import settings
from django.db import DatabaseError

from consentadmin.audit import context
from consentadmin.audit.clock import DatabaseNow
from consentadmin.changes.claims import claim_to_check, claim_to_send, release_expired
from consentadmin.changes.failpoints import failpoint
from consentadmin.changes.looking import look_again
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, fresh, move, requeue
from consentadmin.changes.sending import carry_out
from consentadmin.changes.states import Lane, State

log = logging.getLogger(__name__)


def drain(*, lane: Lane, seconds: float | None = None) -> int:
    """Carry out what is due in a lane, until nothing is or the time is over; return how many.

    Sending and reading back take turns, so that neither starves the other. Running it twice, or
    in many processes at once, does no harm: each change is claimed by one.
    """
    until = time.monotonic() + (settings.DRAIN_FOR if seconds is None else seconds)
    release_expired()
    look_again()
    done = idle = 0
    for claim in cycle((claim_to_send, claim_to_check)):
        if idle == 2 or time.monotonic() > until:
            break
        change = claim(lane)
        idle = idle + 1 if change is None else 0
        if change is not None:
            with context.request(change.request_id or "-", change=change.pk):
                _contained(change)
            done += 1
    return done


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
