"""Each entry of the trail as one plain sentence.

Whole sentences through gettext, so that another language can order its words.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.rules import CONSENT, OBJECTION, basis_of
from consentadmin.web.activity_sentences import SENTENCES as ACTIVITY_SENTENCES
from consentadmin.web.choice_sentences import SENTENCES as CHOICE_SENTENCES
from consentadmin.web.house_sentences import SENTENCES as HOUSE_SENTENCES
from consentadmin.web.house_sentences import SPECIAL as HOUSE_SPECIAL
from consentadmin.web.profile_sentences import SENTENCES as PROFILE_SENTENCES


def value_words(*, accepted: bool, basis: str) -> str:
    """Return what recording this value says, by legal basis (DESIGN §2)."""
    known = basis_of(basis)
    if known in CONSENT:
        return _("Consented") if accepted else _("Not consented")
    if known in OBJECTION:
        return _("No objection") if accepted else _("Objected")
    return _("Recorded: yes") if accepted else _("Recorded: no")


_SENTENCES: dict[str, Promise] = {
    **HOUSE_SENTENCES,
    Action.SIGNED_IN: gettext_lazy("%(who)s signed in."),
    Action.SIGNED_OUT: gettext_lazy("%(who)s signed out."),
    Action.STAFF_ADDED: gettext_lazy("%(who)s added %(name)s to the staff as %(role)s."),
    Action.JOINED: gettext_lazy(
        "The platform merged this person with another; %(who)s joined the two."
    ),
    Action.PARTED: gettext_lazy("This person answers alone again; %(who)s parted the two."),
    Action.DATAMART_SET: gettext_lazy("%(who)s set up a datamart."),
    Action.SENDING_PAUSED: gettext_lazy("%(who)s paused sending: %(why)s"),
    Action.SENDING_RESUMED: gettext_lazy("%(who)s resumed sending."),
    Action.CHANGE_ASKED: gettext_lazy("%(who)s asked to record “%(value)s” for %(processing)s."),
    Action.CHANGE_APPROVED: gettext_lazy("%(who)s approved “%(value)s” for %(processing)s."),
    Action.CHANGE_REJECTED: gettext_lazy("%(who)s turned down “%(value)s” for %(processing)s."),
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
    Action.CHANGE_RECHECKED: gettext_lazy(
        "%(who)s had “%(value)s” for %(processing)s looked for again."
    ),
    Action.CHANGE_EXPIRED: gettext_lazy(
        "“%(value)s” for %(processing)s waited too long for approval."
    ),
    Action.CHANGE_LATE_WRITE: gettext_lazy(
        "A late write stood over “%(value)s” for %(processing)s; %(who)s asked for it once more."
    ),
    Action.CHANGE_LATE: gettext_lazy(
        "A late result of “%(value)s” for %(processing)s was discarded."
    ),
}


_OF_KIND = CHOICE_SENTENCES | PROFILE_SENTENCES | ACTIVITY_SENTENCES


def sentence(entry: Entry, *, viewer: Staff | None = None) -> str:
    """Return an entry as one plain sentence; the viewer's own acts say "You"."""
    data = entry.data
    words = {
        "who": _("You") if viewer and entry.actor_id == viewer.pk else entry.actor_name,
        "name": data.get("name", ""),
        "role": data.get("role", ""),
        "why": data.get("why", ""),
        "processing": data.get("name") or data.get("processing", ""),
        "compartment": data.get("name") or data.get("compartment", ""),
        "value": value_words(accepted=bool(data.get("accepted")), basis=data.get("basis", "")),
    }
    if special := _SPECIAL.get(entry.action):
        return special(entry, words)
    of_kind = _OF_KIND.get(data.get("kind", ""), {})
    return str(of_kind.get(entry.action) or _SENTENCES[entry.action]) % words


def story(entries: Iterable[Entry], *, viewer: Staff) -> list[tuple[Entry, str]]:
    """Return entries with their sentences, readings of choices in a row told as one."""
    told = []
    for (_actor, folds), run in groupby(entries, key=lambda e: (e.actor_id, _is_reading(e))):
        found = list(run)
        if folds and len(found) > 1:
            who = _("You") if found[0].actor_id == viewer.pk else found[0].actor_name
            words = ngettext(
                "%(who)s read %(count)d choice and its history.",
                "%(who)s read %(count)d choices and their histories.",
                len(found),
            )
            told.append((found[0], words % {"who": who, "count": len(found)}))
        else:
            told += [(entry, sentence(entry, viewer=viewer)) for entry in found]
    return told


def _is_reading(entry: Entry) -> bool:
    is_of_choice = entry.action == Action.READ and entry.data.get("what") == "choice"
    return is_of_choice and entry.outcome == Outcome.DONE


def _sign_in_failed(entry: Entry, words: dict[str, Any]) -> str:
    if not entry.data.get("name"):
        return _("Somebody failed to sign in with an address that is nobody's here.")
    if entry.data.get("slowed"):
        return _("Somebody tried once more to sign in as %(name)s and was slowed down.") % words
    return _("Somebody failed to sign in as %(name)s.") % words


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
    elif entry.data.get("what") == "change":
        told = _("%(who)s opened a change of this person.")
    elif entry.data.get("what") == "profile":
        told = (
            _("%(who)s tried to read a profile of this person; the platform failed in part.")
            if failed
            else _("%(who)s worked on a profile of this person.")
        )
    elif entry.data.get("what") == "timeline":
        told = (
            _("%(who)s tried to read this person's timeline; the platform failed in part.")
            if failed
            else _("%(who)s read this person's timeline.")
        )
    elif entry.data.get("what") == "consultations":
        told = _("%(who)s read who consulted this person.")
    elif entry.data.get("what") == "activity":
        told = (
            _("%(who)s tried to prepare an activity of this person; the platform failed.")
            if failed
            else _("%(who)s prepared an activity of this person.")
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
    **HOUSE_SPECIAL,
    Action.SIGN_IN_FAILED: _sign_in_failed,
    Action.LOOKED_UP: _looked_up,
    Action.READ: _read,
    Action.DATAMART_SYNCED: _synced,
    Action.REFUSED: _refused,
}
