"""Asking for changes, approving them, taking them back, trying them again."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.audit import context
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Action, Actor
from consentadmin.changes.documents import ProfileWish, choice_document
from consentadmin.changes.models import Cause, Change, Kind
from consentadmin.changes.moves import Fenced, entry, fresh, move, requeue
from consentadmin.changes.rules import Wish, is_withdrawal
from consentadmin.changes.states import UNDECIDED, UNSENT, State
from consentadmin.datamarts.models import Compartment, Processing
from consentadmin.mediarithmics.bodies import json_body
from consentadmin.subjects.models import Handle, Subject
from consentadmin.subjects.queries import root_of

RACES = 5
CANCEL_PAUSES = (0, 0.1, 0.2, 0.4)


class AlreadyPending(Exception):
    """Another change of this document is not settled yet."""

    def __str__(self) -> str:
        return str(_("A change of this is not settled yet. Wait for it, or cancel it."))


class OwnChange(Exception):
    """Who asked for a change can't be the second pair of eyes."""

    def __str__(self) -> str:
        return str(_("You asked for this change yourself: somebody else must approve it."))


@dataclass(frozen=True, slots=True)
class Why:
    """Why a change is asked for: a cause and a free note."""

    cause: Cause
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for, whatever it is about: its columns, and what rests sealed."""

    document: str
    columns: dict[str, Any]
    payload: dict[str, Any]
    told: dict[str, Any]
    withdraws: bool = False
    needs_approval: bool = False


def request_change(
    *, handle: Handle, processing: str, wish: Wish, seen: str, why: Why, by: Staff, role: str
) -> Change:
    """Ask for a choice to be recorded, and return the queued change.

    `seen` is the digest of the choice staff saw ("" for none): if the platform holds another by
    the time of sending, the change stops as a conflict. A withdrawal is not stopped; it supersedes
    what is unsent or stuck of this processing. Raises AlreadyPending for anything else while a
    change of this choice is unsettled. Once this returns, the change can't be lost.
    """
    known = Processing.objects.filter(
        datamart=handle.subject.datamart, platform_id=processing
    ).first()
    basis = known.legal_basis if known else ""
    withdraws = is_withdrawal(accepted=wish.accepted, basis=basis)
    asked = _Asked(
        document=choice_document(processing),
        columns={
            "kind": Kind.CHOICE_PUT,
            "processing": processing,
            "processing_name": known.name if known else "",
            "basis": basis,
            "accepted": wish.accepted,
            "choice_ts": wish.choice_ts,
            "is_withdrawal": withdraws,
        },
        payload={"customs": wish.customs, "seen": seen},
        told={"customs": wish.customs},
        withdraws=withdraws,
    )
    return _ask(handle, asked, why, by=by, role=role)


def request_profile(*, handle: Handle, wish: ProfileWish, why: Why, by: Staff, role: str) -> Change:
    """Ask for a profile to be written or deleted, and return the change.

    It stops as a conflict where the profile is no longer what staff saw. A deletion awaits the
    approval of a second officer (DESIGN §4, four eyes). Raises AlreadyPending while a change of
    this profile is unsettled, InvalidBody for a body that can't be sent.
    """
    if wish.body is not None:
        json_body(wish.body)
    known = Compartment.objects.filter(
        datamart=handle.subject.datamart, platform_id=wish.compartment
    ).first()
    body = {"account": wish.account, "was": _plain(wish.was), "body": _plain(wish.body)}
    asked = _Asked(
        document=wish.document,
        columns={
            "kind": Kind.PROFILE_DELETE if wish.strategy is None else Kind.PROFILE_PUT,
            "compartment": wish.compartment,
            "compartment_name": known.name if known else "",
            "strategy": wish.strategy.value if wish.strategy else "",
        },
        payload={**body, "seen": wish.seen},
        told=body,
        needs_approval=wish.strategy is None,
    )
    return _ask(handle, asked, why, by=by, role=role)


def _plain(customs: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if customs is None else dict(customs)


def _ask(handle: Handle, asked: _Asked, why: Why, *, by: Staff, role: str) -> Change:
    for _attempt in range(RACES):
        try:
            return _asked_now(handle, asked, why, by=by, role=role)
        except (Fenced, IntegrityError):  # another change of this document moved in this moment
            continue
    raise AlreadyPending


@transaction.atomic
def _asked_now(handle: Handle, asked: _Asked, why: Why, *, by: Staff, role: str) -> Change:
    subject, actor = handle.subject, Actor(id=by.pk, name=by.name, role=role)
    Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)  # one at a time
    _make_way(handle, asked, by=actor)
    payload = {**asked.payload, "selector": handle.selector.to_json(), "note": why.note}
    change = Change.objects.create(
        datamart=subject.datamart,
        subject=subject,
        document=asked.document,
        state=State.AWAITING_APPROVAL if asked.needs_approval else State.QUEUED,
        payload_sealed=subject.seal(payload, purpose="payload"),
        asked_by=by,
        asker_role=role,
        cause=why.cause,
        reason=handle.reason,
        case=handle.case,
        request_id=context.request_id(),
        **asked.columns,
    )
    told = {**asked.told, "note": why.note}
    entry(
        change,
        Action.CHANGE_ASKED,
        by=actor,
        data={"awaits_approval": True} if asked.needs_approval else {},
        sealed=subject.seal(told, purpose="entry"),
    )
    return fresh(change.pk)


def _make_way(handle: Handle, asked: _Asked, *, by: Actor) -> None:
    """Supersede what a withdrawal overtakes; let anything else wait for what is unsettled."""
    others = Change.objects.filter(subject__root=root_of(handle.subject), document=asked.document)
    if not asked.withdraws:
        if others.filter(state__in=UNDECIDED).exists():
            raise AlreadyPending
        return
    overtaken = others.filter(state__in=UNSENT | {State.STUCK})
    for older in overtaken.select_related("datamart", "asked_by").select_for_update(of=("self",)):
        move(older, State.SUPERSEDED, by=by)


def approve(*, change: Change, by: Staff, role: str) -> Change:
    """Let a change that awaits approval be sent, and return it, queued.

    Raises OwnChange when they asked for it themselves, Fenced when it awaits none any more.
    """
    return _decide(
        change,
        State.QUEUED,
        by=by,
        role=role,
        action=Action.CHANGE_APPROVED,
        due_at=DatabaseNow(),
        patience_from=DatabaseNow(),
    )


def reject(*, change: Change, by: Staff, role: str) -> Change:
    """Turn down a change that awaits approval: it is never sent. Raises as `approve` does."""
    return _decide(change, State.REJECTED, by=by, role=role, action=Action.CHANGE_REJECTED)


def _decide(
    change: Change,
    to: State,
    *,
    by: Staff,
    role: str,
    action: Action,
    **fields: Any,  # noqa: ANN401  (columns to set with the state)
) -> Change:
    if change.asked_by_id == by.pk:
        raise OwnChange
    return move(
        change,
        to,
        by=Actor(id=by.pk, name=by.name, role=role),
        only_from=frozenset({State.AWAITING_APPROVAL}),
        action=action,
        decided_by=by,
        decided_at=DatabaseNow(),
        **fields,
    )


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
