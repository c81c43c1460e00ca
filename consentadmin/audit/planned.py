"""Reading entries of any time by plans that are made once for each connection, and kept.

To plan for every month of every class takes PostgreSQL longer than to look there: 10 ms against
half of one at a hundred tables. So these statements are prepared on the server, with a plan that
serves all values, along an index in the order asked for; the tables of other times are passed over
when it runs (docs/adr/0010).
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import connection

from consentadmin.audit.models import Entry
from consentadmin.audit.prepared import prepared

PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "jit": "off",
}
# In the order in which the ORM makes an entry of them; `data` comes as text.
NAMES = [field.attname for field in Entry._meta.concrete_fields]  # noqa: SLF001  (as the ORM does)
COLUMNS = ", ".join("data::text" if name == "data" else f'"{name}"' for name in NAMES)
DATA = NAMES.index("data")
STEER = "; ".join(f"SET {name} = {value}" for name, value in PLANNER.items())
LET_GO = "; ".join(f"RESET {name}" for name in PLANNER)


def read(where: str, values: Sequence[Any], *, order: str = "id", most: int = 1) -> list[Entry]:
    """Return the entries that pass a condition, in an order that an index gives.

    The statement is put together here: the ORM takes longer to do it than PostgreSQL to answer.
    """
    statement = f"SELECT {COLUMNS} FROM audit_entry WHERE {where} ORDER BY {order} LIMIT {most}"  # noqa: S608  (words of ours)
    return [
        Entry.from_db(
            connection.alias, NAMES, (*row[:DATA], json.loads(row[DATA]), *row[DATA + 1 :])
        )
        for row in rows(statement, values)
    ]


def rows(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that looks at every month. Raises what the database raises."""
    connection.ensure_connection()
    with connection.wrap_database_errors, _steered():
        return prepared(statement, values).fetchall()


@contextmanager
def _steered() -> Iterator[None]:
    """Steer the planner meanwhile: it plans when it must, at the first time, or after a change."""
    raw = connection.connection
    raw.execute(STEER)
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # a transaction that failed takes it back by itself
            raw.execute(LET_GO)
