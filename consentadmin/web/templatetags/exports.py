"""Template filters: what an export holds and what kept it from being written, in words.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

from collections.abc import Sequence

from django import template
from django.utils.text import get_text_list
from django.utils.translation import gettext_lazy as _

from consentadmin.exports.models import Delivery, Export, Place

register = template.Library()

FILTERS = {
    "since": _("begin"),
    "until": _("end"),
    "actor": _("actor"),
    "action": _("action"),
    "outcome": _("outcome"),
    "person": _("person"),
    "datamart": _("datamart"),
    "case": _("case"),
    "change": _("change"),
    "reason": _("purpose"),
}


@register.filter
def filter_names(names: Sequence[str]) -> str:
    """Return the names of the filters that were set, as a list in words."""
    return get_text_list([str(FILTERS.get(name, name)) for name in names], str(_("and")))


MISHAPS = {
    "NobodySeals": _("The trail is not being sealed: no checkpoint could be had."),
    "OSError": _("The file could not be written."),
}


@register.filter
def export_mishap(export: Export) -> str:
    """Return why an export could not be written."""
    return str(MISHAPS.get(export.error, _("Something went wrong on our side.")))


UNDELIVERED = {
    (Place.DIRECTORY, "NoPlace"): _(
        "The directory is not there: mount its disk, or correct CONSENTADMIN_EXPORT_DIR."
    ),
    (Place.DIRECTORY, "Denied"): _(
        "The worker may not write into the directory: give its user the right to."
    ),
    (Place.DIRECTORY, "Full"): _("The directory's disk is full: make room on it."),
    (Place.S3, "NoPlace"): _(
        "The store has no such bucket: make it, or correct CONSENTADMIN_EXPORT_S3 and the region."
    ),
    (Place.S3, "Denied"): _(
        "The store refuses the key: correct CONSENTADMIN_EXPORT_S3_KEY_ID and "
        "CONSENTADMIN_EXPORT_S3_SECRET, or the key's right to put objects, and start the worker "
        "anew."
    ),
    (Place.S3, "Full"): _("The store is full: make room in it, or raise its quota."),
    (Place.S3, "Unreachable"): _(
        "The store does not answer: see that it runs, and that the worker can reach "
        "CONSENTADMIN_EXPORT_S3_ENDPOINT."
    ),
    (Place.S3, "Corrupted"): _(
        "What arrived at the store was not what was sent: look at what lies between."
    ),
}


@register.filter
def delivery_mishap(delivery: Delivery) -> str:
    """Return why the export of a month is not in its place yet, and what to do about it."""
    other = _("It failed for another reason: the worker's log and the store's tell which.")
    return str(UNDELIVERED.get((Place(delivery.place), delivery.error), other))
