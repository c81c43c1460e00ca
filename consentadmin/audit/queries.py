"""Searching the trail: newest first, in keyset pages, without a count."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db.models import QuerySet
from django.db.models.expressions import F
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome

PAGE = 50
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first, and the place to ask the next page with (None on the last)."""

    entries: Sequence[Entry]
    before: Place | None


def entries(asked: Filter) -> QuerySet[Entry]:
    """Return the entries that pass the filter, newest first."""
    wanted = {
        condition: getattr(asked, name)
        for name, condition in CONDITIONS.items()
        if getattr(asked, name) is not None
    }
    return Entry.objects.filter(**wanted).order_by("-at", "-id")


def page(asked: Filter, *, before: Place | None = None, size: int = PAGE) -> Page:
    """Return the page of entries older than this place."""
    chosen = entries(asked)
    if before is not None:
        chosen = older(chosen, than=before)
    found = list(chosen[: size + 1])
    more = len(found) > size
    return Page(entries=found[:size], before=Place.of(found[size - 1]) if more else None)


def older(chosen: QuerySet[Entry], *, than: Place) -> QuerySet[Entry]:
    """Return those of the entries that stand before a place: one row comparison, one index."""
    return chosen.filter(TupleLessThan(*_beside(than)))


def neighbours(entry: Entry, *, asked: Filter) -> tuple[Entry | None, Entry | None]:
    """Return the entries next to this one that pass the filter: the one before, the one after."""
    place, chosen = Place.of(entry), entries(asked)
    newer = chosen.filter(TupleGreaterThan(*_beside(place))).order_by("at", "id")
    return older(chosen, than=place).first(), newer.first()


def _beside(place: Place) -> tuple[Any, Any]:
    return (F("at"), F("id")), (place.at, place.id)


def of_subjects(subjects: Collection[uuid.UUID], *, size: int = 60) -> Sequence[Entry]:
    """Return the newest entries on a person, who may be several subjects joined."""
    return list(entries(Filter(subjects=subjects))[:size])
