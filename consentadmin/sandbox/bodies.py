"""Reads and writes JSON as strictly as RFC 8259 asks (PLATFORM §1): UTF-8, no NaN, no Infinity."""

import json
from typing import Any, NoReturn

from consentadmin.sandbox.problems import bad_request


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_SORTED = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
)


def parsed(body: bytes) -> dict[str, Any]:
    """Return the object a body holds; of a repeated key, the last value."""
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise bad_request("Malformed JSON") from None
    if not isinstance(value, dict):
        raise bad_request("The body must be a JSON object")
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
