"""Statements that PostgreSQL parses and plans once for each connection, and then runs again.

Django prepares none, and puts every value into the text. For what is written with every step of a
change, or looks into every month, planning takes longer than doing it.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def prepared(statement: str, values: Sequence[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
    """Run a statement that was prepared, or is now. Raises what the database raises, as Django's.

    `values` are bound by the server, under types of its own finding: cast where it can't tell.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        connection.connection.prepare_threshold = 5  # Django sets None, which would prevent it
        cursor = psycopg.Cursor(connection.connection)
        return cursor.execute(statement.encode(), values, prepare=True)
