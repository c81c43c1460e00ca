"""Template filters: changes and their steps in words.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

from collections.abc import Sequence
from typing import Any

from django import template
from django.http import QueryDict
from django.utils.translation import gettext as _

from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import Change
from consentadmin.changes.rules import moment
from consentadmin.changes.states import State
from consentadmin.changes.undoing import can_undo
from consentadmin.web.sentences import value_words
from consentadmin.web.templatetags.words import MISHAPS

register = template.Library()


@register.filter
def in_words(change: Change) -> str:
    """Return what a change is meant to do, with nothing of the person's."""
    name = change.processing_name or change.processing
    place = change.compartment_name or change.compartment
    match change.kind:
        case Kind.CHOICE_PUT:
            value = value_words(accepted=bool(change.accepted), basis=change.basis)
            return _("Record “%(value)s” for “%(name)s”") % {"value": value, "name": name}
        case Kind.CHOICE_DELETE:
            return _("Delete the choice on “%(name)s”") % {"name": name}
        case Kind.PROFILE_PUT:
            return _("Write a profile in “%(name)s”") % {"name": place}
        case Kind.PROFILE_DELETE:
            return _("Delete a profile in “%(name)s”") % {"name": place}
        case _:
            return _("Record an activity")


@register.filter
def versions(change: Change) -> list[tuple[str, Any]]:
    """Return what staff saw of a choice, what is there now, and what was asked for."""
    asked = None
    if change.kind == Kind.CHOICE_PUT:
        wish = change.wish
        asked = {"accepted": wish.accepted, "choice_ts": wish.choice_ts, "customs": wish.customs}
    seen = change.payload.get("was")
    told = [(_("Seen when asked"), seen)] if seen or not change.payload["seen"] else []
    if change.state == State.CONFLICT:
        told.append((_("There now"), change.found))
    return [*told, (_("Asked for"), asked)]


STEPS = {
    State.QUEUED: lambda: _("It was put back, to be tried again."),
    State.SENT: lambda: _("The platform accepted it."),
    State.CONFIRMED: lambda: _("The platform showed it."),
    State.NOT_SEEN: lambda: _("The platform did not show it in time."),
    State.CONFLICT: lambda: _("Something else was there: it was stopped."),
    State.DECLINED: lambda: _("The platform declined it."),
    State.UNKNOWN: lambda: _("It was not known whether it had arrived."),
    State.STUCK: lambda: _("It was given up to a person."),
    State.SUPERSEDED: lambda: _("A newer change took its place."),
    State.CANCELLED: lambda: _("It was cancelled."),
}


@register.filter
def steps(change: Change) -> Sequence[dict[str, Any]]:
    """Return what the claims of a change came to, oldest first, each with a sentence.

    Readings in a row that told nothing new are told as one, with their number.
    """
    told: list[dict[str, Any]] = []
    before = ""
    for step in change.steps:
        is_look = step["to"] == before and step["to"] in {State.SENT, State.UNKNOWN}
        words = _("It was looked for, and was not there yet.") if is_look else _step(step)
        mishap = str(MISHAPS.get(step.get("error", ""), step.get("error", "")))
        line = {"at": moment(step["at"]), "words": words, "mishap": mishap, "times": 1, **step}
        if is_look and told and told[-1]["words"] == words and told[-1]["mishap"] == mishap:
            told[-1]["times"] += 1
        else:
            told.append({**line, "at": moment(step["at"])})
        before = step["to"]
    return told


def _step(step: dict[str, Any]) -> str:
    return STEPS[State(step["to"])]() if step["to"] in STEPS else str(State(step["to"]).label)


@register.filter
def undoable(change: Change) -> bool:
    """Return whether a change can be undone."""
    return can_undo(change)


@register.filter
def without_act(query: QueryDict) -> str:
    """Return a list's filters, without what was to be done to all that passes them."""
    rest = query.copy()
    rest.pop("act", None)
    return rest.urlencode()
