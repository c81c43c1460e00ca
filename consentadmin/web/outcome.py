"""What the page of a change of a profile lays out beside how it fares."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from consentadmin.changes.documents import ProfileWish
from consentadmin.changes.drafts import Sides, side_by_side
from consentadmin.changes.models import Change
from consentadmin.changes.profiles import DOCUMENTED, Difference, ReadBack, differences
from consentadmin.changes.states import State

MOST_PATHS = 200
"""How many paths are laid out at once; the bodies hold the others."""

READ_BACK = frozenset({State.CONFIRMED, State.NOT_SEEN})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was asked for, path by path, and what came of it.

    `sides` is there for a conflict, `read_back` once the platform has shown what it made of it.
    """

    wish: ProfileWish = field(repr=False)
    changes: Sequence[Difference] = field(repr=False)
    more: int
    sides: Sides | None
    read_back: ReadBack | None

    @property
    def is_documented(self) -> bool:
        """Whether the platform documents what this way of writing does."""
        return self.wish.strategy in DOCUMENTED


def outcome_of(change: Change) -> Outcome:
    """Return what to lay out of a change of a profile."""
    wish = change.profile
    found = [] if wish.strategy is None else differences(wish.was or {}, wish.expected or {})
    changes = list(found)
    sides = read_back = None
    if change.state == State.CONFLICT and change.has_found:
        sides = side_by_side(wish.was, change.found, wish.expected, most=MOST_PATHS)
    if change.state in READ_BACK:
        read_back = change.read_back
    shown = list(islice(changes, MOST_PATHS))
    return Outcome(wish, shown, len(changes) - len(shown), sides, read_back)
