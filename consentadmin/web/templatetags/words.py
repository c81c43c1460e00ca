"""Template filters: times with their zone, legal bases in words, nested values readable.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import template
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.permissions import Role
from consentadmin.audit.words import HOUSE
from consentadmin.changes.models import Change
from consentadmin.changes.rules import CONSENT, OBJECTION, Standing, Wish, basis_of, moment
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.mediarithmics.selectors import Selector, SelectorKind
from consentadmin.mediarithmics.shapes import LegalBasis
from consentadmin.subjects.models import Reason
from consentadmin.web import sentences
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


def _exact(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@register.filter
def instant(when: datetime | None) -> SafeString | str:
    """Return a datetime as a `<time>`: 24-hour clock with the zone, the exact instant on hover."""
    if when is None:
        return "–"
    local, exact = timezone.localtime(when), _exact(when)
    shown = f"{date_format(local, 'j M Y H:i')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, exact, shown)


@register.filter
def clock(when: datetime | None) -> SafeString | str:
    """Return a datetime as a `<time>` of the day, to the second, with the zone."""
    if when is None:
        return "–"
    local, exact = timezone.localtime(when), _exact(when)
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


@register.filter
def trouble(error: PlatformError) -> sentences.Trouble:
    """Return what to tell staff about the error that stands in a section's place."""
    return sentences.trouble(error)


@register.filter
def iso(timestamp: int) -> str:
    """Return milliseconds since the epoch as ISO 8601, UTC; what no date can hold, as a number."""
    when = moment(timestamp)
    return _exact(when) if when else str(timestamp)


@register.filter
def mark(accepted: bool, basis_text: str) -> str:  # noqa: FBT001  (a template filter's input)
    """Return the standing whose mark a recorded value bears, without looking at other records."""
    known = basis_of(basis_text)
    if known in CONSENT:
        return Standing.CONSENTED if accepted else Standing.NOT_CONSENTED
    if known in OBJECTION:
        return Standing.NO_OBJECTION if accepted else Standing.OBJECTED
    return Standing.RECORDED_YES if accepted else Standing.RECORDED_NO


@register.filter
def rests_on_no_choice(text: str) -> bool:
    """Return whether a legal basis rests on no choice of the person (DESIGN §2)."""
    return basis_of(text) in {LegalBasis.CONTRACTUAL_PERFORMANCE, LegalBasis.LEGAL_OBLIGATION}


@register.filter
def pairs(value: Any) -> list[tuple[str, Any]]:  # noqa: ANN401  (a JSON object)
    """Return the names and values of an object. `.items` would find a field called "items"."""
    return list(value.items()) if isinstance(value, Mapping) else []


@register.filter
def is_flat(value: Any) -> bool:  # noqa: ANN401  (a JSON array)
    """Return whether an array holds neither objects nor arrays."""
    return not any(isinstance(element, Mapping | list | tuple) for element in value)


SYSTEM_FIELDS = {
    "$channel_id": _("Channel"),
    "$choice_source_id": _("Source id"),
    "$choice_source_token": _("Source"),
    "$compartment_id": _("Compartment"),
    "$email_hash": _("E-mail hash"),
    "$user_account_id": _("Account"),
    "$user_agent_id": _("Device"),
    "$user_point_id": _("User point id"),
}


@register.filter
def field_name(name: str) -> str:
    """Return a system field's name in words; one we do not know as the platform has it."""
    return str(SYSTEM_FIELDS.get(name, name))


DEVICE_WORDS = {
    "ANDROID": "Android",
    "IOS": "iOS",
    "MAC_OS": "macOS",
    "MOBILE_APP": _("app"),
    "PERSONAL_COMPUTER": _("computer"),
    "SMARTPHONE": _("phone"),
    "TABLET": _("tablet"),
    "WEB_BROWSER": _("browser"),
}
DEVICE_PARTS = ("brand", "model", "browser_family", "os_family", "form_factor")


@register.filter
def device(about: Any) -> str:  # noqa: ANN401  (a JSON object)
    """Return what the platform says of a device, readable: "Safari · macOS · computer"."""
    told = [about.get(part) for part in DEVICE_PARTS]
    words = [str(DEVICE_WORDS.get(text, _readable(text))) for text in told if isinstance(text, str)]
    return " · ".join(word for word in words if word)


def _readable(text: str) -> str:
    return text.replace("_", " ").capitalize() if text.isupper() else text


KINDS = {
    SelectorKind.USER_POINT: _("User point id"),
    SelectorKind.USER_AGENT: _("User agent id"),
    SelectorKind.EMAIL_HASH: _("E-mail"),
    SelectorKind.USER_ACCOUNT: _("Account id"),
}


@register.filter
def kind(selector: Selector) -> str:
    """Return in words what kind of identifier a person was found by."""
    return str(KINDS[selector.kind])


@register.filter
def typed(selector: Selector) -> str:
    """Return the identifier a person was found by; of an e-mail address only its hash is kept."""
    stored = selector.to_json()
    return next(stored[part] for part in ("point", "agent", "hash", "account") if part in stored)


@register.filter
def reason(code: str) -> str:
    """Return a purpose's reason in words."""
    return str(Reason(code).label) if code in Reason.values else code


@register.filter
def role(code: str) -> str:
    """Return a role in words."""
    if code == HOUSE.role:
        return str(_("the application itself"))
    return str(Role(code).label) if code in Role.values else code


MISHAPS = {
    "Busy": _("The platform was busy or out of order."),
    "Conflicted": _("The platform holds something else by now."),
    "Declined": _("The platform declined it."),
    "Denied": _("Our API token has no right to this datamart."),
    "Garbled": _("The platform's answer could not be understood."),
    "LeaseExpired": _(
        "The process that carried this change stopped before it could tell the outcome."
    ),
    "Merged": _("The platform has merged this person with another."),
    "NotFound": _("The platform no longer knows this person."),
    "Silent": _("The platform did not answer in time."),
    "TokenRefused": _("The platform refused our API token."),
    "Unreachable": _("The platform could not be reached."),
}


@register.filter
def mishap(change: Change) -> str:
    """Return what went wrong with a change last, as a sentence; "" when nothing did."""
    return str(MISHAPS.get(change.error, change.error))


PACES = ((5, "200ms"), (30, "1s"), (600, "3s"))


@register.filter
def pace(change: Change) -> str:
    """Return how often the browser asks how a change fares: often at first, then less and less."""
    begun = max(change.asked_at, change.patience_from)
    age = (timezone.now() - begun).total_seconds()
    return next((every for until, every in PACES if age < until), "15s")


@register.filter
def exact(when: datetime) -> str:
    """Return a datetime as ISO 8601, UTC, to the microsecond: as it is stored."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@register.filter
def zone(when: datetime) -> str:
    """Return the name of the viewer's time zone at this time: what a typed time is taken in."""
    return str(timezone.localtime(when).tzname())


@register.filter
def without_page(query: QueryDict) -> str:
    """Return a list's query without the place in it: the newest page under the same filters."""
    rest = query.copy()
    rest.pop("before", None)
    return rest.urlencode()


@register.filter
def tenths(seconds: float) -> str:
    """Return seconds rounded up to tenths, so that no change took "0.0"."""
    return str(max(math.ceil(seconds * 10), 1) / 10)
