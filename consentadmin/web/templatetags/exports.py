"""Template filters: what an export holds and what kept it from being written, in words.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

from collections.abc import Sequence

from django import template
from django.utils.text import get_text_list
from django.utils.translation import gettext_lazy as _

from consentadmin.exports.models import Export

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
