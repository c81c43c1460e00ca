"""Checking the whole trail against itself and against every checkpoint that was ever signed.

All is computed anew, in constant memory: each entry's leaf hash from its kept bytes, the tree from
the leaves, each checkpoint's root at its size; and the kept bytes are held against the row's
columns, by PostgreSQL's own functions alone, which are not ours to be replaced in the database.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import psycopg

from consentadmin.audit.gathering import Notes
from consentadmin.audit.merkle import Frontier, is_kept
from consentadmin.audit.notes import VerifierKey
from consentadmin.audit.prunings import Prunings
from consentadmin.audit.reports import UNKNOWN, Problem, Report
from consentadmin.audit.retention import CLASSES, SHORTEST
from consentadmin.audit.stretches import Stretch, hashes_of, stretch_from
from consentadmin.audit.tree import Connection

NODES = """
SELECT level, place, hash FROM audit_node WHERE level = %s AND place >= %s AND place < %s
ORDER BY place
"""
# What the kept bytes tell, against what the columns tell.
DIFFERS = """
e.canonical::jsonb IS DISTINCT FROM jsonb_build_object(
    'action', e.action, 'actor_id', e.actor_id, 'actor_name', e.actor_name,
    'actor_role', e.actor_role, 'case', e."case", 'change', e.change, 'data', e.data,
    'at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'datamart', e.datamart, 'id', e.id, 'outcome', e.outcome, 'reason', e.reason,
    'request_id', e.request_id, 'schema', e.schema,
    'sealed', replace(encode(e.sealed, 'base64'), E'\\n', ''), 'subject', e.subject)
"""
TELLS_OTHERWISE = f"""
SELECT l.seq, e.id FROM audit_entry e JOIN audit_leaf l ON l.entry = e.id
WHERE {DIFFERS} ORDER BY l.seq LIMIT 1
"""  # noqa: S608  (words of ours)
# Under a class that is not its action's, an entry is pruned at another's time. What is among those
# kept for ever is not: there goes what a writer has put into no class.
MISFILED = f"""
SELECT coalesce(l.seq, {UNKNOWN}), e.id FROM audit_entry e LEFT JOIN audit_leaf l ON l.entry = e.id
WHERE {
    " OR ".join(
        f"e.retention = '{name}' AND NOT e.action = ANY('{{{','.join(sorted(actions))}}}')"
        for name, actions in CLASSES.items()
        if name in SHORTEST
    )
} ORDER BY l.seq LIMIT 1
"""  # noqa: S608  (words of ours)
# An entry behind the cursor that was never sealed: put in with the number of an old transaction.
NEVER_SEALED = f"""
SELECT {UNKNOWN}, e.id FROM audit_entry e, audit_cursor c
WHERE c.carry_to IS NULL AND (e.xid, e.id) <= (c.xid, c.entry)
  AND NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry = e.id)
ORDER BY e.id LIMIT 1
"""  # noqa: S608  (a number of ours)
BY_INDEX = """
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_sort = off;
SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off; SET LOCAL jit = off
"""


def verify(
    connection: Connection,
    *,
    trusted: Sequence[VerifierKey],
    origin: str,
    outside: Iterable[str] = (),
) -> Report:
    """Verify the trail in one snapshot; `connection` is in autocommit, and used by nobody else.

    `trusted` are verifier keys from outside the database; without any, the keys it names are
    believed, which a forger who rules over the database can make up. `outside` are notes from
    outside. Raises what the database raises.
    """
    began = time.monotonic()
    report = Report()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        notes = Notes(connection, trusted, origin, report)
        notes.add_stored(connection)
        notes.add_outside(list(outside))
        _check_columns(connection, report)
        connection.execute(BY_INDEX)
        _Walk(connection, notes.roots, report).go()
    report.checkpoints = notes.count
    report.seconds = time.monotonic() - began
    return report


def walk_alone(connection: Connection) -> Report:
    """Walk along the leaves without looking at checkpoints or columns: to measure it."""
    report = Report()
    with connection.transaction():
        connection.execute(BY_INDEX)
        _Walk(connection, {}, report).go()
    return report


def _check_columns(connection: Connection, report: Report) -> None:
    for statement, why in (
        (TELLS_OTHERWISE, "its columns are not what was written"),
        (NEVER_SEALED, "it was put in behind the seal"),
        (MISFILED, "it lies under a class that is not its own"),
    ):
        try:
            with connection.transaction():
                row = connection.execute(statement.encode()).fetchone()
        except psycopg.DataError:
            report.problems.append(Problem(UNKNOWN, None, "what is kept of an entry is no JSON"))
        else:
            report.problems += [Problem(row[0], row[1], why, exact=True)] if row else []


class _Walk:
    """One pass along the leaves; while one chunk is put into the tree, the next is asked for."""

    def __init__(
        self, connection: Connection, roots: dict[int, set[bytes]], report: Report
    ) -> None:
        self.connection, self.roots, self.report = connection, roots, report
        self.frontier = Frontier()
        self.sound_until, self.is_forked = 0, False
        self.nodes = 0
        self.prunings = Prunings(connection, roots, report)

    def go(self) -> None:
        """Walk to the end, or to the first leaf that is not what it was."""
        with ThreadPoolExecutor(1) as self._ahead:
            self._coming = self._ahead.submit(stretch_from, self.connection, 0)
            self._walk()

    def _walk(self) -> None:
        sizes = iter(sorted(self.roots))
        due = next(sizes, None)
        while True:
            hashes, is_last = self._chunk()
            end, done = self.frontier.size + len(hashes), 0
            made: dict[int, tuple[int, list[bytes]]] = {}
            while due is not None and due <= end:
                until = len(hashes) - (end - due)
                _join(made, self.frontier.extend(hashes[done:until]))
                done = until
                self._compare(due)
                due = next(sizes, None)
            _join(made, self.frontier.extend(hashes[done:]))
            self._check_nodes(made)
            if is_last:
                break
        self._finish(due)

    def _chunk(self) -> tuple[Sequence[bytes], bool]:
        """Return the next chunk's leaf hashes as they are kept, and whether it is the last.

        Each is held against its entry's bytes here; the tree is made of the leaves, so that a bad
        entry leaves the rest to be told.
        """
        stretch = self._coming.result()
        if stretch is None:
            return [], True
        found = hashes_of(self.connection, stretch.those)
        end = stretch.first + len(stretch.seqs)
        self._coming = self._ahead.submit(stretch_from, self.connection, end)
        pruned = self.prunings.among(stretch.first, stretch.seqs[-1] + 1)
        if pruned or stretch.seqs[-1] != end - 1 or not stretch.holds(found):
            self._name(stretch, found, pruned)
        return stretch.hashes, stretch.is_last

    def _name(self, stretch: Stretch, found: Sequence[bytes], pruned: Mapping[int, int]) -> None:
        """Say what is wrong with a chunk: of each kind the first, in the whole tree.

        A number may be there twice: tables of several months can't refuse that.
        """
        texts = dict(zip(stretch.there, found, strict=True))
        doubles = {one for one, other in pairwise(stretch.there) if one == other}
        leaves = zip(stretch.seqs, stretch.entries, stretch.hashes, strict=True)
        for expected, (seq, entry, leaf) in enumerate(leaves, start=stretch.first):
            if seq != expected:
                self._add(Problem(expected, None, "it is missing from the tree", exact=True))
                return
            if entry in doubles:
                self._add(Problem(seq, entry, "there is another of its number", exact=True))
            if seq in pruned:
                self.prunings.pass_by(pruned[seq], seq, leaf)
                if entry in texts:
                    self._add(Problem(seq, entry, "it was pruned, and is there", exact=True))
            elif entry not in texts:
                self._add(Problem(seq, entry, "it was deleted", exact=True))
            elif texts[entry] != leaf:
                self._add(Problem(seq, entry, "it is not what was sealed", exact=True))

    def _add(self, problem: Problem) -> None:
        if all(problem.why != known.why for known in self.report.problems):
            self.report.problems.append(problem)

    def _compare(self, size: int) -> None:
        """Hold the root against what was signed at this size."""
        if self.roots[size] == {self.frontier.root()}:
            self.sound_until = size
            return
        if not self.is_forked:
            self.is_forked = True
            why = f"the tree of {size} entries is not the one signed for; "
            why += f"that of {self.sound_until} is"
            self._add(Problem(self.sound_until, None, why))

    def _check_nodes(self, made: dict[int, tuple[int, list[bytes]]]) -> None:
        """Hold the nodes that are kept against those that the leaves make."""
        for level, (first, row) in made.items():
            if not is_kept(level):
                continue
            self.nodes += len(row)
            rows = self.connection.execute(NODES, [level, first, first + len(row)]).fetchall()
            kept = {place: bytes(found) for _, place, found in rows}
            for place, found in enumerate(row, first):
                if kept.get(place) != found:
                    why = f"node {place} of level {level} is not that of its leaves"
                    self.report.problems.append(Problem(place << level, None, why))
                    break

    def _finish(self, due: int | None) -> None:
        self.prunings.finish()
        size = self.report.size = self.frontier.size
        self.report.root = self.frontier.root()
        row = self.connection.execute("SELECT count(*) FROM audit_node").fetchone()
        if row and row[0] > self.nodes:
            self.report.problems.append(Problem(size, None, "the tree has nodes without leaves"))
        if due is not None:
            most = max(self.roots)
            why = f"{most} entries were signed for, and there are {size}"
            self.report.problems.append(Problem(size, None, why))


def _join(
    made: dict[int, tuple[int, list[bytes]]], more: dict[int, tuple[int, list[bytes]]]
) -> None:
    """Add the nodes of a second step to those of a first."""
    for level, (first, row) in more.items():
        if level in made:
            made[level][1].extend(row)
        else:
            made[level] = first, row
