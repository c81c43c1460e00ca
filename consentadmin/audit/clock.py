"""The database's clock: what is stored takes its time, whatever the hour of the process."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Func


class DatabaseNow(Func):
    """`consentadmin_now()`: the database's clock, microseconds, UTC.

    Tests move it for one connection with `SET consentadmin.clock_offset = '1 hour'`.
    """

    function = "consentadmin_now"
    output_field = DateTimeField()

    def __init__(self) -> None:
        super().__init__()

    def plus(self, seconds: float) -> Any:  # noqa: ANN401  (an expression Django's types can't name)
        """Return an expression for the clock's time `seconds` from now."""
        return self + timedelta(seconds=seconds)


def database_now() -> datetime:
    """Return the database's time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT consentadmin_now()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime), "the function returns timestamptz"
    return now
