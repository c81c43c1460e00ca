"""Reading what COPY … TO STDOUT gives, row by row.

psycopg takes longer to hand out a row than it takes to hash one: a million of them cost it a second
where libpq below it takes half of one.
"""

from collections.abc import Generator
from select import POLLIN, poll

from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from consentadmin.audit.tree import Connection


def copied(connection: Connection, statement: bytes) -> Generator[memoryview]:
    """Yield the rows of a COPY, each as PostgreSQL ends it. Raises what the database raises.

    It runs in the transaction that is begun, or in one of its own. Nobody else may use the
    connection until the last row was read, or the generator closed.
    """
    libpq = connection.pgconn
    begun = libpq.exec_(statement)
    if begun.status != ExecStatus.COPY_OUT:
        raise error_from_result(begun)
    arrived = poll()
    arrived.register(libpq.socket, POLLIN)
    read = libpq.get_copy_data
    length = 0
    try:
        while length >= 0:
            length, row = read(1)
            if length > 0:
                yield row
            elif length == 0:  # other threads go on meanwhile, and signals come through
                arrived.poll()
                libpq.consume_input()
    finally:
        _end(libpq, is_over=length < 0)


def _end(libpq: PGconn, *, is_over: bool) -> None:
    """Leave the connection fit for use, also to whoever stops before the last row."""
    while not is_over:
        is_over = libpq.get_copy_data(0)[0] < 0
    ended = list(iter(libpq.get_result, None))
    for result in ended:
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)
