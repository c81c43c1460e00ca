"""From the bytes of an answer to JSON or to one of our errors (PLATFORM.md §1).

What is taken, and what is Garbled:

- UTF-8 only; a byte order mark is skipped (RFC 8259 §8.1 lets a reader do so, and it is harmless).
- NaN, Infinity, a number too big for a float, half a text, bytes after it: Garbled.
- A key twice in one object: Garbled. Readers differ in which of the two they take, and a consent
  that depends on the reader proves nothing.
- Nesting beyond DEEPEST, and half a surrogate pair: Garbled, so that no later step stumbles.
- A 2xx that says ``"status":"error"`` contradicts itself: Garbled, for reads and writes alike, with
  the platform's words and error_id kept. A write so answered is unknown, and gets read back.
- The media type is not looked at: what parses is JSON.
"""

from __future__ import annotations

import contextlib
import json
import math
import unicodedata
from collections.abc import Mapping
from typing import NoReturn

from consentadmin.mediarithmics.errors import (
    Busy,
    Conflicted,
    Declined,
    Denied,
    Garbled,
    NotFound,
    PlatformError,
    TokenRefused,
    Unreachable,
)
from consentadmin.mediarithmics.fields import Json, read_object
from consentadmin.mediarithmics.retry import read_retry_after

DEEPEST = 100
"""Levels of nesting that are still taken."""

LONGEST_MESSAGE, LONGEST_ID = 500, 100
"""Characters kept of the platform's words, and of its error_id and error_code."""

_ROWS: dict[int, type[PlatformError]] = {
    401: TokenRefused,
    403: Denied,
    404: NotFound,
    407: Unreachable,  # a proxy wants to know us; the platform saw nothing
    408: Busy,
    409: Conflicted,
    412: Conflicted,
    425: Busy,
    429: Busy,
}


def parse(body: bytes) -> Json:
    """Return the JSON in a body, or raise Garbled. Nothing of the body is in the error."""
    reason = "not JSON"
    try:
        value: Json = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
        )
        if b"\\u" in body:
            # A lone \\ud800 parses, but nothing can store it.
            json.dumps(value, ensure_ascii=False).encode()
        if body.count(b"[") + body.count(b"{") <= DEEPEST or _depth(value) <= DEEPEST:
            return value
        reason = "nested too deep"
    except (ValueError, RecursionError):
        pass  # raised outside: a JSONDecodeError holds the whole body
    raise Garbled(reason)


def parse_envelope(body: bytes, *, status: int) -> dict[str, Json]:
    """Return the envelope of a read's 2xx, or raise Garbled."""
    envelope = read_object(parse(body))
    if envelope.get("status") != "ok":
        raise _contradiction(envelope, status)
    if "data" not in envelope:
        raise Garbled("no data", status=status)
    return envelope


def check_written(body: bytes, *, status: int) -> None:
    """Raise Garbled if the 2xx of a write says anything but well. It is never read as truth."""
    if not body.strip():
        return
    value = parse(body)
    if isinstance(value, dict) and value.get("status") == "error":
        raise _contradiction(value, status)


def error_for(status: int, headers: Mapping[str, str], body: bytes) -> PlatformError:
    """Return our error for any answer that is not a 2xx."""
    said: Mapping[str, Json] = {}
    with contextlib.suppress(Garbled):  # HTML, text, nothing: the status says enough
        said = read_object(parse(body))
    message = _short(said.get("error"), LONGEST_MESSAGE) or ""
    error_id, code = (_short(said.get(name), LONGEST_ID) for name in ("error_id", "error_code"))
    kind = _kind_of(status)
    if kind is Busy:
        wait = read_retry_after(headers.get("Retry-After"), date=headers.get("Date"))
        return Busy(message, status=status, error_id=error_id, error_code=code, retry_after=wait)
    return kind(message, status=status, error_id=error_id, error_code=code)


def _kind_of(status: int) -> type[PlatformError]:
    if status in _ROWS:
        return _ROWS[status]
    if 400 <= status < 500:
        return Declined
    return Busy if 500 <= status < 600 else Garbled


def _contradiction(said: Mapping[str, Json], status: int) -> Garbled:
    return Garbled(
        _short(said.get("error"), LONGEST_MESSAGE) or "",
        status=status,
        error_id=_short(said.get("error_id"), LONGEST_ID),
        error_code=_short(said.get("error_code"), LONGEST_ID),
    )


def _short(value: Json, longest: int) -> str | None:
    """Return a text without control characters, cut to a length; None for what isn't a text."""
    if not isinstance(value, str):
        return None
    kept = (c for c in value[: longest * 4] if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return "".join(kept)[:longest].strip() or None


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN or Infinity")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("too big")
    return value


def _depth(value: Json) -> int:
    layer, depth = [value], 0
    while layer:
        depth += 1
        layer = [
            child
            for parent in layer
            if isinstance(parent, list | dict)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return depth
