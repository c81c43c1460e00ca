"""The table of faults: what `make faults` prints, and `docs/reliability.md` holds."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from tests.faults.truth import Verdict

HEAD = ("fault", "runs", "changes", "lost", "doubled", "wrong", "slowest recovery")


@dataclass
class Row:
    """One fault, over all its runs: how many changes met it, and what came of them."""

    fault: str
    runs: int = 0
    changes: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    slowest: float = 0.0

    def add(self, verdict: Verdict, *, changes: int, took: float) -> None:
        """Count one run, which took so many seconds from the fault to the last end."""
        self.runs += 1
        self.changes += changes
        self.lost += len(verdict.lost)
        self.doubled += len(verdict.doubled)
        self.wrong += len(verdict.wrong)
        self.slowest = max(self.slowest, took)

    def told(self) -> dict[str, str | int | float]:
        """Return it as plain data, so that it can be handed from process to process."""
        return asdict(self)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table in Markdown, by the number of the cell."""
    lines = [f"| {' | '.join(HEAD)} |", "|---|" + "---:|" * (len(HEAD) - 1)]
    for row in sorted(rows, key=_number):
        cells = (row.fault, row.runs, row.changes, row.lost, row.doubled, row.wrong)
        lines.append(f"| {' | '.join(map(str, cells))} | {row.slowest:.1f} s |")
    return "\n".join(lines)


def merged(rows: Iterable[Row]) -> list[Row]:
    """Return one row for each fault."""
    found: dict[str, Row] = {}
    for row in rows:
        so_far = found.setdefault(row.fault, Row(row.fault))
        so_far.runs += row.runs
        so_far.changes += row.changes
        so_far.lost += row.lost
        so_far.doubled += row.doubled
        so_far.wrong += row.wrong
        so_far.slowest = max(so_far.slowest, row.slowest)
    return list(found.values())


def _number(row: Row) -> tuple[int, str]:
    first = row.fault.split(" ", 1)[0].rstrip(":")
    return (int(first) if first.isdecimal() else 99, row.fault)
