"""The history of writes: what was applied, whatever the caller was told. Tests go by it alone.

A row is written in the same transaction as the write it tells of, and kept over a restart.
"""

import time
from hashlib import sha256

from consentadmin.sandbox.bodies import written
from consentadmin.sandbox.store import Store

_TABLE = """
CREATE TABLE IF NOT EXISTS history (number INTEGER PRIMARY KEY, place TEXT NOT NULL,
    record TEXT NOT NULL)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS history_of_place ON history (place)"
_VERSION = "SELECT count(*) + 1 FROM history WHERE place = ?"
_AFTER = "SELECT number, record FROM history WHERE number > ? ORDER BY number"


class History:
    """The append-only list."""

    def __init__(self, store: Store) -> None:
        self._execute = store.connection.execute
        self._execute(_TABLE)
        self._execute(_INDEX)

    def append(
        self, *, method: str, who: dict[str, str | None], query: str, body: bytes, stored: bool
    ) -> None:
        """Note a write: `who` names datamart, selector, user_point_id and document.

        `version` counts the writes of one document of one person, from 1; `stored` is false for a
        write that was taken and changed nothing: a repeat, or one to a point in quarantine.
        """
        place = written([who["datamart"], who["user_point_id"], who["document"]])
        record = {
            "ts": time.time_ns() // 1_000_000,
            "method": method,
            **who,
            "query": query,
            "version": self._execute(_VERSION, (place,)).fetchone()[0],
            "stored": stored,
            "digest": sha256(body).hexdigest(),
            "body": body.decode("utf-8", "replace"),
        }
        sql = "INSERT INTO history (place, record) VALUES (?, ?)"
        self._execute(sql, (place, written(record)))

    def after(self, number: int) -> list[str]:
        """Return the records after a number, each JSON text with its `number`."""
        rows = self._execute(_AFTER, (number,))
        return [f'{{"number":{row[0]},{row[1][1:]}' for row in rows]
