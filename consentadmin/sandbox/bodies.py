"""Reads and writes JSON as strictly as RFC 8259 asks (PLATFORM §1): UTF-8, no NaN, no Infinity.

A sandbox may be told to mend what is no JSON instead, and to go by the first of two equal keys.
"""

import json
from math import isfinite
from typing import Any, NoReturn

from consentadmin.sandbox.decisions import ORDINARY, Decisions
from consentadmin.sandbox.problems import bad_request


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_SORTED = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
)


def parsed(body: bytes, decisions: Decisions = ORDINARY, *, wrappings: int = 0) -> dict[str, Any]:
    """Return the object a body holds; of a repeated key, the last value unless decided otherwise.

    Raises a 400 for what is no JSON object, or a deep one; levels that only wrap don't count.
    """
    try:
        value = _decoder(decisions).decode(body.decode("utf-8"))
        if decisions.mends_json:
            value = _mended(value)
    except (ValueError, RecursionError):
        raise bad_request("Malformed JSON") from None
    if not isinstance(value, dict):
        raise bad_request("The body must be a JSON object")
    most = decisions.deepest_body + wrappings
    # Two cheap counts spare almost every body the walk.
    if body.count(b"{") + body.count(b"[") > most and _depth(value) > most:
        raise bad_request(f"Nested deeper than {most} levels")
    return value


def written(value: object) -> str:
    """Return JSON text, or raise a 400 for what JSON in UTF-8 can't hold (1e999, half an emoji)."""
    return _text(_ENCODER, value)


def canonical(value: object) -> str:
    """Return JSON text by which two values can be compared: unlike `==`, it tells 1 from true."""
    return _text(_SORTED, value)


def _text(encoder: json.JSONEncoder, value: object) -> str:
    try:
        text = encoder.encode(value)
        text.encode("utf-8")
    except (ValueError, RecursionError):
        raise bad_request("Malformed JSON") from None
    return text


def _decoder(decisions: Decisions) -> json.JSONDecoder:
    if not decisions.mends_json and not decisions.first_key_counts:
        return _DECODER
    return json.JSONDecoder(
        parse_constant=(lambda _: None) if decisions.mends_json else _refuse,
        object_pairs_hook=_first_of_each if decisions.first_key_counts else dict,
    )


def _depth(value: object) -> int:
    """Count the levels of objects and arrays."""
    layer, depth = [value], 0
    while layer := [each for each in layer if isinstance(each, dict | list)]:
        depth += 1
        layer = [
            child for each in layer for child in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


def _first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _mended(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Put null for a number too big, and a question mark for half a surrogate pair."""
    if isinstance(value, dict):
        return {_mended(name): _mended(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
