"""Template filters: times with their zone, legal bases in words, nested values readable.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from consentadmin.changes.rules import Wish, basis_of, moment
from consentadmin.mediarithmics.shapes import LegalBasis
from consentadmin.web.sentences import value_words

register = template.Library()

BASES = {
    LegalBasis.CONSENT: _("consent"),
    LegalBasis.CONTRACTUAL_PERFORMANCE: _("contract"),
    LegalBasis.LEGAL_OBLIGATION: _("legal obligation"),
    LegalBasis.PUBLIC_INTEREST: _("public interest"),
    LegalBasis.LEGITIMATE_INTEREST: _("legitimate interest"),
}


@register.filter
def basis(text: str) -> str:
    """Return a legal basis in words; one we do not know as the platform has it."""
    known = basis_of(text)
    return str(BASES[known]) if known else text


@register.filter
def instant(when: datetime | None) -> SafeString | str:
    """Return a datetime as a `<time>`: 24-hour clock with the zone, the exact instant on hover."""
    if when is None:
        return "–"
    local = timezone.localtime(when)
    exact = when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown = f"{date_format(local, 'j M Y H:i')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, exact, shown)


@register.filter
def clock(when: datetime | None) -> SafeString | str:
    """Return a datetime as a `<time>` of the day, to the second, with the zone."""
    if when is None:
        return "–"
    local = timezone.localtime(when)
    exact = when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return format_html(
        '<time datetime="{}" title="{}">{} {}</time>',
        exact,
        exact,
        date_format(local, "H:i:s"),
        local.tzname(),
    )


@register.filter
def ms(timestamp: int | None) -> SafeString | str:
    """Return milliseconds since the epoch as a `<time>`; what no date can hold, as a number."""
    when = moment(timestamp) if timestamp is not None else None
    return instant(when) if when or timestamp is None else str(timestamp)


@register.filter
def shape(value: Any) -> str:  # noqa: ANN401  (any JSON value)
    """Return what a JSON value is: object, array, text, number, boolean or null."""
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list | tuple):
        return "array"
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    return "number" if isinstance(value, int | float) else "text"


@register.filter
def as_json(value: Any) -> str:  # noqa: ANN401  (any JSON value)
    """Return a value as indented JSON, for reading raw."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=dict)


@register.filter
def body(wish: Wish) -> str:
    """Return exactly what will be sent for a wish, as JSON."""
    return as_json(wish.body())


@register.filter
def says(accepted: bool, basis_text: str) -> str:  # noqa: FBT001  (a template filter's input)
    """Return what a value says under a legal basis."""
    return value_words(accepted=accepted, basis=basis_text)


@register.filter
def named(things: Any, platform_id: Any) -> str:  # noqa: ANN401  (referentials; an id)
    """Return the name of the referential with this platform id, or the id."""
    key = "" if platform_id is None else str(platform_id)
    return next((thing.name for thing in things or [] if thing.platform_id == key), key)


@register.filter
def short(text: str) -> str:
    """Return the beginning of a long id."""
    return f"{text[:12]}…" if len(text) > 14 else text
