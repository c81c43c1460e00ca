"""What pruning has taken away, held against what the trail itself tells of it.

A leaf without its entry is no gap when a pruning accounts for it: one whose own entry is in the
trail, that took no month before its time, stands on a checkpoint that was signed, and whose digest
is that of the very leaves.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from consentadmin.audit.reports import Problem, Report
from consentadmin.audit.retention import SHORTEST
from consentadmin.audit.tree import Connection
from consentadmin.audit.words import Action

KEPT = """
SELECT p.id, p.entry, p.retention, to_char(p.month, 'YYYY-MM'), lower(p.leaves), e.data::text,
       e.action = %s
       AND e.at >= (p.month + make_interval(months => 1 + (%s::jsonb ->> p.retention)::int))
           AT TIME ZONE 'UTC'
FROM audit_pruning p LEFT JOIN audit_entry e ON e.id = p.entry AND e.retention = 'house'
ORDER BY p.id
"""
AMONG = """
SELECT p.id, lower(stretch), upper(stretch) FROM audit_pruning p
CROSS JOIN unnest(p.leaves * int8multirange(int8range(%(first)s, %(end)s))) AS stretch
WHERE p.leaves && int8range(%(first)s, %(end)s)
"""


@dataclass(slots=True)
class Pruning:
    """One of them: what its entry tells, and what is seen of its leaves."""

    entry: int
    retention: str
    month: str
    first: int
    told: Mapping[str, Any]
    count: int = 0
    digest: Any = field(default_factory=sha256)

    def stands_on(self, roots: Mapping[int, Collection[bytes]]) -> bool:
        """Tell whether the checkpoint that its entry names is among those signed for."""
        signed = roots.get(self.told.get("size", -1), ())
        return self.told.get("root") in [root.hex() for root in signed]


class Prunings:
    """All of them, while the leaves pass by in order."""

    def __init__(
        self, connection: Connection, roots: Mapping[int, Collection[bytes]], report: Report
    ) -> None:
        """Read them, and hold each against its entry; `roots` are those signed for, by size."""
        self._connection, self._report = connection, report
        self._kept: dict[int, Pruning] = {}
        shortest = {name.value: months for name, months in SHORTEST.items()}
        values = [Action.TRAIL_PRUNED.value, json.dumps(shortest)]
        for row in connection.execute(KEPT, values).fetchall():
            number, entry, retention, month, first, told, is_in_time = row
            pruning = Pruning(entry, retention, month, first, json.loads(told or "{}"))
            self._kept[number] = pruning
            if told is None or is_in_time is None:
                self._add(pruning, "no entry of the trail tells of it")
            elif [pruning.told.get(name) for name in ("class", "month")] != [retention, month]:
                self._add(pruning, "its entry tells of another")
            elif not is_in_time:
                self._add(pruning, "its time was not over")
            elif not pruning.stands_on(roots):
                self._add(pruning, "nobody has signed the checkpoint it stands on")

    def among(self, first: int, end: int) -> dict[int, int]:
        """Return which leaves from `first` up to `end` lost their entry, each by which pruning."""
        if not self._kept:
            return {}
        found = self._connection.execute(AMONG, {"first": first, "end": end}).fetchall()
        return {seq: number for number, low, high in found for seq in range(low, high)}

    def pass_by(self, number: int, seq: int, leaf: bytes) -> None:
        """Take notice of a leaf that lost its entry; in the order of the tree."""
        pruning = self._kept[number]
        pruning.count += 1
        pruning.digest.update(seq.to_bytes(8, "big") + leaf)

    def finish(self) -> None:
        """Hold what was seen against what was told, and report what was taken away."""
        for pruning in self._kept.values():
            seen = {"entries": pruning.count, "leaves": pruning.digest.hexdigest()}
            if any(pruning.told.get(name) != value for name, value in seen.items()):
                self._add(pruning, "its leaves are not those that its entry tells of")
            self._report.pruned.append(
                f"{pruning.count} entries ({pruning.retention}, {pruning.month}) are pruned "
                f"under entry {pruning.entry}"
            )

    def _add(self, pruning: Pruning, why: str) -> None:
        what = f"the pruning of {pruning.retention} {pruning.month}: {why}"
        self._report.problems.append(Problem(pruning.first, None, what, exact=True))
