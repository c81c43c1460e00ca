"""Undoing a confirmed change: a new change that leads back (DESIGN §4, Undo), and repeating one.

The undo is a correction, with a time of its own and a field that says so; it is guarded by the
digest of what is there, and refused where it would overwrite what came later unless that is meant.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.changes.documents import ProfileWish, digest_of_customs
from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import Change
from consentadmin.changes.rules import Wish, milliseconds, moment, shows
from consentadmin.changes.services import After, Why, request_change, request_profile
from consentadmin.changes.states import State
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.subjects.models import Handle

CORRECTION = "correction_of"
"""The custom field by which an undo tells what it corrects: the time of the choice undone."""


AS_SEEN = ("accepted", "choice_ts", "customs")
"""What is kept with a change of the choice that staff saw."""


class Overwrites(Exception):
    """Something came after the change: undoing it would overwrite that."""

    def __str__(self) -> str:
        return str(_("Something was recorded after this change: undoing it would overwrite that."))


class NotUndoable(Exception):
    """Only a change that the platform has shown can be undone, and once only."""

    def __str__(self) -> str:
        return str(_("This change can't be undone: it was not confirmed, or is undone already."))


def wish_back(change: Change, *, now: datetime) -> Wish | None:
    """Return the choice that leads back, None where there was none before: it is to be deleted."""
    was: Mapping[str, Any] | None = change.payload.get("was")
    if was is None:
        return None
    undone = moment(change.choice_ts) if change.choice_ts is not None else None
    told = {CORRECTION: undone.isoformat()} if undone else {}
    return Wish(was["accepted"], milliseconds(now), {**was["customs"], **told})


def profile_back(change: Change, there: Mapping[str, Any] | None) -> ProfileWish:
    """Return the wish that leads a profile back from what is there now."""
    wish = change.profile
    return ProfileWish(
        compartment=wish.compartment,
        account=wish.account,
        was=there,
        body=wish.was,
        strategy=None if wish.was is None else ProfileStrategy.FORCE_REPLACE,
    )


def overwrites_choice(change: Change, current: Choice | None) -> bool:
    """Return whether the current choice is another than this change left."""
    if change.kind == Kind.CHOICE_DELETE:
        return current is not None
    return current is None or not shows(current, change.wish)


def overwrites_profile(change: Change, there: Mapping[str, Any] | None) -> bool:
    """Return whether the profile is another than this change left."""
    left = change.found if change.has_found else change.profile.expected
    return digest_of_customs(there) != digest_of_customs(left)


def can_undo(change: Change) -> bool:
    """Return whether a change can be undone: confirmed, known what was there, not undone yet."""
    payload = change.payload
    is_known = "was" in payload and (payload["was"] is not None or not payload["seen"])
    if change.state != State.CONFIRMED or change.kind == Kind.ACTIVITY or not is_known:
        return False
    return not change.undone.exclude(state__in=[State.CANCELLED, State.REJECTED]).exists()


def undo_choice(
    *,
    handle: Handle,
    change: Change,
    current: Choice | None,
    overwrite: bool,
    now: datetime,
    why: Why,
    by: Staff,
    role: str,
) -> Change:
    """Ask for a change of a choice to be undone, beside the choice as it is now.

    Raises NotUndoable, Overwrites unless `overwrite` says that it is meant, AlreadyPending.
    """
    if not can_undo(change):
        raise NotUndoable
    if overwrites_choice(change, current) and not overwrite:
        raise Overwrites
    return request_change(
        handle=handle,
        processing=change.processing,
        wish=wish_back(change, now=now),
        seen=current.digest() if current else "",
        was=as_seen(current),
        why=why,
        by=by,
        role=role,
        after=After(undoes=change),
    )


def undo_profile(
    *,
    handle: Handle,
    change: Change,
    there: Mapping[str, Any] | None,
    overwrite: bool,
    why: Why,
    by: Staff,
    role: str,
) -> Change:
    """Ask for a change of a profile to be undone, beside the profile as it is now. Raises alike."""
    if not can_undo(change):
        raise NotUndoable
    if overwrites_profile(change, there) and not overwrite:
        raise Overwrites
    return request_profile(
        handle=handle,
        wish=profile_back(change, there),
        why=why,
        by=by,
        role=role,
        after=After(undoes=change),
    )


def repeat(*, handle: Handle, change: Change, why: Why, by: Staff, role: str) -> Change:
    """Ask once more for what a change asked for, on top of what the platform showed.

    For one that was not seen, and for one that stopped at a conflict and is meant all the same.
    Raises AlreadyPending, NotUndoable for a change in another state.
    """
    if change.state not in {State.NOT_SEEN, State.CONFLICT}:
        raise NotUndoable
    after = After(repeats=change)
    if change.is_profile:
        wish = change.profile
        if change.state == State.CONFLICT and change.has_found:
            wish = ProfileWish(
                wish.compartment, wish.account, change.found, wish.body, wish.strategy
            )
        return request_profile(handle=handle, wish=wish, why=why, by=by, role=role, after=after)
    seen, was = change.payload["seen"], change.payload.get("was")
    if change.state == State.CONFLICT:
        found = change.found
        seen = found["digest"] if found else ""
        was = (
            {name: found[name] for name in ("accepted", "choice_ts", "customs")} if found else None
        )
    return request_change(
        handle=handle,
        processing=change.processing,
        wish=None if change.kind == Kind.CHOICE_DELETE else change.wish,
        seen=seen,
        was=was,
        why=why,
        by=by,
        role=role,
        after=after,
    )


def as_seen(choice: Choice | None) -> dict[str, Any] | None:
    """Return a choice as it is kept with a change, None for none."""
    if choice is None:
        return None
    seen = choice.accepted, choice.choice_ts, dict(choice.customs)
    return dict(zip(AS_SEEN, seen, strict=True))
