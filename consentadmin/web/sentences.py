"""Sentences: what went wrong and what to do, and each entry of the trail as one plain sentence.

Whole sentences through gettext, so that another language can order its words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.rules import CONSENT, OBJECTION, basis_of
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
    Unreachable,
)

LOOK_UP, CHOICE, SECTION = "look-up", "choice", "section"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, what to do about it, and what the platform's support asks for."""

    title: str | Promise
    advice: str | Promise
    error_id: str = ""
    words: str = ""
    can_retry: bool = True


_TROUBLES: dict[type[PlatformError], tuple[Promise, Promise, bool]] = {
    NotFound: (
        gettext_lazy("The platform knows nothing under this."),
        gettext_lazy("Check what was asked for."),
        False,
    ),
    Denied: (
        gettext_lazy("Our API token has no right to this datamart."),
        gettext_lazy(
            "An administrator must give the token that right on the platform. "
            "Nothing is wrong with what you typed."
        ),
        False,
    ),
    TokenRefused: (
        gettext_lazy("The platform refuses our API token."),
        gettext_lazy(
            "It is wrong or has expired. An administrator must set a new one; until then nothing "
            "of this datamart can be read or changed."
        ),
        False,
    ),
    Busy: (
        gettext_lazy("The platform is busy or out of order."),
        gettext_lazy("Nothing was lost. Try again in a moment."),
        True,
    ),
    Unreachable: (
        gettext_lazy("The platform can't be reached."),
        gettext_lazy(
            "Nothing was sent. Try again in a moment; if it lasts, tell an administrator."
        ),
        True,
    ),
    Silent: (
        gettext_lazy("The platform did not answer in time."),
        gettext_lazy("Try again in a moment."),
        True,
    ),
    Garbled: (
        gettext_lazy("The platform's answer can't be understood."),
        gettext_lazy(
            "What it says can't be trusted, so nothing of it is shown. Try again; if it lasts, "
            "tell an administrator."
        ),
        True,
    ),
    Conflicted: (
        gettext_lazy("The platform holds something else by now."),
        gettext_lazy("Read the person again and decide anew."),
        True,
    ),
    Declined: (
        gettext_lazy("The platform declined this."),
        gettext_lazy("Its own words are below. Correct what it names and try again."),
        False,
    ),
}


def trouble(error: PlatformError, where: str = SECTION) -> Trouble:
    """Return what to tell staff about an error of the platform."""
    title, advice, can_retry = next(
        words for kind, words in _TROUBLES.items() if isinstance(error, kind)
    )
    if isinstance(error, NotFound) and where == LOOK_UP:
        title = gettext_lazy("Nobody answers to this.")
        advice = gettext_lazy(
            "The platform knows no such person in this datamart. Check the spelling, the datamart, "
            "the compartment, and what the text was taken for."
        )
    return Trouble(title, advice, error.error_id or "", error.message, can_retry)


def value_words(*, accepted: bool, basis: str) -> str:
    """Return what recording this value says, by legal basis (DESIGN §2)."""
    known = basis_of(basis)
    if known in CONSENT:
        return _("Consented") if accepted else _("Not consented")
    if known in OBJECTION:
        return _("No objection") if accepted else _("Objected")
    return _("Recorded: yes") if accepted else _("Recorded: no")


_SENTENCES: dict[str, Promise] = {
    Action.SIGNED_IN: gettext_lazy("%(who)s signed in."),
    Action.SIGN_IN_FAILED: gettext_lazy("%(who)s failed to sign in."),
    Action.SIGNED_OUT: gettext_lazy("%(who)s signed out."),
    Action.STAFF_ADDED: gettext_lazy("%(who)s added %(name)s to the staff as %(role)s."),
    Action.JOINED: gettext_lazy(
        "The platform merged this person with another; %(who)s joined the two."
    ),
    Action.PARTED: gettext_lazy("This person answers alone again; %(who)s parted the two."),
    Action.TRAIL_READ: gettext_lazy("%(who)s read the trail."),
    Action.DATAMART_SET: gettext_lazy("%(who)s set up a datamart."),
    Action.SENDING_PAUSED: gettext_lazy("%(who)s paused sending: %(why)s"),
    Action.SENDING_RESUMED: gettext_lazy("%(who)s resumed sending."),
    Action.CHANGE_ASKED: gettext_lazy("%(who)s asked to record “%(value)s” for %(processing)s."),
    Action.CHANGE_SENDING: gettext_lazy("%(who)s began to send “%(value)s” for %(processing)s."),
    Action.CHANGE_SENT: gettext_lazy(
        "The platform accepted “%(value)s” for %(processing)s; reading it back."
    ),
    Action.CHANGE_CONFIRMED: gettext_lazy(
        "The platform shows “%(value)s” for %(processing)s: confirmed."
    ),
    Action.CHANGE_NOT_SEEN: gettext_lazy(
        "The platform accepted “%(value)s” for %(processing)s but never showed it."
    ),
    Action.CHANGE_REQUEUED: gettext_lazy(
        "“%(value)s” for %(processing)s waits for another attempt."
    ),
    Action.CHANGE_CONFLICT: gettext_lazy(
        "“%(value)s” for %(processing)s was stopped: something else is there by now."
    ),
    Action.CHANGE_DECLINED: gettext_lazy("The platform declined “%(value)s” for %(processing)s."),
    Action.CHANGE_UNKNOWN: gettext_lazy(
        "It is not known whether “%(value)s” for %(processing)s arrived; reading it back."
    ),
    Action.CHANGE_STUCK: gettext_lazy(
        "“%(value)s” for %(processing)s is stuck: a person must decide."
    ),
    Action.CHANGE_CANCELLED: gettext_lazy("%(who)s cancelled “%(value)s” for %(processing)s."),
    Action.CHANGE_SUPERSEDED: gettext_lazy(
        "%(who)s superseded “%(value)s” for %(processing)s with a withdrawal."
    ),
    Action.CHANGE_LATE: gettext_lazy(
        "A late result of “%(value)s” for %(processing)s was discarded."
    ),
}


def sentence(entry: Entry, *, viewer: Staff | None = None) -> str:
    """Return an entry as one plain sentence; the viewer's own acts say "You"."""
    data = entry.data
    words = {
        "who": _("You") if viewer and entry.actor_id == viewer.pk else entry.actor_name,
        "name": data.get("name", ""),
        "role": data.get("role", ""),
        "why": data.get("why", ""),
        "processing": data.get("name") or data.get("processing", ""),
        "value": value_words(accepted=bool(data.get("accepted")), basis=data.get("basis", "")),
    }
    special = _SPECIAL.get(entry.action)
    return special(entry, words) if special else str(_SENTENCES[entry.action]) % words


def _looked_up(entry: Entry, words: dict[str, Any]) -> str:
    told = {
        Outcome.DONE: _("%(who)s looked this person up."),
        Outcome.NOT_FOUND: _("%(who)s looked somebody up and found nobody."),
    }
    return (
        told.get(
            Outcome(entry.outcome), _("%(who)s tried to look somebody up; the platform failed.")
        )
        % words
    )


def _read(entry: Entry, words: dict[str, Any]) -> str:
    failed = entry.outcome != Outcome.DONE
    if entry.data.get("what") == "choice":
        told = (
            _("%(who)s tried to read the choice on %(processing)s; the platform failed in part.")
            if failed
            else _("%(who)s read the choice on %(processing)s and its history.")
        )
    else:
        told = (
            _("%(who)s opened this person; the platform failed in part.")
            if failed
            else _("%(who)s opened this person.")
        )
    return told % words


def _synced(entry: Entry, words: dict[str, Any]) -> str:
    if entry.outcome == Outcome.FAILED:
        return _("%(who)s could not read the referentials.") % words
    return _("%(who)s read the referentials.") % words


def _refused(entry: Entry, words: dict[str, Any]) -> str:
    if entry.outcome == Outcome.NOT_FOUND:
        return _("%(who)s tried a page of a person that was not theirs, or had expired.") % words
    return _("%(who)s asked for something the role does not allow, and got a refusal.") % words


_SPECIAL: dict[str, Callable[[Entry, dict[str, Any]], str]] = {
    Action.LOOKED_UP: _looked_up,
    Action.READ: _read,
    Action.DATAMART_SYNCED: _synced,
    Action.REFUSED: _refused,
}
