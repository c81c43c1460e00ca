"""Reading what COPY … TO STDOUT gives, row by row.

psycopg takes longer to hand out a row than it takes to hash one: a million of them cost it a second
where libpq below it takes half of one.
"""

from collections.abc import Generator

from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

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
    read = libpq.get_copy_data
    length, row = read(0)
    try:
        while length >= 0:
            yield row
            length, row = read(0)
    finally:
        while length >= 0:  # whoever stops before the end leaves the connection fit for use
            length, row = read(0)
        while ended := libpq.get_result():
            if ended.status != ExecStatus.COMMAND_OK:
                raise error_from_result(ended)
