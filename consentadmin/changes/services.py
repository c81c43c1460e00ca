"""Asking for changes, taking them back, trying them again, and draining what is due."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.audit import context
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Action, Actor
from consentadmin.changes.models import Cause, Change, Kind
from consentadmin.changes.moves import (
    claim_to_check,
    claim_to_send,
    entry,
    fresh,
    move,
    release_expired,
)
from consentadmin.changes.rules import Wish, is_withdrawal
from consentadmin.changes.sending import carry_out
from consentadmin.changes.states import UNDECIDED, UNSENT, Lane, State
from consentadmin.datamarts.models import Processing
from consentadmin.subjects.models import Handle


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
    try:
        with transaction.atomic():
            return _request(handle, processing, wish, seen, why, by, role)
    except IntegrityError:  # the other one was asked for in this very moment
        raise AlreadyPending from None


def _request(
    handle: Handle, processing: str, wish: Wish, seen: str, why: Why, by: Staff, role: str
) -> Change:
    subject = handle.subject
    known = Processing.objects.filter(datamart=subject.datamart, platform_id=processing).first()
    basis = known.legal_basis if known else ""
    withdraws = is_withdrawal(accepted=wish.accepted, basis=basis)
    document = f"choice {processing}"
    others = Change.objects.filter(subject=subject, document=document)
    actor = Actor(id=by.pk, name=by.name, role=role)
    if withdraws:
        _supersede(others.filter(state__in=UNSENT | {State.STUCK}), by=actor)
    elif others.filter(state__in=UNDECIDED).exists():
        raise AlreadyPending
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


def _supersede(changes: QuerySet[Change], *, by: Actor) -> None:
    for older in changes.select_related("datamart", "asked_by").select_for_update(of=("self",)):
        move(older, State.SUPERSEDED, by=by)


def cancel(*, change: Change, by: Actor) -> Change:
    """Take back a change that has not been sent, or that is stuck. Raises moves.Fenced."""
    return move(change, State.CANCELLED, by=by)


def retry(*, change: Change, by: Actor) -> Change:
    """Queue a stuck change once more, with its attempts and age forgiven. Raises moves.Fenced."""
    return move(
        change,
        State.QUEUED,
        by=by,
        due_at=DatabaseNow(),
        attempts=0,
        patience_from=DatabaseNow(),
        data={"by_hand": True},
    )


def drain(*, lane: Lane, seconds: float | None = None) -> int:
    """Carry out what is due in a lane, until nothing is or the time is over; return how many.

    Running it twice, or in many processes at once, does no harm: each change is claimed by one.
    """
    until = time.monotonic() + (settings.DRAIN_FOR if seconds is None else seconds)
    release_expired()
    done = 0
    while time.monotonic() < until:
        change = claim_to_check(lane) or claim_to_send(lane)
        if change is None:
            break
        with context.request(change.request_id or "-"):
            carry_out(change)
        done += 1
    return done
