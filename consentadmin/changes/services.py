"""Asking for changes, taking them back, trying them again, and draining what is due."""

import logging
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.audit import context
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Action, Actor
from consentadmin.changes.claims import claim_to_check, claim_to_send, release_expired
from consentadmin.changes.models import Cause, Change, Kind
from consentadmin.changes.moves import Fenced, entry, fresh, move, requeue
from consentadmin.changes.rules import Wish, is_withdrawal
from consentadmin.changes.sending import carry_out
from consentadmin.changes.states import UNDECIDED, UNSENT, Lane, State
from consentadmin.datamarts.models import Processing
from consentadmin.subjects.models import Handle, Subject
from consentadmin.subjects.queries import family

log = logging.getLogger(__name__)
RACES = 5
CANCEL_PAUSES = (0, 0.1, 0.2, 0.4)


class AlreadyPending(Exception):
    """Another change of this choice is not settled yet."""

    def __str__(self) -> str:
        return str(_("A change of this choice is not settled yet. Wait for it, or cancel it."))


@dataclass(frozen=True, slots=True)
class Why:
    """Why a change is asked for: a cause and a free note."""

    cause: Cause
    note: str = ""


def request_change(
    *, handle: Handle, processing: str, wish: Wish, seen: str, why: Why, by: Staff, role: str
) -> Change:
    """Ask for a choice to be recorded, and return the queued change.

    `seen` is the digest of the choice staff saw ("" for none): if the platform holds another by
    the time of sending, the change stops as a conflict. A withdrawal is not stopped; it supersedes
    what is unsent or stuck of this processing. Raises AlreadyPending for anything else while a
    change of this choice is unsettled. Once this returns, the change can't be lost.
    """
    for _attempt in range(RACES):
        try:
            with transaction.atomic():
                return _request(handle, processing, wish, seen, why, by, role)
        except (Fenced, IntegrityError):  # another change of this choice moved in this very moment
            continue
    raise AlreadyPending


def _request(
    handle: Handle, processing: str, wish: Wish, seen: str, why: Why, by: Staff, role: str
) -> Change:
    subject = handle.subject
    Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)  # one at a time
    known = Processing.objects.filter(datamart=subject.datamart, platform_id=processing).first()
    basis = known.legal_basis if known else ""
    document, actor = f"choice {processing}", Actor(id=by.pk, name=by.name, role=role)
    withdraws = is_withdrawal(accepted=wish.accepted, basis=basis)
    _make_way(handle, document, withdraws=withdraws, by=actor)
    payload = {
        "customs": wish.customs,
        "seen": seen,
        "selector": handle.selector.to_json(),
        "note": why.note,
    }
    change = Change.objects.create(
        datamart=subject.datamart,
        subject=subject,
        kind=Kind.CHOICE_PUT,
        document=document,
        processing=processing,
        processing_name=known.name if known else "",
        basis=basis,
        accepted=wish.accepted,
        choice_ts=wish.choice_ts,
        is_withdrawal=withdraws,
        payload_sealed=subject.seal(payload, purpose="payload"),
        asked_by=by,
        asker_role=role,
        cause=why.cause,
        reason=handle.reason,
        case=handle.case,
        request_id=context.request_id(),
    )
    told = {"customs": wish.customs, "note": why.note}
    entry(change, Action.CHANGE_ASKED, by=actor, sealed=subject.seal(told, purpose="entry"))
    return fresh(change.pk)


def _make_way(handle: Handle, document: str, *, withdraws: bool, by: Actor) -> None:
    """Supersede what a withdrawal overtakes; let anything else wait for what is unsettled."""
    others = Change.objects.filter(subject__in=family(handle.subject), document=document)
    if not withdraws:
        if others.filter(state__in=UNDECIDED).exists():
            raise AlreadyPending
        return
    overtaken = others.filter(state__in=UNSENT | {State.STUCK})
    for older in overtaken.select_related("datamart", "asked_by").select_for_update(of=("self",)):
        move(older, State.SUPERSEDED, by=by)


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


def drain(*, lane: Lane, seconds: float | None = None) -> int:
    """Carry out what is due in a lane, until nothing is or the time is over; return how many.

    Sending and reading back take turns, so that neither starves the other. Running it twice, or
    in many processes at once, does no harm: each change is claimed by one.
    """
    until = time.monotonic() + (settings.DRAIN_FOR if seconds is None else seconds)
    release_expired()
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
