"""Template filters: what the platform and our tables hold, readable: JSON values, devices, names.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

from collections.abc import Mapping
from typing import Any

from django import template
from django.http import QueryDict
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from consentadmin.mediarithmics.shapes import Profile
from consentadmin.web.laid_out import as_json, laid_out, path_words
from consentadmin.web.templatetags.times import ms

register = template.Library()


register.filter("laid_out", laid_out)
register.filter("path_words", path_words)
register.filter("as_json", as_json)


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
def pairs(value: Any) -> list[tuple[str, Any]]:  # noqa: ANN401  (a JSON object)
    """Return the names and values of an object. `.items` would find a field called "items"."""
    return list(value.items()) if isinstance(value, Mapping) else []


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


PROFILE_TIMES = {
    "creation_ts": _("Created"),
    "last_modified_ts": _("Changed"),
    "expiration_ts": _("Expires"),
}


@register.filter
def system_fields(profile: Profile) -> SafeString:
    """Return the platform's own fields of a profile as HTML: its times, then the others by name.

    In Python and not in a template: a page may hold fifty profiles.
    """
    times = {name: getattr(profile, name) for name in PROFILE_TIMES}
    shown: list[tuple[str, str]] = [
        (str(PROFILE_TIMES[name]), ms(at)) for name, at in times.items() if at is not None
    ]
    shown += [(field_name(name), laid_out(value)) for name, value in profile.system.items()]
    fields = "".join(
        f"<div><dt>{conditional_escape(name)}</dt><dd>{conditional_escape(value)}</dd></div>"
        for name, value in shown
    )
    return mark_safe(f'<dl class="system">{fields}</dl>' if fields else "")  # noqa: S308  (escaped)


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


@register.filter
def without_page(query: QueryDict) -> str:
    """Return a list's query without the place in it: the newest page under the same filters."""
    rest = query.copy()
    rest.pop("before", None)
    return rest.urlencode()
