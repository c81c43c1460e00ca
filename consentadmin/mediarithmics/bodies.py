"""From a value to the bytes of a request's body, or InvalidBody. Bodies are never wrapped.

What is sent is what we could read back: no NaN, no Infinity, no half of a surrogate pair, nothing
nested deeper than `answers` takes. A key that isn't a text is refused: Python would write 1 as "1".
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from consentadmin.mediarithmics.answers import DEEPEST
from consentadmin.mediarithmics.errors import InvalidBody
from consentadmin.mediarithmics.fields import Json

EARLIEST_TS, LATEST_TS = 100_000_000_000, 100_000_000_000_000
"""Milliseconds. What is less must be seconds by mistake (PLATFORM.md §1), what is more micros."""

_AROUND = 2  # the levels that a list's envelope adds when it is read back


def choice_body(*, accepted: bool, choice_ts: int, customs: Mapping[str, Json]) -> bytes:
    """Return the body of a choice."""
    if choice_ts < EARLIEST_TS:
        raise ValueError("choice_ts is in milliseconds")
    if any(name.startswith("$") for name in customs):
        raise ValueError("a custom field's name does not begin with $")
    return json_body({**customs, "$choice_ts": choice_ts, "$choice_acceptance_value": accepted})


def json_body(fields: Mapping[str, Json]) -> bytes:
    """Return a JSON object as ASCII, or raise InvalidBody."""
    complaint = "The body holds a value that JSON can't hold."
    try:
        text = json.dumps(dict(fields), allow_nan=False, separators=(",", ":"))
        complaint = "The body holds a text that can't be written as UTF-8."
        if "\\ud" in text:
            json.dumps(dict(fields), ensure_ascii=False).encode()
        complaint = _complaint(dict(fields))
    except (ValueError, TypeError, RecursionError):
        pass  # raised outside: the library's exception holds the text
    if complaint:
        raise InvalidBody(complaint)
    return text.encode("ascii")


def check_ts(ts: int) -> None:
    """Raise InvalidBody for a time that can't be in milliseconds."""
    if isinstance(ts, bool) or not isinstance(ts, int) or not EARLIEST_TS <= ts < LATEST_TS:
        raise InvalidBody("A time is in milliseconds since 1970.")


def check_customs(customs: Mapping[str, Json]) -> None:
    """Raise InvalidBody if a custom field has the name of one of the platform's own."""
    if any(isinstance(name, str) and name.startswith("$") for name in customs):
        raise InvalidBody("A custom field's name does not begin with $.")


def without_address(fields: Mapping[str, Json]) -> bytes:
    """Return a JSON object as `json_body` does; InvalidBody if ``$email`` is anywhere in it.

    A clear address is never sent (PLATFORM.md §3): the platform would keep it.
    """
    body = json_body(fields)  # first: it bounds the depth, and finds circles
    layer: list[Json] = [dict(fields)]
    while layer:
        objects = [each for each in layer if isinstance(each, dict)]
        if any("$email" in each for each in objects):
            raise InvalidBody("A clear e-mail address is not sent to the platform.")
        arrays = [each for each in layer if isinstance(each, list | tuple)]
        layer = [child for each in objects for child in each.values()]
        layer += [child for each in arrays for child in each]
    return body


def _complaint(fields: dict[str, Json]) -> str:
    """Return what is wrong with a value that JSON could hold, or nothing."""
    layer: list[Json] = [fields]
    for _ in range(DEEPEST - _AROUND):
        objects = [each for each in layer if isinstance(each, dict)]
        if not all(isinstance(name, str) for each in objects for name in each):
            return "Every name in a body is a text."
        arrays = [each for each in layer if isinstance(each, list | tuple)]
        layer = [child for each in objects for child in each.values()]
        layer += [child for each in arrays for child in each]
        if not layer:
            return ""
    return "The body is nested too deep."
