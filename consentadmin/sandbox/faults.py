"""Faults on request: rules that say which calls go wrong, and how (see README, "Faults").

The first rule that fits a call and still has turns is the one that fires; a rule with a rate rolls
its own seeded dice, so that the same calls meet the same faults.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from fnmatch import fnmatchcase
from time import time
from typing import Any

from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import Outage, bad_request, not_found

KINDS = ("delay", "status", "html", "hang", "reset", "close", "half", "stale")
_LONGEST_MS = 600_000
_Check = Callable[[Any], bool]


def _is_whole(least: int, most: int) -> _Check:
    return lambda it: isinstance(it, int) and not isinstance(it, bool) and least <= it <= most


def _is_share(value: Any) -> bool:  # noqa: ANN401 (JSON)
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_text(value: Any) -> bool:  # noqa: ANN401 (JSON)
    """Take what can stand in a header as well."""
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


_IS_TIME = _is_whole(0, _LONGEST_MS)
_FIELDS: dict[str, tuple[_Check, str]] = {
    "fault": (lambda it: it in KINDS, f"one of {', '.join(KINDS)}"),
    "method": (_is_text, "a method, or *"),
    "path": (_is_text, "a pattern with * and ? of a path, /v1 included, as it is sent"),
    "times": (_is_whole(1, 1_000_000), "a whole number of calls"),
    "rate": (_is_share, "a share from 0 to 1"),
    "seed": (_is_whole(0, 2**63), "a whole number"),
    "apply": (lambda it: isinstance(it, bool), "true or false"),
    "delay_ms": (_IS_TIME, f"milliseconds, at most {_LONGEST_MS}"),
    "lag_ms": (_IS_TIME, f"milliseconds, at most {_LONGEST_MS}"),
    "status": (lambda it: it == 200 or _is_whole(400, 599)(it), "from 400 to 599 (html: or 200)"),
    "retry_after": (
        lambda it: it is None or (_is_text(it) and it.isascii()) or _is_whole(-9, 10**12)(it),
        "seconds, a text that is sent as it is, or null for none",
    ),
    "retry_after_date": (_is_whole(-86_400, 86_400), "seconds from now, sent as an HTTP date"),
}
_DEFAULTS = {"html": 502}


@dataclass(slots=True)
class Fault:
    """One rule, as it was asked for (`told`), and how often it has fired (`hits`)."""

    number: int
    told: dict[str, Any]
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random)

    @property
    def kind(self) -> str:
        """Return what goes wrong, of `KINDS`."""
        return str(self.told["fault"])

    @property
    def applies(self) -> bool:
        """Say whether a write is carried out all the same."""
        return bool(self.told.get("apply", False))

    @property
    def delay_s(self) -> float:
        """Return how many seconds pass first."""
        return float(self.told.get("delay_ms", 0)) / 1000

    @property
    def lag_ms(self) -> int:
        """Return how far behind a stale read is."""
        return int(self.told.get("lag_ms", 0))

    @property
    def is_spent(self) -> bool:
        """Say whether it has fired as often as it was to."""
        return "times" in self.told and self.hits >= self.told["times"]

    def fires(self, method: str, path: str) -> bool:
        """Say whether it fires for a call, and count that."""
        if self.is_spent or self.told.get("method", "*") not in ("*", method):
            return False
        if not fnmatchcase(path, self.told.get("path", "*")):
            return False
        if self.dice.random() >= self.told.get("rate", 1):
            return False
        self.hits += 1
        return True

    def outage(self, decisions: Decisions) -> Outage:
        """Return the answer of a fault that is an answer."""
        status = int(self.told.get("status", _DEFAULTS.get(self.kind, 500)))
        is_html = self.kind == "html" or decisions.faults_are_html
        return Outage(status, is_html=is_html, retry_after=self._retry_after(status, decisions))

    def body(self) -> dict[str, Any]:
        """Return the rule as the admin endpoint shows it."""
        return {"id": str(self.number), **self.told, "hits": self.hits}

    def _retry_after(self, status: int, decisions: Decisions) -> str | None:
        if "retry_after_date" in self.told:
            return formatdate(time() + self.told["retry_after_date"], usegmt=True)
        untold = "1" if status == 429 and decisions.throttling_tells_when else None
        told = self.told.get("retry_after", untold)
        return None if told is None else str(told)


class Faults:
    """The rules, in the order in which they came."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._number = 0

    def add(self, told: dict[str, Any]) -> Fault:
        """Add a rule, or raise a 400 that names the field which can't be so."""
        if "fault" not in told:
            raise bad_request("fault is mandatory")
        for name, value in told.items():
            if name not in _FIELDS:
                raise bad_request(f"{name[:40]} is not a field of faults")
            check, words = _FIELDS[name]
            if not check(value):
                raise bad_request(f"{name} must be {words}")
        if told["fault"] == "stale" and "lag_ms" not in told:
            raise bad_request("lag_ms is mandatory for a stale read")
        self._number += 1
        dice = random.Random(told.get("seed", 0))  # noqa: S311 (the same faults each time)
        self._rules.append(Fault(self._number, told, dice=dice))
        return self._rules[-1]

    def all(self) -> list[Fault]:
        """Return the rules, those that are spent included."""
        return list(self._rules)

    def clear(self, number: str | None = None) -> None:
        """Drop all rules, or one: a 404 where it is not there."""
        kept = [each for each in self._rules if number not in (None, str(each.number))]
        if number is not None and len(kept) == len(self._rules):
            raise not_found()
        self._rules = kept

    def pick(self, method: str, path: str) -> Fault | None:
        """Return the rule that fires for a call, if any."""
        return next((each for each in self._rules if each.fires(method, path)), None)

    @property
    def longest_lag_ms(self) -> int:
        """Return how far back a stale read may have to look; 0 when none is asked for."""
        return max((each.lag_ms for each in self._rules if not each.is_spent), default=0)
