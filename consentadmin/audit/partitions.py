"""The months of the trail: making their tables ahead of time, as the owner.

An entry whose month has no table goes into that of the rest of its class: it is never refused. From
there it is moved once its month is made.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import sql

from consentadmin.audit.retention import SHORTEST, Retention
from consentadmin.audit.tree import Connection

AHEAD = 6
"""For how many months after this one there are tables, once they were made."""

TABLE = re.compile(r"audit_entry_([a-z]+)_(\d{4})_(\d{2})")
TABLES = """
SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = to_regclass(%s) ORDER BY 1
"""
ADD = "SELECT audit_add_month(%s, %s)"
COMING = """
SELECT month::date FROM generate_series(
    date_trunc('month', consentadmin_now() AT TIME ZONE 'UTC'),
    date_trunc('month', consentadmin_now() AT TIME ZONE 'UTC') + make_interval(months => %s),
    '1 month') AS month
"""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One class's entries of one month (UTC), given by its first day."""

    first: date
    retention: Retention

    @property
    def table(self) -> str:
        """Return the name of its table."""
        return f"{_above(self.retention)}_{self.first:%Y_%m}"

    def __str__(self) -> str:
        return f"{self.retention} {self.first:%Y-%m}"


def is_by_month(connection: Connection) -> bool:
    """Tell whether the trail is cut by month: not before migration 0007."""
    row = connection.execute("SELECT to_regclass('audit_entry_access') IS NOT NULL").fetchone()
    assert row, "an expression has one row"
    return bool(row[0])


def months(connection: Connection) -> list[Month]:
    """Return the months that have a table, oldest first; none of what is kept for ever."""
    found = []
    for retention in SHORTEST:
        for (name,) in connection.execute(TABLES, [_above(retention)]):
            if match := TABLE.fullmatch(name):
                found.append(Month(date(int(match[2]), int(match[3]), 1), retention))
    return sorted(found)


def add_ahead(connection: Connection, *, ahead: int = AHEAD) -> list[Month]:
    """Make the tables of this month and those ahead, where missing; return the new ones.

    `connection` is the owner's, in autocommit: each table is made in a transaction of its own, so
    that nobody waits for all of them. Raises what the database raises.
    """
    made = settle(connection)
    coming = [first for (first,) in connection.execute(COMING, [ahead])]
    known = set(months(connection))
    for month in sorted(Month(first, retention) for retention in SHORTEST for first in coming):
        if month not in known:
            connection.execute(ADD, [month.retention.value, month.first])
            made.append(month)
    return made


def settle(connection: Connection) -> list[Month]:
    """Move what lies in the tables of the rest into its months; return those made for it."""
    return [month for retention in SHORTEST for month in _settle(connection, retention)]


def _settle(connection: Connection, retention: Retention) -> Sequence[Month]:
    """Empty one rest: its table is taken off, its entries are written again as they are.

    Nothing is deleted from it, which the triggers would refuse: the table goes as a whole.
    """
    above, moved = sql.Identifier(_above(retention)), sql.Identifier("audit_entry_moved")
    rest = sql.Identifier(f"{_above(retention)}_rest")
    with connection.transaction():
        firsts = connection.execute(
            sql.SQL(
                "SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM {}"
            ).format(rest)
        ).fetchall()
        if not firsts:
            return []
        for statement in (
            "ALTER TABLE {above} DETACH PARTITION {rest}",
            "ALTER TABLE {rest} RENAME TO {moved}",
        ):
            connection.execute(sql.SQL(statement).format(above=above, rest=rest, moved=moved))
        connection.execute(
            "SELECT audit_add_table(%s, %s, 'DEFAULT')",
            [_above(retention), f"{_above(retention)}_rest"],
        )
        made = [Month(first, retention) for (first,) in firsts]
        made = [month for month in made if _is_added(connection, month)]
        for statement in ("INSERT INTO audit_entry SELECT * FROM {}", "DROP TABLE {}"):
            connection.execute(sql.SQL(statement).format(moved))
    return made


def _is_added(connection: Connection, month: Month) -> bool:
    row = connection.execute(ADD, [month.retention.value, month.first]).fetchone()
    assert row, "a function has one row"
    return bool(row[0])


def _above(retention: Retention) -> str:
    return f"audit_entry_{retention.value}"
