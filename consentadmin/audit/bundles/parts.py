"""What proves a part of the trail: what lies between its entries, and that the tree went on.

The subtrees that were left out stand in the bundle by their roots, so that its entries and they
make the tree that was signed for; proofs of consistency lead there from older checkpoints.
"""

import base64
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

from consentadmin.audit import tree
from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.merkle import between
from consentadmin.audit.tree import Connection

SUBTREES = 2_000
"""How many are looked for at once: all that is held in memory."""
SEEN = """
SELECT DISTINCT size FROM (
    SELECT max(size) AS size FROM audit_checkpoint
    WHERE origin = %s AND size > 0 AND size < %s GROUP BY (signed_at AT TIME ZONE 'UTC')::date
) daily
UNION SELECT size FROM audit_checkpoint WHERE size = ANY(%s) AND size > 0 AND size < %s
ORDER BY size
"""


def left_out(first: int, chosen: Sequence[int], end: int | None) -> Iterator[tuple[int, int]]:
    """Yield the subtrees between the entries of a chunk, and up to the end after the last."""
    for seq in chosen:
        yield from between(first, seq)
        first = seq + 1
    if end is not None:
        yield from between(first, end)


def append_roots(connection: Connection, folder: Path, subtrees: Iterator[tuple[int, int]]) -> int:
    """Append the subtrees to the file, a few at a time; return how many bytes."""
    with (folder / "between.txt").open("ab") as file:
        before = file.tell()
        while some := list(islice(subtrees, SUBTREES)):
            spans = [(place << level, (place + 1) << level) for level, place in some]
            for (level, place), root in zip(some, tree.hashes(connection, spans), strict=True):
                file.write(f"{level} {place} {base64.b64encode(root).decode()}\n".encode())
        return file.tell() - before


def write_proofs(connection: Connection, folder: Path, upto: Signed, seen: Collection[int]) -> None:
    """Write the proofs from the last checkpoint of each day, and from the sizes `seen`."""
    size = upto.checkpoint.size
    rows = connection.execute(SEEN, [upto.checkpoint.origin, size, list(seen), size]).fetchall()
    with (folder / "consistency.txt").open("w", encoding="utf-8") as file:
        for (old,) in rows:
            proof = tree.prove_consistency(connection, old, size)
            parts = [str(old), *(base64.b64encode(part).decode() for part in proof)]
            file.write(" ".join(parts) + "\n")
