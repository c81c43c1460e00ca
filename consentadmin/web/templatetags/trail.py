"""Template filters: what was consulted, and for what, in words.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

from collections.abc import Collection

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consentadmin.subjects.models import Reason

register = template.Library()

READ: dict[str, Promise] = {
    "look-up": _("looked up"),
    "person": _("identifiers, choices and profiles"),
    "choice": _("choices and their history"),
    "change": _("changes"),
    "profile": _("profiles"),
    "timeline": _("timeline"),
    "activity": _("identifiers"),
    "consultations": _("who consulted the person"),
    "trail": _("what staff did"),
}


@register.filter
def purpose(code: str) -> str:
    """Return a consultation's purpose in words."""
    if not code:
        return str(_("An audit of what staff did"))
    return str(Reason(code).label) if code in Reason.values else code


@register.filter
def read_words(what: Collection[str]) -> str:
    """Return what was consulted, as a list in words, in a fixed order."""
    known = [str(words) for name, words in READ.items() if name in what]
    return "; ".join([*known, *sorted(set(what) - set(READ))])
