"""Keeps what people did: their activities, by `$ts` (PLATFORM §6)."""

from collections.abc import Iterator

from consentadmin.sandbox.filters import Filters, Seen, equal
from consentadmin.sandbox.store import Store

_READ = "SELECT ts, body, number FROM activity WHERE person = ? AND ts <= ?"
_NEWEST_FIRST = f"{_READ} ORDER BY ts DESC, number DESC"
_OLDEST_FIRST = f"{_READ} ORDER BY ts, number"
FOR_EVER = 2**63 - 1


class Timeline:
    """The activities of each person. Timestamps are milliseconds since the epoch, UTC."""

    def __init__(self, store: Store) -> None:
        self._execute = store.connection.execute

    def add(self, person: int, ts: int, body: str) -> None:
        """Store one activity."""
        sql = "INSERT INTO activity (person, ts, body) VALUES (?, ?, ?)"
        self._execute(sql, (person, ts, body))

    def read(
        self, person: int, wanted: Filters, *, until: int, most: int, newest_first: bool
    ) -> list[str]:
        """Return at most so many activities up to an instant, that included."""
        found: list[str] = []
        for seen, _ in self._walk(person, until, newest_first=newest_first):
            if wanted.take(seen):
                found.append(seen.text)
                if len(found) == most:
                    break
        return found

    def holds_key(self, person: int, key: str) -> bool:
        """Say whether an activity of this `$unique_key` is there."""
        wanted = Filters(((equal("$unique_key", key),),))
        return bool(self.read(person, wanted, until=FOR_EVER, most=1, newest_first=True))

    def delete(self, person: int, wanted: Filters) -> int:
        """Delete activities and return how many."""
        walk = self._walk(person, FOR_EVER, newest_first=True)
        numbers = [(number,) for seen, number in walk if wanted.take(seen)]
        for number in numbers:
            self._execute("DELETE FROM activity WHERE number = ?", number)
        return len(numbers)

    def _walk(self, person: int, until: int, *, newest_first: bool) -> Iterator[tuple[Seen, int]]:
        sql = _NEWEST_FIRST if newest_first else _OLDEST_FIRST
        for ts, body, number in self._execute(sql, (person, until)):
            yield Seen(ts, body), number
