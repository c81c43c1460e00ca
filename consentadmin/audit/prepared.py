"""Statements that PostgreSQL parses and plans once for each connection, and then runs again.

Django prepares none, and puts every value into the text. For what is written with every step of a
change, or looks into every month, planning takes longer than doing it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

Driver: TypeAlias = psycopg.Connection[Any]


def prepared(statement: str, values: Sequence[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
    """Run a statement that was prepared, or is now. Raises what the database raises, as Django's.

    `values` are bound by the server, under types of its own finding: cast where it can't tell.
    """
    with driver() as raw:
        return run(raw, statement, values)


@contextmanager
def driver() -> Iterator[Driver]:
    """Give psycopg's own connection below Django's; what is raised is raised as Django's."""
    ours = connections[DEFAULT_DB_ALIAS]
    ours.ensure_connection()
    ours.validate_no_broken_transaction()
    with ours.wrap_database_errors:
        ours.connection.prepare_threshold = 5  # Django sets None, which would prevent it
        yield ours.connection


def run(raw: Driver, statement: str, values: Sequence[Any] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
    """Run a prepared statement on psycopg's own connection. Raises what psycopg raises."""
    return psycopg.Cursor(raw).execute(statement.encode(), values, prepare=True, binary=True)
