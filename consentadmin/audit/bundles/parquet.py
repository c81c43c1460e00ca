"""Entries as Parquet: made of the lines that are sealed, and held against them again.

One row an entry, in the order of the lines; each column as `entries.csv` has it, but typed, and
unguarded, since no spreadsheet opens it. `sealed` are bytes, `data` is the entry's JSON, and `leaf`
the hash that stands for the entry in the tree. The same lines give the same bytes, by the same
version of pyarrow, which is loaded only where a Parquet file is written or read.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from consentadmin.audit.bundles.verify_bundle import COLUMNS, HEAD, LEAF, PARQUET, SEQ, opened
from consentadmin.audit.canonical import encode

if TYPE_CHECKING:
    import pyarrow

ROWS = 5_000
"""How many rows a row group has: all that is held in memory at once."""
WHOLE = {"seq", "id", "actor_id", "change", "schema"}
NULLABLE = {"seq", "actor_id", "subject", "change", "sealed"}


class Sink(Protocol):
    """What takes bytes."""

    def write(self, block: bytes, /) -> object: ...


class _Open:
    """A sink that is not closed with what is written into it."""

    closed = False

    def __init__(self, sink: Sink) -> None:
        self.write = sink.write

    def flush(self) -> None:
        """Leave it to the sink's owner."""

    def close(self) -> None:
        """Leave it to the sink's owner."""


class NotParquet(Exception):
    """The file is no Parquet file, or not one with these columns."""


def unheard(_: int) -> None:
    """Take no notice of the rows."""


def write_parquet(
    lines: Iterable[bytes], sink: Sink, *, tell: Callable[[int], None] = unheard
) -> int:
    """Write lines of entries.jsonl, without their ends, as Parquet; return how many rows.

    In constant memory, front to back: the sink may be a pipe. `tell` is given the rows so far after
    each row group, and may raise in order to stop.
    """
    from pyarrow.parquet import ParquetWriter

    rows = 0
    with ParquetWriter(_Open(sink), schema(), compression="zstd") as writer:
        for table in _tables(iter(lines)):
            writer.write_table(table)
            rows += table.num_rows
            tell(rows)
    return rows


def compare(bundle: Path) -> str | None:
    """Hold the Parquet file of a bundle that verifies against its rows.

    Returns None where the bundle has no such file, and else what `first_difference` does.
    """
    source = opened(bundle)
    if PARQUET not in source.names():
        return None
    with (
        source.open("entries.jsonl") as rows,
        source.open(PARQUET) as packed,
        tempfile.TemporaryFile() as file,
    ):
        shutil.copyfileobj(packed, file)  # a Parquet file is read from its end
        return first_difference((row.removesuffix(b"\n") for row in rows), file)


def first_difference(lines: Iterable[bytes], file: IO[bytes]) -> str:
    """Return what a Parquet file tells otherwise than the lines, in words; "" for nothing.

    Raises NotParquet.
    """
    from pyarrow import ArrowException, Table
    from pyarrow.parquet import ParquetFile

    ours, rows = iter(lines), 0
    try:
        parquet = ParquetFile(file)
        if not parquet.schema_arrow.equals(schema()):
            raise NotParquet("its columns are not those of entries")
        for batch in parquet.iter_batches(batch_size=ROWS):
            found = Table.from_batches([batch])
            expected = next(_tables(ours, found.num_rows), None)
            if expected is None or not found.equals(expected):
                return f"row {rows + _first(found, expected)} is not what was sealed"
            rows += found.num_rows
    except (ArrowException, OSError) as error:
        raise NotParquet(f"it can't be read: {type(error).__name__}") from None
    return f"row {rows + 1} and what follows are missing" if next(ours, None) is not None else ""


def schema() -> pyarrow.Schema:
    """Return the columns: always these, in this order."""
    import pyarrow

    types = dict.fromkeys(COLUMNS, pyarrow.string()) | dict.fromkeys(WHOLE, pyarrow.int64())
    types |= {"at": pyarrow.timestamp("us", tz="UTC"), "sealed": pyarrow.binary()}
    columns = [pyarrow.field(name, types[name], nullable=name in NULLABLE) for name in COLUMNS]
    leaf = pyarrow.field("leaf", pyarrow.binary(len(sha256().digest())), nullable=False)
    return pyarrow.schema([*columns, leaf])


def _tables(lines: Iterator[bytes], size: int = ROWS) -> Iterator[pyarrow.Table]:
    """Yield so many lines at a time as a table."""
    import pyarrow

    while rows := list(islice(lines, size)):
        whole = schema()
        arrays = [
            pyarrow.array(cells, pyarrow.string()).cast(column.type)
            if column.name == "at"
            else pyarrow.array(cells, column.type)
            for column, cells in zip(whole, _columns(rows), strict=True)
        ]
        yield pyarrow.Table.from_arrays(arrays, schema=whole)


def _columns(lines: list[bytes]) -> Iterator[list[Any]]:
    """Yield the cells of each column."""
    told = json.loads(b"[" + b",".join(lines) + b"]")
    entries = [row["entry"] for row in told]
    for name in COLUMNS:
        if name == "seq":
            yield [row["seq"] for row in told]
        elif name == "data":
            yield [encode(entry["data"]) for entry in entries]
        elif name == "sealed":
            sealed = [entry["sealed"] for entry in entries]
            yield [text if text is None else a2b_base64(text) for text in sealed]
        else:
            yield [entry[name] for entry in entries]
    own = [line[len(HEAD) : line.rindex(SEQ)] for line in lines]
    yield [sha256(LEAF + entry).digest() for entry in own]


def _first(found: pyarrow.Table, expected: pyarrow.Table | None) -> int:
    """Return which row differs first, counted from 1."""
    if expected is None:
        return 1
    pairs = zip(found.to_pylist(), expected.to_pylist(), strict=False)
    differing = (place for place, (one, other) in enumerate(pairs, start=1) if one != other)
    return next(differing, min(found.num_rows, expected.num_rows) + 1)
