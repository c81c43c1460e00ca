"""Strict readers for one field of the platform's JSON: the right type, or Garbled.

A reader never quotes what it read: the value may be personal.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from consentadmin.mediarithmics.errors import Garbled

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What a JSON text can hold."""

Object: TypeAlias = Mapping[str, Json]
"""A JSON object."""

MOST = 2**63 - 1
"""The largest time, in milliseconds, that is taken: what a database can still hold. A time that no
calendar holds (microseconds sent by mistake, say) is kept: it must not hide the rest of a list."""

_INTEGER = re.compile(r"-?[0-9]{1,19}")


def read_object(value: Json) -> dict[str, Json]:
    """Return a JSON object, or raise Garbled."""
    if not isinstance(value, dict):
        raise Garbled("not an object")
    return value


def read_id(source: Object, name: str) -> str:
    """Return an id as a string. The platform writes some as numbers (PLATFORM.md §1)."""
    found = read_id_or_none(source, name)
    if found is None:
        raise Garbled(f"{name} is missing")
    return found


def read_id_or_none(source: Object, name: str) -> str | None:
    """Return an id as a string, or None if it is absent or null."""
    value = source.get(name)
    if value is None:
        return None
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        return str(value)
    raise Garbled(f"{name} is not an id")


def read_text(source: Object, name: str) -> str:
    """Return a text; an absent or null one is empty."""
    value = source.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Garbled(f"{name} is not a text")
    return value


def read_flag(source: Object, name: str) -> bool:
    """Return a boolean; an absent or null one is false."""
    value = source.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Garbled(f"{name} is not true or false")
    return value


def read_ts(source: Object, name: str) -> int:
    """Return milliseconds since the epoch, given as a JSON integer or a quoted one."""
    found = read_ts_or_none(source, name)
    if found is None:
        raise Garbled(f"{name} is missing")
    return found


def read_ts_or_none(source: Object, name: str) -> int | None:
    """Return milliseconds since the epoch, or None if absent or null."""
    value = source.get(name)
    if value is None:
        return None
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MOST:
        raise Garbled(f"{name} is not a time")
    return value


def read_count_or_none(source: Object, name: str) -> int | None:
    """Return how many there are, given as a JSON integer or a quoted one; None if not told."""
    found = read_ts_or_none(source, name)
    if found is not None and found < 0:
        raise Garbled(f"{name} is not a count")
    return found


def read_mapping(source: Object, name: str) -> Object:
    """Return a JSON object under a name; an absent or null one is empty."""
    value = source.get(name)
    return MappingProxyType({} if value is None else read_object(value))


def rest_of(source: Object, *known: str) -> Object:
    """Return the fields that no attribute holds: what we don't know is kept, not dropped."""
    return MappingProxyType({name: value for name, value in source.items() if name not in known})


def digest_of(*parts: Json | Object) -> str:
    """Return the hex SHA-256 of the parts as canonical JSON: sorted keys, no blanks, UTF-8."""
    plain = [dict(part) if isinstance(part, Mapping) else part for part in parts]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
