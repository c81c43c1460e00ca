"""An entry's canonical bytes: RFC 8785 JSON of every field, which its leaf hash is over.

They are made once, when the entry is written, and kept in the column `canonical`. The database
sets an entry's id and time, so the writer hands it the text around them (migration 0005 renders
the whole for whoever writes without; a test holds both to the same bytes).
"""

import json
from collections.abc import Mapping
from typing import Any

LARGEST = 2**53
"""What RFC 8785 can write exactly: beyond it, readers of JSON differ."""

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
"""Return as JSON what is known to have one way of being written."""


class NotCanonical(ValueError):
    """A value of which two writers would make different bytes: a fraction, a huge number, a key."""


def canonical(value: object) -> str:
    """Return a value as RFC 8785 JSON. Raises NotCanonical."""
    _check(value)
    return encode(value)


def around_id_and_time(fields: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what stands before, between and after an entry's time and id.

    `fields` are all but those two, as JSON has them. With `at` as ISO 8601 UTC in microseconds,
    `head + at + middle + id + tail` is the entry's canonical text. Raises NotCanonical.
    """
    before = canonical({name: fields[name] for name in fields if name < "at"})
    between = canonical({name: fields[name] for name in fields if "at" < name < "id"})
    after = canonical({name: fields[name] for name in fields if name > "id"})
    return f'{before[:-1]},"at":"', f'",{between[1:-1]},"id":', f",{after[1:]}"


def _check(value: object) -> None:
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical("the keys of an entry's data are ASCII words")
            _check(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _check(member)
    elif isinstance(value, int):
        if abs(value) >= LARGEST:
            raise NotCanonical("the numbers of an entry's data are below 2^53")
    elif value is not None and not isinstance(value, str):
        raise NotCanonical(f"an entry's data can't hold a {type(value).__name__}")
