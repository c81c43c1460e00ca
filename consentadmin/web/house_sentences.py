"""What is done to the house itself, and to the trail, as sentences: no person is concerned."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome

SENTENCES: dict[str, Promise] = {
    Action.DATAMART_POLICY: gettext_lazy("%(who)s set which changes need a second officer."),
    Action.DATAMART_DOWN: gettext_lazy(
        "The platform failed too often in a row; changes are held back and tried one at a time."
    ),
    Action.DATAMART_UP: gettext_lazy("The platform answers again; changes go out as before."),
    Action.EXPORT_FAILED: gettext_lazy("An export of the trail could not be written."),
    Action.EXPORT_CANCELLED: gettext_lazy("%(who)s cancelled an export of the trail."),
    Action.EXPORT_RETRIED: gettext_lazy("%(who)s had the export of a month delivered again."),
    Action.TOKEN_USED: gettext_lazy(
        "The platform accepted the API token, for the first time since it was set or refused."
    ),
    Action.EXPORT_EXPIRED: gettext_lazy("The file of an export of the trail was dropped: expired."),
}


def _export_asked(entry: Entry, words: dict[str, Any]) -> str:
    if "month" in entry.data:
        told = {**words, "month": entry.data["month"]}
        return _("%(who)s asked for the export of the trail of %(month)s.") % told
    if entry.data.get("filters"):
        return _("%(who)s asked for an export of a part of the trail.") % words
    return _("%(who)s asked for an export of the trail.") % words


def _export_made(entry: Entry, words: dict[str, Any]) -> str:
    rows = int(entry.data.get("rows", 0))
    told = ngettext(
        "An export of the trail was written: %(rows)d entry.",
        "An export of the trail was written: %(rows)d entries.",
        rows,
    )
    return told % {**words, "rows": rows}


def _export_downloaded(entry: Entry, words: dict[str, Any]) -> str:
    if entry.outcome == Outcome.NOT_FOUND:
        return _("%(who)s asked for the file of an export that was not there.") % words
    return _("%(who)s downloaded an export of the trail.") % words


def _export_delivered(entry: Entry, words: dict[str, Any]) -> str:
    told = {**words, "month": entry.data.get("month", "")}
    is_in_store = entry.data.get("place") == "s3"
    if entry.outcome == Outcome.DONE:
        if is_in_store:
            return _("The export of %(month)s was put into the S3 store.") % told
        return _("The export of %(month)s was put into the directory.") % told
    if is_in_store:
        return _("The S3 store did not take the export of %(month)s; it is tried again.") % told
    return _("The directory did not take the export of %(month)s; it is tried again.") % told


def _signing_key_used(entry: Entry, words: dict[str, Any]) -> str:
    others = ", ".join(entry.data.get("vouched_by", []))
    told = {**words, "key": entry.data.get("key", ""), "others": others}
    if others:
        return _("Signing key %(key)s took over; %(others)s vouched for it.") % told
    return _("Signing key %(key)s signed the trail for the first time.") % told


def _signing_key_refused(entry: Entry, words: dict[str, Any]) -> str:
    told = {**words, "key": entry.data.get("key", "")}
    return (
        _("Signing key %(key)s was refused: the key that signed before does not vouch for it.")
        % told
    )


def _trail_read(entry: Entry, words: dict[str, Any]) -> str:
    if "entry" in entry.data:
        return _("%(who)s read entry %(entry)d of the trail.") % {**words, **entry.data}
    if entry.data.get("persons"):
        return _("%(who)s read the trail about one person.") % words
    return _("%(who)s read the trail.") % words


def _verified(entry: Entry, words: dict[str, Any]) -> str:
    told = {**words, "size": entry.data.get("size", 0)}
    if entry.outcome == Outcome.DONE:
        return _("%(who)s verified the trail: all %(size)d entries are as they were sealed.") % told
    return _("%(who)s verified the trail and found it not as it was sealed: %(why)s.") % told


def _pruned(entry: Entry, words: dict[str, Any]) -> str:
    told = {**words, "entries": 0, "class": "", "month": "", **entry.data}
    return (
        _("%(who)s took %(entries)d entries (%(class)s, %(month)s) away: their time was over.")
        % told
    )


SPECIAL: dict[str, Callable[[Entry, dict[str, Any]], str]] = {
    Action.EXPORT_ASKED: _export_asked,
    Action.EXPORT_MADE: _export_made,
    Action.EXPORT_DOWNLOADED: _export_downloaded,
    Action.EXPORT_DELIVERED: _export_delivered,
    Action.SIGNING_KEY_USED: _signing_key_used,
    Action.SIGNING_KEY_REFUSED: _signing_key_refused,
    Action.TRAIL_READ: _trail_read,
    Action.TRAIL_VERIFIED: _verified,
    Action.TRAIL_PRUNED: _pruned,
}
