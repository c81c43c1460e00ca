"""What an auditor asks of the trail, and where in it an entry stands."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome

LARGEST_ID = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CONDITIONS = {
    "since": "at__gte",
    "until": "at__lt",
    "actor": "actor_id",
    "action": "action",
    "outcome": "outcome",
    "subjects": "subject__in",
    "datamarts": "datamart__in",
    "case": "case",
    "change": "change",
    "reason": "reason",
}
"""What each field of a filter asks of an entry; bundles/cells.py says the same to PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What an auditor asks for. An unset field asks for all; times are UTC, `until` excluded.

    `datamarts` are the ones the reader may see; None is all. Entries of no datamart (sign-ins)
    are for readers of all. `reason` is the purpose's code, `case` the whole case reference.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: int | None = None
    action: Action | None = None
    outcome: Outcome | None = None
    subjects: Collection[uuid.UUID] | None = None
    datamarts: Collection[str] | None = None
    case: str | None = None
    change: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an entry stands in the trail's order, which is that of time and, within it, of id."""

    at: datetime
    id: int

    def __str__(self) -> str:
        """Return it as it stands in an address: microseconds since 1970, and the id."""
        return f"{(self.at - EPOCH) // MICROSECOND}.{self.id}"

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return where an entry stands."""
        return cls(entry.at, entry.pk)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that stands in an address, or None for what can't be one."""
        parts = text.split(".")
        if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
            return None
        if any(len(part) > len(str(LARGEST_ID)) for part in parts) or int(parts[1]) > LARGEST_ID:
            return None
        try:
            return cls(EPOCH + int(parts[0]) * MICROSECOND, int(parts[1]))
        except OverflowError:
            return None


FIRST = Place(datetime.min.replace(tzinfo=UTC), 0)
LAST = Place(datetime.max.replace(tzinfo=UTC), LARGEST_ID)
"""Before and after whatever an entry or an address can name."""


def conditions(asked: Filter) -> dict[str, Any]:
    """Return what a filter asks of an entry, as the ORM has it."""
    return {
        condition: getattr(asked, name)
        for name, condition in CONDITIONS.items()
        if getattr(asked, name) is not None
    }
