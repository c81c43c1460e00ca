"""Pruning: taking whole months of a class away once their time is over, and saying so.

The leaves, the nodes and the checkpoints stay (C2SP tlog-tiles, "Pruning"): the tree is what it
was, every proof still holds. What goes are the entries. The owner does it, one month at a time, in
one transaction with an entry of its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from consentadmin.audit import tree
from consentadmin.audit.merkle import NoProof
from consentadmin.audit.models import Entry
from consentadmin.audit.partitions import Month, months
from consentadmin.audit.retention import CLASSES, SHORTEST, Retention
from consentadmin.audit.tree import Connection
from consentadmin.audit.verifying import DIFFERS
from consentadmin.audit.words import HOUSE, Action, Outcome
from consentadmin.audit.writing import WRITE, values

LOCK_TIMEOUT = "3s"
"""Who waits for a table of the trail makes those wait who come after."""

OVER = """
SELECT (%s::date + make_interval(months => 1 + %s)) AT TIME ZONE 'UTC' <= consentadmin_now()
"""
# What is under the first lock can't grow; what goes is held against its leaves once more.
LOOK = """
SELECT count(*), count(l.seq), min(e.id), max(e.id), max(l.seq),
       count(*) FILTER (WHERE l.hash <> sha256('\\x00'::bytea || convert_to(e.canonical, 'UTF8'))
                        OR NOT e.action = ANY({actions}) OR {differs}),
       range_agg(int8range(l.seq, l.seq + 1)),
       encode(sha256(string_agg(int8send(l.seq) || l.hash, ''::bytea ORDER BY l.seq)), 'hex')
FROM {table} e LEFT JOIN audit_leaf l ON l.entry = e.id
"""
STANDS_ON = """
SELECT size, root FROM audit_checkpoint c
WHERE origin = %s AND size > %s
  AND EXISTS (SELECT FROM audit_publication p WHERE p.checkpoint = c.id AND p.error = '')
ORDER BY id DESC LIMIT 1
"""
LAST_VERDICT = "SELECT is_sound FROM audit_verification ORDER BY id DESC LIMIT 1"
KEEP = "INSERT INTO audit_pruning (entry, retention, month, leaves) VALUES (%s, %s, %s, %s)"


class NotPruned(Exception):
    """A month can't be taken away yet, or must not be: the words say why."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken away: how many entries, and the entry that tells (None for an empty month)."""

    month: Month
    entries: int
    entry: int | None


def due(
    connection: Connection, *, keep: Mapping[Retention, int], held: Collection[str] = ()
) -> list[Month]:
    """Return the months whose time is over by the database's clock, oldest first.

    `keep` says for how many months after its last day a month is kept; what is not in it is kept
    for ever, what is `held` is kept until it is let go. Less than SHORTEST is never heeded.
    """
    found = []
    for month in months(connection):
        if month.retention in keep and month.retention not in held:
            keeping = max(keep[month.retention], SHORTEST[month.retention])
            row = connection.execute(OVER, [month.first, keeping]).fetchone()
            assert row, "an expression has one row"
            found += [month] if row[0] else []
    return found


def examine(connection: Connection, month: Month, *, origin: str) -> int:
    """Return how many entries a month holds, if it can be taken away. Raises NotPruned."""
    facts, _ = _looked_at(connection, month, origin)
    return facts["entries"] if facts else 0


def prune(connection: Connection, month: Month, *, origin: str) -> Pruned:
    """Take a month away that is over, over the owner's connection, in autocommit.

    1. Nobody can add to it any more.
    2. Each entry is what its leaf says, and is of this class.
    3. A checkpoint that has left the house covers them all.
    4. An entry tells what goes, and which leaves lose their entry.
    5. The table goes. All of it happens, or nothing.

    Raises NotPruned, and what the database raises.
    """
    table = sql.Identifier(month.table)
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'".encode())
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table))
        facts, leaves = _looked_at(connection, month, origin)
        entry = None
        if facts:
            entry = _tell(connection, facts)
            connection.execute(KEEP, [entry, month.retention.value, month.first, leaves])
        connection.execute(sql.SQL("DROP TABLE {}").format(table))
    return Pruned(month, facts["entries"] if facts else 0, entry)


def _looked_at(
    connection: Connection, month: Month, origin: str
) -> tuple[dict[str, Any] | None, Any]:
    """Return what is to be told of a month, and its leaves; None of an empty one."""
    verdict = connection.execute(LAST_VERDICT).fetchone()
    if verdict and not verdict[0]:
        raise NotPruned("the trail does not verify: nothing goes until it is known why")
    actions = sorted(action.value for action in CLASSES[month.retention])
    row = connection.execute(
        sql.SQL(LOOK).format(
            actions=sql.Literal(actions),
            differs=sql.SQL(DIFFERS),
            table=sql.Identifier(month.table),
        )
    ).fetchone()
    assert row, "an aggregate has one row"
    count, sealed, first, last, last_leaf, odd, leaves, digest = row
    if not count:
        return None, None
    if sealed < count:
        raise NotPruned(f"{count - sealed} of its entries are not sealed")
    if odd:
        raise NotPruned(f"{odd} of its entries are not what was sealed")
    stands_on = connection.execute(STANDS_ON, [origin, last_leaf]).fetchone()
    if stands_on is None:
        raise NotPruned("no checkpoint that was published covers it")
    size, root = stands_on[0], bytes(stands_on[1])
    try:
        is_of_tree = tree.root(connection, size) == root
    except NoProof:
        is_of_tree = False
    if not is_of_tree:
        raise NotPruned(f"the tree of {size} entries is not the one signed for")
    facts = {
        "class": month.retention.value,
        "month": f"{month.first:%Y-%m}",
        "entries": count,
        "first": first,
        "last": last,
        "leaves": digest,
        "size": size,
        "root": root.hex(),
    }
    return facts, leaves


def _tell(connection: Connection, facts: dict[str, Any]) -> int:
    """Write the entry that tells of it, over the owner's connection; return its id."""
    entry = Entry(
        schema=Entry.SCHEMA,
        action=Action.TRAIL_PRUNED,
        outcome=Outcome.DONE,
        actor_id=HOUSE.id,
        actor_name=HOUSE.name,
        actor_role=HOUSE.role,
        data=facts,
    )
    row = connection.execute(WRITE.encode(), values(entry)).fetchone()
    assert row, "an INSERT returns its row"
    return int(row[0])
