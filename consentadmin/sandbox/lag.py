"""Stale reads: the store as it was before the latest writes, as a replica lags behind.

Before a write, the rows of the person it is about are kept. A stale read puts them back in a
transaction, answers, and rolls back: one step of the one thread, so nobody else sees it.
Writes of background work (activities, imports) are not kept: they have a delay of their own.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from consentadmin.sandbox.store import Store

_TABLES = ("selector", "identifier", "profile", "change_log")
Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class _Before:
    written_at: float  # seconds, monotonic
    persons: set[int]
    rows: Rows


class Lag:
    """What the people written to were before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._execute = store.connection.execute
        self._kept: deque[_Before] = deque()

    @contextmanager
    def kept(self, who: Callable[[], int | None], longest_ms: int) -> Iterator[None]:
        """Keep the rows of the person before the write in the block, if that write succeeds."""
        before = who()
        rows = {} if before is None else self._rows_of(before)
        yield
        now = time.monotonic()
        persons = {each for each in (before, who()) if each is not None}
        self._kept.append(_Before(now, persons, rows))
        while self._kept and now - self._kept[0].written_at > longest_ms / 1000:
            self._kept.popleft()

    @contextmanager
    def as_it_was(self, lag_ms: int) -> Iterator[None]:
        """Have the store as it was so long ago, as far as writes were kept, within the block."""
        since = time.monotonic() - lag_ms / 1000
        recent = [each for each in reversed(self._kept) if each.written_at >= since]
        self._execute("SAVEPOINT lag")
        try:
            for each in recent:
                self._put_back(each)
            self._store.forget_everybody()
            yield
        finally:
            self._execute("ROLLBACK TO lag")
            self._execute("RELEASE lag")
            self._store.forget_everybody()

    def _rows_of(self, person: int) -> Rows:
        return {
            table: self._execute(
                f"SELECT * FROM {table} WHERE person = ?",  # noqa: S608 (our own)
                (person,),
            ).fetchall()
            for table in _TABLES
        }

    def _put_back(self, before: _Before) -> None:
        for table in _TABLES:
            for person in before.persons:
                self._execute(f"DELETE FROM {table} WHERE person = ?", (person,))  # noqa: S608
        for table, rows in before.rows.items():
            self._store.add(table, rows)
