"""The trail's entries, oldest first, straight from PostgreSQL: CSV, JSON Lines, or Parquet.

The same cells as in a bundle, without proofs, and with entries that are not sealed yet.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from psycopg import sql

from consentadmin.audit.bundles.cells import FORMATS as CELLS
from consentadmin.audit.bundles.cells import where
from consentadmin.audit.bundles.parquet import write_parquet
from consentadmin.audit.bundles.verify_bundle import COLUMNS
from consentadmin.audit.filters import Filter
from consentadmin.audit.tree import Connection

FORMATS = {"csv": "entries.csv", "jsonl": "entries.jsonl", "parquet": "entries.jsonl"}
"""What can be asked for, and which cells of a bundle it is made of."""
NO_PLACE = {"entries.csv": "NULL", "entries.jsonl": "'null'"}
COPIED = """
COPY (
    SELECT {cells} FROM audit_entry e
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT seq::text FROM audit_leaf WHERE entry = e.id), {no_place}) AS seq
    ) l
    WHERE {condition} ORDER BY e.at, e.id
) TO STDOUT {form}
"""


class Sink(Protocol):
    """What takes bytes."""

    def write(self, block: bytes | bytearray | memoryview, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: how many entries, and the SHA-256 of all bytes, in hexadecimal."""

    rows: int
    sha256: str


class _Hashed:
    """A sink that keeps the hash of what goes into it."""

    def __init__(self, sink: Sink) -> None:
        self.digest, self._sink = hashlib.sha256(), sink

    def write(self, block: bytes | bytearray | memoryview) -> None:
        self.digest.update(block)
        self._sink.write(block)


def write_lines(connection: Connection, sink: Sink, *, asked: Filter, form: str) -> Written:
    """Write the entries that pass a filter, in one of the FORMATS, in constant memory.

    Raises what the database and the sink raise.
    """
    cells, options = CELLS[FORMATS[form]]
    query = sql.SQL(COPIED).format(
        cells=sql.SQL(cells),
        no_place=sql.SQL(NO_PLACE[FORMATS[form]]),
        condition=where(asked),
        form=sql.SQL(options),
    )
    hashed = _Hashed(sink)
    if form == "csv":
        hashed.write(f"{','.join(COLUMNS)}\n".encode())
    cursor = connection.cursor()
    with cursor.copy(query) as blocks:
        if form == "parquet":
            write_parquet(_parted(blocks), hashed)
        else:
            for block in blocks:
                hashed.write(block)
    return Written(cursor.rowcount, hashed.digest.hexdigest())


def _parted(blocks: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Yield the lines of what comes in blocks, without their ends."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
