"""Sealing, verifying and bundling entries, once Django is set up (`bench/trail.py`).

Each ratio is of two things done in turn, ours and the limit.
"""

import os
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psycopg

from bench import auditing, exporting, searching, writers
from bench.filling import ROWS, fill
from bench.measuring import Verdict, describe, in_turn, median, ratio, seconds
from consentadmin.audit import tree
from consentadmin.audit.bundles import verify_bundle
from consentadmin.audit.bundles.writing import write_bundle
from consentadmin.audit.checkpoints import Signed, sign
from consentadmin.audit.filters import Filter
from consentadmin.audit.merkle import Frontier, root_by_inclusion
from consentadmin.audit.notes import SigningKey
from consentadmin.audit.sealing import Sealer
from consentadmin.audit.tree import Connection
from consentadmin.audit.verifying import verify, walk_alone
from consentadmin.local.databases import SUPERUSER
from consentadmin.local.postgres import PostgresServer

KEY = SigningKey("bench", bytes(32))
COPIES = {
    "entries": "COPY (SELECT * FROM audit_entry) TO STDOUT",
    "csv": "COPY (SELECT l.seq, e.* FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry"
    " ORDER BY l.seq) TO STDOUT (FORMAT csv)",
}


def measure(server: PostgresServer, rounds: int) -> Iterator[Verdict]:
    """Measure writing, sealing, verifying and bundling, on the server's database `trail`."""
    with tempfile.TemporaryDirectory(prefix="consentadmin-bench-") as folder:
        yield from auditing.measure(rounds)
        server.clone("trail", "writers")  # what is written there is no part of what is sealed here
        yield from writers.measure(server.url("writers"), max(rounds // 4, 3))
        fill(server)
        yield from _sealing(server.url("trail"))
        with psycopg.connect(server.url("trail", SUPERUSER), autocommit=True) as superuser:
            superuser.execute("VACUUM ANALYZE")
        with psycopg.connect(server.url("trail"), autocommit=True) as connection:
            signed = _signed(connection)
            yield from searching.measure(rounds)
            yield from _verifying(connection)
            yield from _bundling(connection, signed, Path(folder))
            yield from exporting.measure(server.url("trail"), signed)


def _sealing(dsn: str) -> Iterator[Verdict]:
    """A backlog."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        sealer = Sealer(connection)
        assert sealer.lead(), "nobody else is there"
        taken = seconds(sealer.seal_all)
    yield Verdict("sealing a backlog, per 40,000 entries", taken / ROWS * 40_000, 1.0, "s")


def _signed(connection: Connection) -> Signed:
    signed = sign(connection, tree.frontier(connection), keys=[KEY], outside=[])
    assert signed, "nothing was signed before"
    return signed


def _verifying(connection: Connection) -> Iterator[Verdict]:
    """The walk along the leaves over COPY alone; the columns' check is told beside."""
    walks, copies = in_turn(
        lambda: walk_alone(connection),
        lambda: _copy(connection, "entries"),
        rounds=5,
        warm_up=1,
    )
    yield Verdict("leaves and tree from the database, over COPY", ratio(walks, copies), 1.18, "x")
    whole = seconds(lambda: verify(connection, trusted=[KEY.verifier], origin="bench"))
    print(f"  everything, each column against the kept bytes too: {ROWS / whole:,.0f} entries/s")
    leaf = tree.hashes(connection, [(ROWS // 3, ROWS // 3 + 1)])[0]
    proof = tree.prove_inclusion(connection, ROWS // 3, ROWS)
    checks = [seconds(lambda: root_by_inclusion(leaf, ROWS // 3, ROWS, proof)) for _ in range(200)]
    yield Verdict("checking one entry's proof", median(checks) * 1e6, 150, "us")
    proofs = [
        seconds(lambda at=at: tree.prove_inclusion(connection, at * ROWS // 200, ROWS))  # type: ignore[misc]  # a default binds the loop's variable
        for at in range(200)
    ]
    describe("making one entry's proof in the database", proofs)


def _bundling(connection: Connection, signed: Signed, folder: Path) -> Iterator[Verdict]:
    numbers = iter(range(1000))

    def bundle(asked: Filter, *, with_csv: bool) -> Path:
        path = folder / str(next(numbers))
        write_bundle(connection, path, asked=asked, upto=signed, with_csv=with_csv)
        return path

    for name, with_csv, bar in (("JSON Lines", False, 0.65), ("JSON Lines and CSV", True, 0.40)):
        written, copies = in_turn(
            lambda with_csv=with_csv: bundle(Filter(), with_csv=with_csv),  # type: ignore[misc]  # as above
            lambda: _copy(connection, "csv", folder / "copy"),
            rounds=5,
            warm_up=1,
        )
        taken = ratio(written, copies)
        yield Verdict(f"a bundle in {name}, over COPY in order", taken, 1 / bar, "x")
    path = bundle(Filter(), with_csv=False)
    verified, hashed = in_turn(
        lambda: verify_bundle.verify(path, str(KEY.verifier)),
        lambda: _read_and_hash(path / "entries.jsonl"),
        rounds=5,
        warm_up=1,
    )
    yield Verdict("verifying a bundle, over hashing its rows", ratio(verified, hashed), 1.18, "x")


def _copy(connection: Connection, name: str, path: Path = Path(os.devnull)) -> None:
    with path.open("wb") as file, connection.cursor().copy(COPIES[name].encode()) as rows:
        for row in rows:
            file.write(row)


def _read_and_hash(path: Path) -> None:
    """What nobody can do without: the file's hash, each row's, and the tree of these."""
    digest = sha256(path.read_bytes())
    with path.open("rb") as file:
        leaves = [sha256(b"\x00" + line).digest() for line in file]
    Frontier().extend(leaves)
    assert digest.digest(), "it was made"
