"""Reads a list of the platform whole (PLATFORM.md §1).

Some lists are paginated, some are not, `total` may be absent, and a server may cap a page without
saying so. So: ask for big pages, and ask on

- while a page is as long as what was asked for, or as the answer's own `max_results`, or
- while `total` says that there is more, or
- once more after a page without a `total` whose length is a multiple of ten: caps are round.

Stop at an empty or a repeated page; a page is repeated if it holds the same elements in any order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

from consentadmin.mediarithmics.errors import Garbled
from consentadmin.mediarithmics.fields import Json, Object

PAGE = 500
"""Elements asked for at a time."""

MOST_PAGES = 1_000
"""Pages after which a list has no end. (20 a page, as the platform's default is, are 20,000.)"""


def read_whole(page_at: Callable[[int], Mapping[str, Json]]) -> list[Json]:
    """Return all elements; `page_at(first_result)` returns one page's envelope."""
    found: list[Json] = []
    marks: set[bytes] = set()
    for _ in range(MOST_PAGES):
        envelope = page_at(len(found))
        page = envelope.get("data")
        if not isinstance(page, list):
            raise Garbled("not a list")
        if not page or (marks and _mark(page) in marks):
            return found
        found += page
        if not _may_go_on(envelope, len(page), len(found)):
            return found
        marks.add(_mark(page))
    raise Garbled("a list without end")


def _may_go_on(envelope: Object, length: int, found: int) -> bool:
    total, limit = _number(envelope, "total"), _number(envelope, "max_results")
    if total is not None and total > found:
        return True
    if length >= min(PAGE, limit or PAGE):
        return True
    return total is None and length % 10 == 0


def _number(envelope: Object, name: str) -> int | None:
    value = envelope.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _mark(page: list[Json]) -> bytes:
    elements = sorted(json.dumps(element, sort_keys=True) for element in page)
    return hashlib.sha256("\n".join(elements).encode("ascii")).digest()
