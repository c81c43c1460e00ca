"""The `filters` of a timeline: `field==value`, `,` for AND, `|` for OR (PLATFORM §6).

There is no way to write a value that holds `,` or `|`: they always separate (S).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import bad_request

_MOST_CONDITIONS = 100


class Seen:
    """An activity as the store keeps it: its `$ts` (ms, UTC), its text, read only if need be."""

    def __init__(self, ts: int, text: str) -> None:
        self.ts = ts
        self.text = text

    @cached_property
    def fields(self) -> dict[str, Any]:
        """What the activity says."""
        found: dict[str, Any] = json.loads(self.text)
        return found


Condition = Callable[[Seen], bool]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which activities are meant: groups of conditions, one group after another."""

    groups: tuple[tuple[Condition, ...], ...] = ()
    and_binds_tighter: bool = True

    def take(self, seen: Seen) -> bool:
        """Say whether an activity is meant; all are where there is no condition."""
        if not self.groups:
            return True
        if self.and_binds_tighter:
            return any(all(holds(seen) for holds in group) for group in self.groups)
        return all(any(holds(seen) for holds in group) for group in self.groups)


def parsed(text: str, decisions: Decisions) -> Filters:
    """Read the argument `filters`; AND binds tighter than OR (S). Raises a 400 that says so."""
    if not text:
        return Filters()
    outer, inner = ("|", ",") if decisions.filters_and_binds_tighter else (",", "|")
    if text.count(outer) + text.count(inner) >= _MOST_CONDITIONS:
        raise bad_request(f"filters may hold {_MOST_CONDITIONS} conditions at most")
    groups = tuple(
        tuple(_condition(each, decisions) for each in group.split(inner))
        for group in text.split(outer)
    )
    return Filters(groups, decisions.filters_and_binds_tighter)


def equal(name: str, value: str) -> Condition:
    """Make the condition that a field of an activity, as text, is this value."""
    return lambda seen: name in seen.fields and _text(seen.fields[name]) == value


def _condition(text: str, decisions: Decisions) -> Condition:
    name, equals, value = text.partition("==")
    if not equals or not name:
        raise bad_request("filters must be written field==value, with , for AND and | for OR")
    if name not in ("start_ts", "end_ts"):
        return equal(name, value)
    if not (value.isascii() and value.isdigit() and len(value) <= 19):
        raise bad_request(f"filters: {name} must be in milliseconds since the epoch")
    bound, leeway = int(value), 0 if decisions.timeline_bounds_inclusive else 1
    if name == "start_ts":
        return lambda seen: seen.ts >= bound + leeway
    return lambda seen: seen.ts <= bound - leeway


def _text(value: Any) -> str:  # noqa: ANN401 (JSON)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
