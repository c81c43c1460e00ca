"""Signing checkpoints: the trail's size and root, never at odds with one that was signed before.

What was signed before is read from the database and from outside of it (the checkpoint directory):
a database that was put back to an older state shows itself there, and gets no signature.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from consentadmin.audit import tree
from consentadmin.audit.merkle import Frontier, NoProof
from consentadmin.audit.notes import (
    BadNote,
    Checkpoint,
    SigningKey,
    VerifierKey,
    opened,
    signed,
    signers,
)
from consentadmin.audit.tree import Connection

LATEST = """
SELECT id, note, signed_at FROM audit_checkpoint WHERE origin = %s ORDER BY id DESC LIMIT 1
"""
KEEP = """
INSERT INTO audit_checkpoint (origin, size, root, note) VALUES (%s, %s, %s, %s)
RETURNING id, signed_at
"""

FirstUsed: TypeAlias = Callable[[Connection, VerifierKey, Sequence[VerifierKey]], None]


class Inconsistent(Exception):
    """The tree does not extend a checkpoint that was signed before: nothing more is signed."""


class KeyNotVouchedFor(Exception):
    """The key is new, and the one that signed last is not there to sign along."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that was signed: its row's id, what it says, the note, and when (UTC)."""

    id: int
    checkpoint: Checkpoint
    note: str
    at: datetime


def known_keys(connection: Connection) -> list[VerifierKey]:
    """Return every key that has signed here, by the database's word."""
    rows = connection.execute("SELECT vkey FROM audit_key ORDER BY since").fetchall()
    return [VerifierKey.parse(vkey) for (vkey,) in rows]


def latest(connection: Connection, origin: str) -> Signed | None:
    """Return the newest checkpoint of this origin, its signature unchecked, or None."""
    row = connection.execute(LATEST, [origin]).fetchone()
    if row is None:
        return None
    return Signed(row[0], Checkpoint.parse(row[1].rpartition("\n\n")[0] + "\n"), row[1], row[2])


def sign(
    connection: Connection,
    frontier: Frontier,
    *,
    keys: Sequence[SigningKey],
    outside: Iterable[str],
    again: bool = False,
    first_used: FirstUsed | None = None,
) -> Signed | None:
    """Sign the tree as it is, and keep the note; None when there is nothing to say.

    `keys` are the configured ones, the current one first; `outside` are notes kept elsewhere.
    `again` signs also when nothing was added since. `first_used` is told, in the transaction, that
    the current key signs for the first time. Raises Inconsistent and KeyNotVouchedFor.

    1. Every checkpoint signed before must be one of this very tree.
    2. The key that signed last signs along, once, when another takes over.
    """
    current = keys[0].verifier
    known = [*known_keys(connection), *(key.verifier for key in keys)]
    before = latest(connection, current.name)
    for note in [*([before.note] if before else []), *outside]:
        _check_extends(connection, note, known, frontier)
    pens = [keys[0]]
    if before:
        _, last = signers(before.note, known)
        if current in last and not again and before.checkpoint.size == frontier.size:
            return None
        if current not in last:
            pens += [key for key in keys[1:] if key.verifier in last]
            if len(pens) == 1:
                raise KeyNotVouchedFor(
                    f"key {current.id.hex()} is new, and the one that signed last, "
                    f"{last[0].id.hex()}, is not among CONSENTADMIN_SIGNING_KEY: name it second"
                )
    checkpoint = Checkpoint(current.name, frontier.size, frontier.root())
    note = signed(checkpoint.text, pens)
    with connection.transaction():
        for pen in pens:
            added = connection.execute(
                "INSERT INTO audit_key (vkey) VALUES (%s) ON CONFLICT DO NOTHING",
                [str(pen.verifier)],
            )
            if added.rowcount and pen is pens[0] and first_used:
                first_used(connection, current, [other.verifier for other in pens[1:]])
        row = connection.execute(
            KEEP, [checkpoint.origin, checkpoint.size, checkpoint.root, note]
        ).fetchone()
    assert row, "an INSERT returns its row"
    return Signed(row[0], checkpoint, note, row[1])


def _check_extends(
    connection: Connection, note: str, known: Sequence[VerifierKey], frontier: Frontier
) -> None:
    try:
        before = opened(note, known)
        if before.size > frontier.size:
            raise Inconsistent(
                f"{before.size} entries were signed for, and there are {frontier.size}: "
                "the database is older than its checkpoints"
            )
        if tree.root(connection, before.size) != before.root:
            raise Inconsistent(f"the tree of {before.size} entries is not the one signed for")
    except (BadNote, NoProof) as error:
        raise Inconsistent(f"a checkpoint signed before does not stand: {error}") from None
