"""Asking for changes: the one way in. Once one of these returns, the change can't be lost."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.audit import context
from consentadmin.audit.words import Action, Actor
from consentadmin.changes.activities import new_key, packed
from consentadmin.changes.documents import ProfileWish, choice_document
from consentadmin.changes.kinds import Cause, Kind, Way
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, entry, fresh, move
from consentadmin.changes.rules import Wish, is_grant, is_withdrawal, milliseconds
from consentadmin.changes.states import UNDECIDED, UNSENT, State
from consentadmin.datamarts.models import Compartment, Datamart, Processing
from consentadmin.mediarithmics.activities import Activity, ChoiceEvent, Identifying, activity_body
from consentadmin.mediarithmics.bodies import json_body
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.subjects.models import Handle, Subject
from consentadmin.subjects.queries import root_of

RACES = 5


class AlreadyPending(Exception):
    """Another change of this document is not settled yet."""

    def __str__(self) -> str:
        return str(_("A change of this is not settled yet. Wait for it, or cancel it."))


class NoPoint(Exception):
    """A device without a user point has no timeline."""

    def __str__(self) -> str:
        return str(_("A device without a user point has no timeline to record in."))


@dataclass(frozen=True, slots=True)
class Why:
    """Why a change is asked for: a cause and a free note."""

    cause: Cause
    note: str = ""


@dataclass(frozen=True, slots=True)
class After:
    """The change that a new one undoes, or repeats."""

    undoes: Change | None = None
    repeats: Change | None = None


ALONE = After()


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
    *,
    handle: Handle,
    processing: str,
    wish: Wish | None,
    seen: str,
    was: Mapping[str, Any] | None = None,
    why: Why,
    by: Staff,
    role: str,
    after: After = ALONE,
    by_event: Identifying | None = None,
) -> Change:
    """Ask for a choice to be recorded, or deleted where `wish` is None, and return the change.

    `seen` is the digest of the choice staff saw ("" for none): if the platform holds another by
    the time of sending, the change stops as a conflict. `was` is that choice itself (`accepted`,
    `choice_ts`, `customs`), kept to be shown beside another and to go back to. A withdrawal is not
    stopped; it supersedes what is unsent or stuck of this processing. Deletions, and grants where
    the datamart says so, await approval (DESIGN §4). `by_event` names the person in an activity,
    whose event carries the choice; a withdrawal goes by its own endpoint all the same: no analyzer
    must drop it. Raises AlreadyPending for any other while one of this choice is unsettled.
    """
    datamart, customs = handle.subject.datamart, wish.customs if wish else {}
    known = Processing.objects.filter(datamart=datamart, platform_id=processing).first()
    basis = known.legal_basis if known else ""
    withdraws = wish is not None and is_withdrawal(accepted=wish.accepted, basis=basis)
    asked = _Asked(
        document=choice_document(processing),
        columns={
            **_choice_columns(wish, known),
            "processing": processing,
            "is_withdrawal": withdraws,
        },
        payload={
            "customs": customs,
            "seen": seen,
            "was": dict(was) if was is not None else None,
            **_event(None if withdraws or wish is None else by_event, now=None),
        },
        told={"customs": customs},
        withdraws=withdraws,
        needs_approval=_needs_approval(datamart, wish, basis),
    )
    return _ask(handle, asked, why, by=by, role=role, after=after)


def _choice_columns(wish: Wish | None, known: Processing | None) -> dict[str, Any]:
    return {
        "kind": Kind.CHOICE_PUT if wish else Kind.CHOICE_DELETE,
        "accepted": wish.accepted if wish else None,
        "choice_ts": wish.choice_ts if wish else None,
        "processing_name": known.name if known else "",
        "basis": known.legal_basis if known else "",
    }


def _needs_approval(datamart: Datamart, wish: Wish | None, basis: str) -> bool:
    """Return whether a choice may only be deleted, or granted, by two (DESIGN §4, four eyes)."""
    if wish is None:
        return datamart.approve_deletions
    return datamart.approve_grants and is_grant(accepted=wish.accepted, basis=basis)


def request_profile(
    *,
    handle: Handle,
    wish: ProfileWish,
    why: Why,
    by: Staff,
    role: str,
    after: After = ALONE,
    by_event: Identifying | None = None,
    now: datetime | None = None,
) -> Change:
    """Ask for a profile to be written or deleted, and return the change.

    It stops as a conflict where the profile is no longer what staff saw. A deletion awaits the
    approval of a second officer (DESIGN §4, four eyes). `by_event`: as for a choice, with `now` for
    the event's time; only where fields are updated. Raises AlreadyPending while a change of this
    profile is unsettled, InvalidBody for a body that can't be sent.
    """
    assert by_event is None or wish.strategy is ProfileStrategy.PARTIAL_UPDATE, "what events do"
    if wish.body is not None:
        json_body(wish.body)
    datamart = handle.subject.datamart
    known = Compartment.objects.filter(datamart=datamart, platform_id=wish.compartment).first()
    body = {"account": wish.account, "was": _plain(wish.was), "body": _plain(wish.body)}
    asked = _Asked(
        document=wish.document,
        columns={
            "kind": Kind.PROFILE_DELETE if wish.strategy is None else Kind.PROFILE_PUT,
            "compartment": wish.compartment,
            "compartment_name": known.name if known else "",
            "strategy": wish.strategy.value if wish.strategy else "",
        },
        payload={**body, "seen": wish.seen, **_event(by_event, now=now)},
        told=body,
        needs_approval=wish.strategy is None and datamart.approve_deletions,
    )
    return _ask(handle, asked, why, by=by, role=role, after=after)


def request_activity(
    *, handle: Handle, activity: Activity, why: Why, by: Staff, role: str
) -> Change:
    """Ask for an activity to be recorded, and return the queued change.

    It gets a key of its own. One that holds a grant awaits approval where the datamart says so for
    grants. Raises InvalidBody for one that can't be right, NoPoint for a device
    without a user point: there is no timeline to look in.
    """
    if handle.subject.point is None:
        raise NoPoint
    activity = replace(activity, unique_key=activity.unique_key or new_key())
    activity_body(activity)
    asked = _Asked(
        document=f"activity {uuid.uuid4()}",
        columns={"kind": Kind.ACTIVITY},
        payload={"activity": packed(activity)},
        told={"activity": packed(activity)},
        needs_approval=handle.subject.datamart.approve_grants and _grants(handle, activity),
    )
    return _ask(handle, asked, why, by=by, role=role, after=ALONE)


def _grants(handle: Handle, activity: Activity) -> bool:
    """Return whether an event of the activity permits something."""
    choices = [event for event in activity.events if isinstance(event, ChoiceEvent)]
    known = Processing.objects.filter(
        datamart=handle.subject.datamart,
        platform_id__in=[choice.processing for choice in choices],
    )
    bases = dict(known.values_list("platform_id", "legal_basis"))
    return any(
        is_grant(accepted=choice.accepted, basis=bases.get(choice.processing, ""))
        for choice in choices
    )


def _event(identifier: Identifying | None, *, now: datetime | None) -> dict[str, Any]:
    """Return what the payload holds of the event that carries a change, if one does."""
    if identifier is None:
        return {}
    told = {"identifier": identifier.to_json(), "unique_key": new_key()}
    return told | ({"event_ts": milliseconds(now)} if now else {})


def _plain(customs: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if customs is None else dict(customs)


def _ask(handle: Handle, asked: _Asked, why: Why, *, by: Staff, role: str, after: After) -> Change:
    for _attempt in range(RACES):
        try:
            return _asked_now(handle, asked, why, by=by, role=role, after=after)
        except (Fenced, IntegrityError):  # another change of this document moved in this moment
            continue
    raise AlreadyPending


@transaction.atomic
def _asked_now(
    handle: Handle, asked: _Asked, why: Why, *, by: Staff, role: str, after: After
) -> Change:
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
        way=Way.EVENT if "identifier" in asked.payload else Way.DIRECT,
        takes_person="unique_key" in asked.payload or "activity" in asked.payload,
        undoes=after.undoes,
        repeats=after.repeats,
        **asked.columns,
    )
    told = {**asked.told, "note": why.note}
    facts = {
        "awaits_approval": asked.needs_approval or None,
        "undoes": change.undoes_id,
        "repeats": change.repeats_id,
    }
    entry(
        change,
        Action.CHANGE_ASKED,
        by=actor,
        data={name: value for name, value in facts.items() if value is not None},
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
