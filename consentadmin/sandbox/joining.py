"""Moves all that a point has to the older one that it is merged into (PLATFORM §2, §6).

Choices, profiles, identifiers and activities move; the younger id is archived. An account is one
person's, so two profiles never meet. Two choices of one processing do: their logs are joined and
the newest `$choice_ts` is current (S), or else the older point's log stands alone.
"""

from consentadmin.sandbox.roster import Roster, is_point
from consentadmin.sandbox.store import Store

_ARCHIVE = """
INSERT OR REPLACE INTO archived_point
    SELECT datamart_id, value, ?, ? FROM selector WHERE person = ? AND kind = 'user_point_id'
"""
_DROP_LOGS_BOTH_HAVE = """
DELETE FROM change_log WHERE person = ?2
    AND processing_id IN (SELECT processing_id FROM change_log WHERE person = ?1)
"""
_MOVED = ("profile", "activity", "archived_point", "selector")
_MOVED_UNLESS_THERE = ("change_log", "analyzer_rule")


class Joining:
    """Merges two points. The caller holds the transaction."""

    def __init__(self, store: Store, *, joins_logs: bool) -> None:
        self._store = store
        self._roster = Roster(store)
        self._joins_logs = joins_logs
        self._execute = store.connection.execute

    def join(self, older: int, younger: int, now: int) -> None:
        """Let the older have all that the younger has (`now` in ms, UTC)."""
        self._execute(_ARCHIVE, (older, now, younger))
        sql = "DELETE FROM selector WHERE person = ? AND kind = 'user_point_id'"
        self._execute(sql, (younger,))
        if not self._joins_logs:
            self._execute(_DROP_LOGS_BOTH_HAVE, (older, younger))
        for table in _MOVED:
            self._execute(f"UPDATE {table} SET person = ? WHERE person = ?", (older, younger))  # noqa: S608 (our own)
        for table in _MOVED_UNLESS_THERE:
            sql = f"UPDATE OR IGNORE {table} SET person = ? WHERE person = ?"  # noqa: S608 (our own)
            self._execute(sql, (older, younger))
        for body in self._store.identifiers(younger):
            if not is_point(body):
                self._roster.add_identifier(older, body)
        self._store.standing.join(older, younger)
        self._roster.delete_person(younger)
        self._store.forget(older)

    def merges(self, person: int) -> list[int]:
        """Return when points were merged into this one (ms, UTC)."""
        sql = "SELECT ts FROM archived_point WHERE person = ? ORDER BY ts"
        return [row[0] for row in self._execute(sql, (person,))]
