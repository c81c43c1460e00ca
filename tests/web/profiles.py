"""What the tests of profiles share: writing one past us, and the steps of its page."""

import re
from html import unescape
from typing import Any

from django.test import Client

from consentadmin.changes.documents import profile_key
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.sandbox.people import CUSTOMERS
from consentadmin.subjects.models import Handle
from tests.web.conftest import HTMX, Answered

WAS: dict[str, Any] = {
    "city": "Lyon",
    "address": {"street": "1, rue X", "zip": None},
    "sizes": [38, 39],
}


def account_of(handle: Handle) -> str:
    """The account by which the handle's person was found."""
    return str(handle.selector.to_json()["account"])


def put(handle: Handle, body: dict[str, Any]) -> None:
    """Write the profile of the handle's account past us, as another tool would."""
    subject = handle.subject
    client_for(subject.datamart).put_profile(
        subject.datamart.platform_id,
        subject.address(handle.selector),
        CUSTOMERS,
        account_of(handle),
        body,
        strategy=ProfileStrategy.FORCE_REPLACE,
    )


def stored(handle: Handle, account: str = "") -> dict[str, Any] | None:
    """Tell the custom fields that the platform holds, None without a profile."""
    subject = handle.subject
    client, address = client_for(subject.datamart), subject.address(handle.selector)
    try:
        found = client.profile(
            subject.datamart.platform_id, address, CUSTOMERS, account or account_of(handle)
        )
    except NotFound:
        return None
    return dict(found.customs)


def url(handle: Handle, what: str = "edit", account: str = "") -> str:
    """The address of a profile's page."""
    key = profile_key(CUSTOMERS, account or account_of(handle))
    return f"/person/{handle.pk}/profiles/{key}/{what}"


TAG = re.compile(
    r"<(input|select|textarea)\b([^>]*)>(.*?)(?=</\1>|<input|<select|<textarea|$)", re.DOTALL
)


def fields(response: Answered) -> dict[str, Any]:
    """What a browser would post of a page's form, without any button; names to their values."""
    page = response.content.decode().replace("\r\n", "\n")
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    form = next(each for each in forms if 'name="target"' in each)
    found: dict[str, Any] = {}
    for kind, said, inside in TAG.findall(form):
        told = dict(re.findall(r'([\w-]+)="([^"]*)"', said))
        is_off = told.get("type") in {"checkbox", "radio"} and "checked" not in said
        if "name" in told and not is_off:
            value = _value(kind, told, inside)
            found.setdefault(unescape(told["name"]), []).append(unescape(value))
    return found


def _value(kind: str, told: dict[str, str], inside: str) -> str:
    if kind == "textarea":
        return inside.removeprefix("\n")
    if kind == "select":
        options = re.findall(r'<option value="([^"]*)"( selected)?', inside)
        return str(next((v for v, is_chosen in options if is_chosen), options[0][0]))
    return told.get("value", "")


def typed(page: dict[str, Any], at: str, value: str, kind: str = "") -> dict[str, Any]:
    """The form with another value, and perhaps type, in the row of this name."""
    place = page["node-name"].index(at)
    values, types = list(page["node-value"]), list(page["node-type"])
    values[place], types[place] = value, kind or types[place]
    return {**page, "node-value": values, "node-type": types}


def step(client: Client, where: str, name: str, page: dict[str, Any], **more: Any) -> Any:
    """Press a button of the form."""
    posted = {"cause": "correction", **page, **more, "step": name}
    if page.get("cause") == [""]:
        posted["cause"] = more.get("cause", "correction")
    return client.post(where, posted, headers=HTMX)
