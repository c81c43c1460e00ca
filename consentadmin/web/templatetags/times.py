"""Template filters: times on a 24-hour clock with their zone, the exact instant on hover.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

import math
from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from consentadmin.changes.rules import moment

register = template.Library()


def _exact(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _local(when: datetime) -> datetime:
    """Return a time in the viewer's zone, or in UTC at the end of all dates ("never")."""
    try:
        return timezone.localtime(when)
    except OverflowError:
        return when.astimezone(UTC)


def _hm(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def _time(when: datetime, shown: str) -> SafeString:
    """Put it by hand: format strings and their escaping are what a page of many times waits for."""
    exact = _exact(when)
    return mark_safe(  # noqa: S308  (a time in digits, and words that are escaped)
        f'<time datetime="{exact}" title="{exact}">{conditional_escape(shown)}</time>'
    )


@register.filter
def instant(when: datetime | None) -> SafeString | str:
    """Return a datetime as a `<time>`: 24-hour clock with the zone, the exact instant on hover."""
    if when is None:
        return "–"
    local = _local(when)
    month = str(MONTHS_3[local.month]).title()
    return _time(when, f"{local.day} {month} {local.year:04} {_hm(local)} {local.tzname()}")


@register.filter
def clock(when: datetime | None) -> SafeString | str:
    """Return a datetime as a `<time>` of the day, to the second, with the zone."""
    if when is None:
        return "–"
    local = _local(when)
    return _time(when, f"{_hm(local)}:{local.second:02} {local.tzname()}")


@register.filter
def ms(timestamp: int | None) -> SafeString | str:
    """Return milliseconds since the epoch as a `<time>`; what no date can hold, as a number."""
    when = moment(timestamp) if timestamp is not None else None
    return instant(when) if when or timestamp is None else str(timestamp)


@register.filter
def iso(timestamp: int) -> str:
    """Return milliseconds since the epoch as ISO 8601, UTC; what no date can hold, as a number."""
    when = moment(timestamp)
    return _exact(when) if when else str(timestamp)


@register.filter
def exact(when: datetime) -> str:
    """Return a datetime as ISO 8601, UTC, to the microsecond: as it is stored."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@register.filter
def zone(when: datetime) -> str:
    """Return the name of the viewer's time zone at this time: what a typed time is taken in."""
    return str(timezone.localtime(when).tzname())


@register.filter
def tenths(seconds: float) -> str:
    """Return seconds rounded up to tenths, so that no change took "0.0"."""
    return str(max(math.ceil(seconds * 10), 1) / 10)
