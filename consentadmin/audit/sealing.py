"""Sealing: giving each committed entry its place in the tree, exactly once and for ever.

The order is that of (xid, id) among transactions older than every one still running, so that no
entry can appear before the cursor later: a gap in ids is a rollback, never an entry on its way. The
leader alone seals: it holds a session lock, in the very session that writes, so that whoever has
lost the lock has lost the means too.

An *epoch* is the life of one cluster, known by its system identifier. In another (a restored dump)
the numbers of transactions begin anew: what is there unsealed is carried over first, by id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from consentadmin.audit import tree
from consentadmin.audit.merkle import Frontier, is_kept
from consentadmin.audit.tree import Connection

LOCK = 0x7365616C  # "seal"
BATCH = 20_000

SETTLED = "e.xid < pg_snapshot_xmin(pg_current_snapshot())"
TAKE = """
WITH taken AS MATERIALIZED (
    SELECT e.xid, e.id, row_number() OVER () AS place,
           sha256('\\x00'::bytea || convert_to(e.canonical, 'UTF8')) AS hash
    FROM (SELECT e.xid, e.id, e.canonical FROM audit_entry e {which} LIMIT %(most)s) e
), fresh AS (
    SELECT id, hash, row_number() OVER (ORDER BY place) - 1 AS place FROM (
        SELECT DISTINCT ON (id) id, hash, place FROM taken
        WHERE NOT EXISTS (SELECT FROM audit_leaf known WHERE known.entry = taken.id)
        ORDER BY id, place
    ) once
), put AS (
    INSERT INTO audit_leaf (seq, entry, epoch, hash)
    SELECT %(size)s + place, id, %(epoch)s, hash FROM fresh
    RETURNING seq, hash
)
SELECT (SELECT count(*) FROM taken), last.xid::text, last.id,
       (SELECT array_agg(hash ORDER BY seq) FROM put)
FROM (SELECT xid, id FROM taken ORDER BY place DESC LIMIT 1) last
"""
IN_ORDER = TAKE.format(
    which=f"WHERE (e.xid, e.id) > (%(xid)s::xid8, %(entry)s) AND {SETTLED} ORDER BY e.xid, e.id"
)
CARRIED = TAKE.format(which="WHERE e.id > %(entry)s AND e.id <= %(carry_to)s ORDER BY e.id")
SYSTEM = "SELECT system_identifier FROM pg_control_system()"
# What is next and what is sealed already are found by index; reading whole tables would do it, too.
BY_INDEX = """
SET work_mem = '32MB'; SET jit = off; SET plan_cache_mode = force_generic_plan;
SET enable_hashjoin = off; SET enable_mergejoin = off;
SET enable_bitmapscan = off; SET enable_seqscan = off; SET enable_sort = off
"""
CURSOR = "SELECT epoch, system, xid::text, entry, carry_to FROM audit_cursor"
MOVE = """
INSERT INTO audit_cursor (epoch, system, xid, entry, carry_to)
VALUES (%(epoch)s, %(system)s, %(xid)s::xid8, %(entry)s, %(carry_to)s)
ON CONFLICT (only_one) DO UPDATE SET epoch = excluded.epoch, system = excluded.system,
    xid = excluded.xid, entry = excluded.entry, carry_to = excluded.carry_to
"""
KEEP = "INSERT INTO audit_node SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])"
BEGIN_EPOCH = """
SELECT coalesce((SELECT max(epoch) FROM audit_leaf), 0) + 1,
       pg_snapshot_xmin(pg_current_snapshot())::text,
       coalesce((SELECT max(id) FROM audit_entry), 0)
"""


class Forked(Exception):
    """The tree in the database is not the one this sealer has built."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far sealing has come; see the table's comment."""

    epoch: int
    system: int
    xid: str
    entry: int
    carry_to: int | None


def _do_nothing(_: str) -> None:
    """Take no notice of a step."""


class Sealer:
    """Seals over one connection of its own (autocommit), for as long as that lives."""

    def __init__(
        self, connection: Connection, *, step: Callable[[str], None] = _do_nothing
    ) -> None:
        """Plan to seal. `step` is told each step's name as it is reached: faults happen there."""
        self.connection = connection
        self.frontier: Frontier | None = None
        self._step = step
        connection.execute(BY_INDEX)

    def lead(self) -> bool:
        """Become the leader, or tell that another is. The lock ends with the session."""
        row = self.connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        assert row, "a function has one row"
        if row[0] and self.frontier is None:
            self.frontier = tree.frontier(self.connection)
        return bool(row[0])

    def seal(self, most: int = BATCH) -> int:
        """Seal what is settled, `most` at most, in one transaction; return how many were looked at.

        0 says that nothing is left. Raises Forked, and what the database raises: nothing has
        happened then, and a new sealer goes on where the last transaction ended.
        """
        assert self.frontier is not None, "only the leader seals"
        with self.connection.transaction():
            cursor = self._cursor()
            taken = self._take(cursor, most)
            if taken is None:
                if cursor.carry_to is None:
                    return 0
                self._move(cursor, entry=0, carry_to=None)
                return 1
            looked_at, xid, entry, leaves = taken
            self._step("taken")
            grown = Frontier(self.frontier.size, dict(self.frontier.waiting))
            self._keep(grown.extend([bytes(leaf) for leaf in leaves or []]))
            self._move(cursor, entry=entry, **({} if cursor.carry_to is not None else {"xid": xid}))
            self._step("written")
        self.frontier = grown
        self._step("committed")
        return int(looked_at)

    def seal_all(self) -> None:
        """Seal until nothing settled is left."""
        while self.seal():
            pass

    def _cursor(self) -> Cursor:
        """Return the cursor; in a cluster that it doesn't know, that of a new epoch."""
        row = self.connection.execute(CURSOR).fetchone()
        system = self.connection.execute(SYSTEM).fetchone()
        assert system, "a function has one row"
        if row and row[1] == system[0]:
            return Cursor(*row)
        begun = self.connection.execute(BEGIN_EPOCH).fetchone()
        assert begun, "an aggregate has one row"
        cursor = Cursor(begun[0], system[0], begun[1], 0, begun[2])
        self._move(cursor)
        return cursor

    def _take(self, cursor: Cursor, most: int) -> tuple[Any, ...] | None:
        assert self.frontier is not None, "seal() asks first"
        found = tree.size(self.connection)
        if found != self.frontier.size:
            raise Forked(f"the tree has {found} leaves where {self.frontier.size} were put")
        return self.connection.execute(
            IN_ORDER if cursor.carry_to is None else CARRIED,
            {
                "size": found,
                "epoch": cursor.epoch,
                "xid": cursor.xid,
                "entry": cursor.entry,
                "carry_to": cursor.carry_to,
                "most": most,
            },
            binary=True,
        ).fetchone()

    def _keep(self, made: dict[int, tuple[int, list[bytes]]]) -> None:
        """Keep the nodes that got complete, of the levels that are kept."""
        rows = [
            (level, first + number, found)
            for level, (first, row) in made.items()
            if is_kept(level)
            for number, found in enumerate(row)
        ]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            self.connection.execute(KEEP, columns)

    def _move(self, cursor: Cursor, **moved: Any) -> None:  # noqa: ANN401
        place = {name: getattr(cursor, name) for name in Cursor.__dataclass_fields__}
        self.connection.execute(MOVE, place | moved)
