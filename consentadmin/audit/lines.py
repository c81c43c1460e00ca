"""The trail's entries as lines, oldest first, straight from PostgreSQL: CSV, or JSON Lines.

The same cells as in a bundle, without proofs, and with entries that are not sealed yet.
"""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from psycopg import sql

from consentadmin.audit.bundles.cells import FORMATS as CELLS
from consentadmin.audit.bundles.cells import where
from consentadmin.audit.bundles.verify_bundle import COLUMNS
from consentadmin.audit.queries import Filter
from consentadmin.audit.tree import Connection

FORMATS = {"csv": "entries.csv", "jsonl": "entries.jsonl"}
NO_PLACE = {"csv": "NULL", "jsonl": "'null'"}
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


def write_lines(connection: Connection, sink: Sink, *, asked: Filter, form: str) -> Written:
    """Write the entries that pass a filter, as `csv` or `jsonl`, in constant memory.

    Raises what the database and the sink raise.
    """
    cells, options = CELLS[FORMATS[form]]
    query = sql.SQL(COPIED).format(
        cells=sql.SQL(cells),
        no_place=sql.SQL(NO_PLACE[form]),
        condition=where(asked),
        form=sql.SQL(options),
    )
    digest = hashlib.sha256()
    if form == "csv":
        header = f"{','.join(COLUMNS)}\n".encode()
        digest.update(header)
        sink.write(header)
    cursor = connection.cursor()
    with cursor.copy(query) as blocks:
        for block in blocks:
            digest.update(block)
            sink.write(block)
    return Written(cursor.rowcount, digest.hexdigest())
