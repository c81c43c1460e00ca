"""What a verification finds: problems, in the order of the tree, and what is kept of them."""

from dataclasses import dataclass, field

from consentadmin.audit.tree import Connection

UNKNOWN = 2**62
"""Stands for a leaf that can't be told: after all others."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was sealed: the first leaf it touches, the entry, and why.

    What is wrong with the tree or a checkpoint is not `exact`: it tells a stretch, whose first is
    `seq`.
    """

    seq: int
    entry: int | None
    why: str
    exact: bool = False

    def __str__(self) -> str:
        if self.entry is not None:
            return f"entry {self.entry}: {self.why}"
        return self.why if self.seq == UNKNOWN else f"leaf {self.seq}: {self.why}"


@dataclass(slots=True)
class Report:
    """What a verification found: the tree's size and root, what was looked at, and what is wrong.

    `problems` is sorted by the leaf that each touches first; it keeps some of each kind. `pruned`
    says, a sentence each, what was taken away by the rules.
    """

    size: int = 0
    root: bytes = b""
    checkpoints: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def first_bad(self) -> Problem | None:
        """What is wrong first, in the order of the tree; a leaf that is known, before a stretch."""
        return min(self.problems, key=lambda found: (not found.exact, found.seq), default=None)


def outcome(connection: Connection, report: Report) -> None:
    """Keep how a verification ended, for the screens and for whoever watches."""
    first = report.first_bad
    connection.execute(
        "INSERT INTO audit_verification (size, is_sound, first_bad, entry, why, seconds)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [
            report.size,
            report.is_sound,
            first.seq if first and first.seq != UNKNOWN else None,
            first.entry if first else None,
            first.why if first else "",
            report.seconds,
        ],
    )
