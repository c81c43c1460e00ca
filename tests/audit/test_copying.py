"""Reading COPY below psycopg: whatever happens, the connection is fit for use after it."""

import threading
import time
from contextlib import closing

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from consentadmin.audit.copying import copied
from consentadmin.audit.tree import Connection
from tests.audit.conftest import Trail

MANY = 100_000


@pytest.fixture
def connection(trail: Trail) -> Connection:
    return trail.connect()


def is_idle(connection: Connection) -> bool:
    return connection.info.transaction_status == TransactionStatus.IDLE


def test_it_gives_each_row_as_postgresql_ends_it(connection: Connection) -> None:
    rows = copied(connection, b"COPY (SELECT i FROM generate_series(1, 3) i) TO STDOUT")
    assert [bytes(row) for row in rows] == [b"1\n", b"2\n", b"3\n"]
    assert list(copied(connection, b"COPY (SELECT 1 WHERE false) TO STDOUT")) == []
    assert is_idle(connection)


def test_whoever_stops_before_the_end_can_go_on(connection: Connection) -> None:
    series = f"COPY (SELECT i FROM generate_series(1, {MANY}) i) TO STDOUT".encode()
    with closing(copied(connection, series)) as rows:
        assert bytes(next(rows)) == b"1\n"
    assert connection.execute("SELECT 7").fetchone() == (7,)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        (b"COPY (SELECT 1 / (5 - i) FROM generate_series(1, 9) i) TO STDOUT", "DivisionByZero"),
        (b"COPY (SELECT nothing) TO STDOUT", "UndefinedColumn"),
    ],
)
def test_an_error_is_raised_and_leaves_it_fit(
    connection: Connection, statement: bytes, error: str
) -> None:
    with pytest.raises(psycopg.Error) as raised:
        list(copied(connection, statement))
    assert type(raised.value).__name__ == error
    assert is_idle(connection)
    with pytest.raises(psycopg.Error), connection.transaction():
        list(copied(connection, statement))
    assert connection.execute("SELECT 7").fetchone() == (7,)


def test_others_go_on_while_postgresql_is_slow(connection: Connection) -> None:
    ticks: list[float] = []

    def tick() -> None:
        while len(ticks) < 5:
            ticks.append(time.monotonic())
            time.sleep(0.01)

    with closing(copied(connection, b"COPY (SELECT pg_sleep(0.5)) TO STDOUT")) as rows:
        beside = threading.Thread(target=tick)
        began = time.monotonic()
        beside.start()
        next(rows)
        beside.join()
    assert ticks[-1] - began < 0.4
