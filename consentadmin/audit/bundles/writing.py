"""Writing a bundle: what fits a filter, up to a checkpoint, with all it takes to verify it offline.

    manifest.json    what it is, and each file's size and SHA-256
    checkpoint       the signed note
    entries.jsonl    {"entry": the entry's very bytes, "seq": its place in the tree}, in that order
    entries.csv      the same for people, where it was asked for
    entries.parquet  the same, typed, for programs, where it was asked for (parquet.py)
    between.txt      of a part: level, place and root of each subtree that was left out
    consistency.txt  of a part: proofs from older checkpoints, one a line, each begun by its size
    verify_bundle.py, VERIFY.md   the verifier, and how to use it

It is written in chunks and goes on after the last whole one when it was broken off. At the same
checkpoint, the same filter gives the same bytes. Where months were pruned, what is left is a part:
`filter` in the manifest names them, and their hashes stand in for them.
"""

import base64
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from consentadmin.audit.bundles import verify_bundle
from consentadmin.audit.bundles.cells import FORMATS, told, where
from consentadmin.audit.bundles.parquet import unheard, write_parquet
from consentadmin.audit.bundles.parts import append_roots, left_out, write_proofs
from consentadmin.audit.bundles.verify_bundle import BLOCK, COLUMNS, FORMAT, PARQUET
from consentadmin.audit.canonical import canonical
from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.copying import copied
from consentadmin.audit.filters import Filter
from consentadmin.audit.tree import Connection

CHUNK = 50_000
HOW_TO = Path(__file__).with_name("VERIFY.md")
OLDEST = (1980, 1, 1, 0, 0, 0)
FROM = "FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry"
CHOSEN = f"""
SELECT array_agg(seq ORDER BY seq) FROM (
    SELECT l.seq {FROM} WHERE {{}} AND {{}} ORDER BY l.seq LIMIT {{}}
) chosen
"""  # noqa: S608  (words of ours)
# The stretch first: along the index of entries, the least one of a late stretch is far.
BESIDE = """
SELECT min(entry), max(entry)
FROM (SELECT entry FROM audit_leaf WHERE seq BETWEEN %s AND %s OFFSET 0) stretch
"""
COPIED = f"COPY (SELECT {{}} {FROM} WHERE {{}} ORDER BY l.seq) TO STDOUT {{}}"
PRUNED = """
SELECT array_agg(retention || ' ' || to_char(month, 'YYYY-MM') ORDER BY month, retention)
FROM audit_pruning WHERE leaves && int8multirange(int8range(0, %s))
"""


class AnotherBundle(Exception):
    """The folder holds the beginning of a bundle of something else."""


@dataclass
class Progress:
    """How far a bundle has come: the next leaf, the rows so far, and each file's length."""

    what: str
    next: int
    rows: int
    lengths: dict[str, int]


def write_bundle(
    connection: Connection,
    folder: Path,
    *,
    asked: Filter,
    upto: Signed,
    with_csv: bool = False,
    with_parquet: bool = False,
    seen: Collection[int] = (),
    tell: Callable[[int], None] = unheard,
    chunk: int = CHUNK,
) -> Path:
    """Write a bundle into `folder`, or go on with one begun there; return the manifest's path.

    `upto` is the checkpoint to stand on; `seen` are sizes of older checkpoints from which the
    bundle of a part shall hold a proof, besides the last of each day. `tell` is given the rows
    so far after each `chunk` of them, and once more while they are put into Parquet, and may raise
    in order to stop. Raises AnotherBundle and NoProof.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in FORMATS if name != "entries.csv" or with_csv]
    filters = told(asked) | _pruned(connection, upto)
    files = [*names, *[PARQUET] * with_parquet]
    what = canonical({"filter": filters, "note": upto.note, "files": files, "seen": sorted(seen)})
    progress = _begun(folder, what) or _begin(folder, what, names, is_part=bool(filters))
    while _write_chunk(connection, folder, asked, upto.checkpoint.size, progress, chunk):
        _save(folder, progress)
        tell(progress.rows)
    if with_parquet:
        _write_parquet(folder, tell=lambda _: tell(progress.rows))
    if filters:
        write_proofs(connection, folder, upto, seen)
    if filters != told(asked) | _pruned(connection, upto):
        raise AnotherBundle("a month was pruned while the bundle was written")
    (folder / "checkpoint").write_text(upto.note, encoding="utf-8")
    for guide in (Path(verify_bundle.__file__), HOW_TO):
        shutil.copyfile(guide, folder / guide.name)
    return _write_manifest(folder, upto, filters, progress)


def _pruned(connection: Connection, upto: Signed) -> dict[str, Any]:
    """Return which months of which classes are gone from the tree, as part of a filter."""
    row = connection.execute(PRUNED, [upto.checkpoint.size]).fetchone()
    return {"pruned": row[0]} if row and row[0] else {}


def is_broken_off(folder: Path) -> bool:
    """Tell whether a folder holds the beginning of a bundle, to go on with by `write_bundle`."""
    return (folder / "progress.json").exists()


def pack(folder: Path, archive: Path) -> None:
    """Pack a bundle into a ZIP; the same bundle gives the same bytes."""
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name, OLDEST)
            if path.name != PARQUET:  # which is compressed as it is
                entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, packed.open(entry, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, BLOCK)


def _begun(folder: Path, what: str) -> Progress | None:
    """Return where a bundle begun here stands, its files cut back to that. Raises AnotherBundle."""
    note = folder / "progress.json"
    if not note.exists():
        if any(folder.iterdir()):
            raise AnotherBundle(f"{folder} is not empty")
        return None
    progress = Progress(**json.loads(note.read_text(encoding="utf-8")))
    if progress.what != what:
        raise AnotherBundle(f"{folder} holds the beginning of another bundle")
    for name, length in progress.lengths.items():
        os.truncate(folder / name, length)
    return progress


def _begin(folder: Path, what: str, names: Sequence[str], *, is_part: bool) -> Progress:
    progress = Progress(what, 0, 0, dict.fromkeys([*names, *["between.txt"] * is_part], 0))
    for name in progress.lengths:
        header = f"{','.join(COLUMNS)}\n" if name == "entries.csv" else ""
        (folder / name).write_text(header, encoding="utf-8")
        progress.lengths[name] = len(header)
    _save(folder, progress)
    return progress


def _save(folder: Path, progress: Progress) -> None:
    draft = folder / ".progress.json"
    draft.write_text(json.dumps(asdict(progress)), encoding="utf-8")
    draft.replace(folder / "progress.json")


def _write_chunk(
    connection: Connection, folder: Path, asked: Filter, size: int, progress: Progress, most: int
) -> bool:
    """Append the next chunk to each file; tell whether there may be more. One snapshot."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL jit = off")
        is_part = "between.txt" in progress.lengths
        chosen: Sequence[int] = range(progress.next, min(progress.next + most, size))
        if is_part:
            chosen = _chosen(connection, asked, size, progress.next, most)
        if chosen:
            leaves = _leaves(connection, chosen[0], chosen[-1])
            those = sql.SQL("{} AND {}").format(leaves, where(asked))
            for name in progress.lengths.keys() & FORMATS:
                progress.lengths[name] += _append(connection, folder / name, name, those)
        is_last = len(chosen) < most
        if is_part:
            spans = left_out(progress.next, chosen, size if is_last else None)
            progress.lengths["between.txt"] += append_roots(connection, folder, spans)
    progress.rows += len(chosen)
    progress.next = size if is_last else chosen[-1] + 1
    return progress.next < size


def _chosen(connection: Connection, asked: Filter, size: int, first: int, most: int) -> list[int]:
    """Return the places of the next chunk's entries, in order: looked for stretch by stretch."""
    chosen: list[int] = []
    while first < size and len(chosen) < most:
        end = min(first + CHUNK, size)
        leaves = _leaves(connection, first, end - 1)
        left = sql.Literal(most - len(chosen))
        query = sql.SQL(CHOSEN).format(leaves, where(asked), left)
        row = connection.execute(query, binary=True).fetchone()
        assert row, "an aggregate has one row"
        chosen += row[0] or []
        first = end
    return chosen


def _leaves(connection: Connection, first: int, last: int) -> sql.Composable:
    """Return the condition for a stretch of leaves, and for the entries that can be theirs.

    Without the latter, each leaf's entry would be looked for in every month.
    """
    row = connection.execute(BESIDE, [first, last]).fetchone()
    assert row, "an aggregate has one row"
    condition = sql.SQL("l.seq BETWEEN {} AND {} AND e.id BETWEEN {} AND {}")
    return condition.format(*map(sql.Literal, (first, last, *row)))


def _append(connection: Connection, path: Path, name: str, those: sql.Composable) -> int:
    """Append what PostgreSQL renders of some entries to a file; return how many bytes."""
    cells, form = FORMATS[name]
    query = sql.SQL(COPIED).format(sql.SQL(cells), those, sql.SQL(form)).as_bytes(connection)
    with path.open("ab") as file, closing(copied(connection, query)) as rows:
        before = file.tell()
        file.writelines(rows)
        file.flush()
        os.fsync(file.fileno())
        return file.tell() - before


def _write_parquet(folder: Path, *, tell: Callable[[int], None]) -> None:
    """Make the Parquet file of the whole entries.jsonl: anew, where it was broken off."""
    with (folder / "entries.jsonl").open("rb") as rows, (folder / PARQUET).open("wb") as file:
        write_parquet((row.removesuffix(b"\n") for row in rows), file, tell=tell)
        file.flush()
        os.fsync(file.fileno())


def _write_manifest(
    folder: Path, upto: Signed, filters: dict[str, object], progress: Progress
) -> Path:
    """Write the manifest over all files there are, and forget the progress."""
    (folder / "progress.json").unlink(missing_ok=True)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "origin": upto.checkpoint.origin,
        "size": upto.checkpoint.size,
        "root": base64.b64encode(upto.checkpoint.root).decode(),
        "filter": filters,
        "is_whole": not filters,
        "rows": progress.rows,
        "files": {},
    }
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        manifest["files"][path.name] = {"bytes": path.stat().st_size, "sha256": digest}
    path = folder / "manifest.json"
    path.write_text(canonical(manifest) + "\n", encoding="utf-8")
    return path
