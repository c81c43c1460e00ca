"""What becomes of points that hold too much: hyper points and quarantine (PLATFORM §6).

A **hyper point** is flagged at a merge and stays usable; no call tells it. A point in
**quarantine** can still be looked up, and nothing is added to it any more.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import bad_request

DAY_MS = 86_400_000
MOST_ACTIVITIES, MOST_SEGMENTS = 10_000, 5_000
MOST_IDENTIFIERS = 100
# More than this many within so long (ms) make a hyper point.
_OF_ONE_REGISTRY = 10, 2 * DAY_MS
_ACCOUNTS = _EMAILS = 4, 7 * DAY_MS
_MERGES = 8, 14 * DAY_MS
_HOLDS_TOO_MUCH = f"activities >= {MOST_ACTIVITIES} OR segments >= {MOST_SEGMENTS}"

_COUNT_ACTIVITY = """
INSERT INTO standing VALUES (?, 1, 0, 0)
    ON CONFLICT (person) DO UPDATE SET activities = activities + 1 RETURNING activities
"""
_JOIN = """
INSERT INTO standing SELECT ?1, activities, segments, is_hyper FROM standing WHERE person = ?2
    ON CONFLICT (person) DO UPDATE SET activities = activities + excluded.activities,
    segments = max(segments, excluded.segments), is_hyper = max(is_hyper, excluded.is_hyper)
"""
_FLAG = """
INSERT INTO standing VALUES (?, 0, 0, 1) ON CONFLICT (person) DO UPDATE SET is_hyper = 1
"""

_T = TypeVar("_T")


class Standing:
    """How much each point holds. Whether one is in quarantine is answered from memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._quarantined: set[int] | None = None

    def is_quarantined(self, person: int) -> bool:
        """Say whether nothing is added to a point any more."""
        if self._quarantined is None:
            rows = self._execute(f"SELECT person FROM standing WHERE {_HOLDS_TOO_MUCH}")  # noqa: S608 (our own)
            self._quarantined = {row[0] for row in rows}
        return person in self._quarantined

    def is_hyper(self, person: int) -> bool:
        """Say whether a point was flagged as a hyper point."""
        sql = "SELECT 1 FROM standing WHERE person = ? AND is_hyper"
        return self._execute(sql, (person,)).fetchone() is not None

    def segments(self, person: int) -> int:
        """Return in how many segments a point is."""
        row = self._execute("SELECT segments FROM standing WHERE person = ?", (person,)).fetchone()
        return int(row[0]) if row else 0

    def count_activity(self, person: int) -> None:
        """Count one more stored activity; deleting some counts nothing back (S)."""
        if self._execute(_COUNT_ACTIVITY, (person,)).fetchone()[0] >= MOST_ACTIVITIES:
            self.forget()

    def join(self, older: int, younger: int) -> None:
        """Add what the younger of two merged points holds to the older."""
        self._execute(_JOIN, (older, younger))
        self.remove(younger)

    def flag_hyper(self, person: int) -> None:
        """Flag a hyper point."""
        self._execute(_FLAG, (person,))

    def remove(self, person: int) -> None:
        """Forget a point that is no more."""
        self._execute("DELETE FROM standing WHERE person = ?", (person,))
        self.forget()

    def forget(self) -> None:
        """Drop what is remembered: it is read again when asked for."""
        self._quarantined = None


def as_if_kept(written: _T, decisions: Decisions) -> _T:
    """Answer a write to a point in quarantine as any other, though nothing is stored (S)."""
    if decisions.quarantine_refuses:
        raise bad_request("The user point is in quarantine")
    return written


def makes_hyper(identifiers: Iterable[dict[str, object]], merges: Sequence[int]) -> bool:
    """Say whether a merged point is a hyper point: by its identifiers and its merges (ms, UTC)."""
    accounts: list[int] = []
    emails: list[int] = []
    registries: defaultdict[object, list[int]] = defaultdict(list)
    count = 0
    for body in identifiers:
        count += 1
        match body:
            case {"type": "USER_ACCOUNT", "creation_ts": int(ts)}:
                accounts.append(ts)
            case {"type": "USER_EMAIL", "creation_ts": int(ts)}:
                emails.append(ts)
            case {"type": "USER_AGENT", "creation_ts": int(ts)}:
                registries["vec"].append(ts)
            case {"type": "USER_DEVICE_POINT", "technical_identifiers": list(technical)}:
                for each in technical:
                    registries[each["registry_id"]].append(each["creation_ts"])
    return (
        count > MOST_IDENTIFIERS
        or _crowds(accounts, *_ACCOUNTS)
        or _crowds(emails, *_EMAILS)
        or _crowds(merges, *_MERGES)
        or any(_crowds(instants, *_OF_ONE_REGISTRY) for instants in registries.values())
    )


def _crowds(instants: Sequence[int], most: int, within: int) -> bool:
    """Say whether more than `most` lie within so many ms of each other."""
    found = sorted(instants)
    return any(last - first <= within for first, last in zip(found, found[most:], strict=False))


def read(bodies: Iterable[str]) -> list[dict[str, object]]:
    """Read identifiers as the store keeps them."""
    return [json.loads(body) for body in bodies]
