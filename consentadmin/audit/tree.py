"""The tree as it is kept in PostgreSQL: roots and proofs of any size it has had, in O(log n)."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import psycopg

from consentadmin.audit.merkle import (
    Frontier,
    Place,
    Span,
    consistency,
    hash_of,
    inclusion,
    places,
    whole_spans,
)

Connection: TypeAlias = psycopg.Connection[Any]

KEPT = """
SELECT 0, seq, hash FROM audit_leaf WHERE seq = ANY(%s)
UNION ALL
SELECT level, place, hash FROM audit_node
JOIN unnest(%s::smallint[], %s::bigint[]) AS wanted(level, place) USING (level, place)
"""


def size(connection: Connection) -> int:
    """Return how many entries are sealed."""
    return int(_one(connection, "SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf"))


def hashes(connection: Connection, spans: Sequence[Span]) -> list[bytes]:
    """Return the hash of each span. Raises NoProof where the tree lacks a node."""
    kept = _kept(connection, [place for span in spans for place in places(span)])
    return [hash_of(span, kept) for span in spans]


def frontier(connection: Connection) -> Frontier:
    """Return the frontier of the whole tree. Raises NoProof."""
    found = size(connection)
    spans = whole_spans(found)
    levels = [(end - first).bit_length() - 1 for first, end in spans]
    return Frontier(found, dict(zip(levels, hashes(connection, spans), strict=True)))


def root(connection: Connection, size: int) -> bytes:
    """Return the root that the tree had at this size. Raises NoProof."""
    spans = whole_spans(size)
    levels = [(end - first).bit_length() - 1 for first, end in spans]
    return Frontier(size, dict(zip(levels, hashes(connection, spans), strict=True))).root()


def prove_inclusion(connection: Connection, seq: int, size: int) -> list[bytes]:
    """Return the proof that leaf `seq` is in the tree of `size`, from the leaf up."""
    return hashes(connection, inclusion(seq, size))


def prove_consistency(connection: Connection, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of size `new` extends that of size `old`."""
    return hashes(connection, consistency(old, new))


def _kept(connection: Connection, wanted: Iterable[Place]) -> dict[Place, bytes]:
    chosen = list(wanted)
    leaves = [place for level, place in chosen if level == 0]
    nodes = [(level, place) for level, place in chosen if level]
    levels, at = [level for level, _ in nodes], [place for _, place in nodes]
    rows = connection.execute(KEPT, [leaves, levels, at]).fetchall()
    return {(level, place): bytes(found) for level, place, found in rows}


def _one(connection: Connection, statement: str) -> Any:  # noqa: ANN401
    row = connection.execute(statement.encode()).fetchone()
    assert row, "an aggregate has one row"
    return row[0]
