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
    Action.EXPORT_EXPIRED: gettext_lazy("The file of an export of the trail was dropped: expired."),
}


def _export_asked(entry: Entry, words: dict[str, Any]) -> str:
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


SPECIAL: dict[str, Callable[[Entry, dict[str, Any]], str]] = {
    Action.EXPORT_ASKED: _export_asked,
    Action.EXPORT_MADE: _export_made,
    Action.EXPORT_DOWNLOADED: _export_downloaded,
    Action.TRAIL_READ: _trail_read,
    Action.TRAIL_VERIFIED: _verified,
}
