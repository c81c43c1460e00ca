"""Searching the trail: newest first, in keyset pages, without a count."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db.models import QuerySet
from django.utils import timezone

from consentadmin.audit import planned
from consentadmin.audit.models import Entry
from consentadmin.audit.retention import Retention, class_of
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

NEAR = timedelta(days=31)
"""How far from a place its neighbours are looked for first."""
FEW = ("subjects", "change", "case", "outcome")
LEADING = (*FEW, "actor", "reason", "action", "datamarts")
"""The filters that have an index of their own, those first that leave the fewest entries.

What is done in a house leaves fewer than who did it, where it is kept for ever.
"""
UNINDEXED = {"outcome": Outcome.DONE, "reason": "", "case": ""}
"""What most entries have, and so is in no index."""
MANY = 8
"""Whoever sees more datamarts than that sees most entries."""
INDEXED = {
    "outcome": "NOT (outcome = 'done')",
    "reason": "NOT (reason = '')",
    "case": """NOT ("case" = '')""",
    "change": "change IS NOT NULL",
}
"""What an index holds, where not all: a plan for all values must see that it has what it needs."""
LOOKUPS = {"": "= %s", "in": "= ANY(%s)", "gte": ">= %s", "lt": "< %s"}


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


@dataclass(frozen=True, slots=True)
class Lead:
    """The column along whose index to look, its condition in the filter, and the one value."""

    column: str
    condition: str
    value: Any
    is_few: bool = False


ALONG_TIME = Lead("", "", None)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first, and the place to ask the next page with (None on the last)."""

    entries: Sequence[Entry]
    before: Place | None


def entries(asked: Filter) -> QuerySet[Entry]:
    """Return the entries that pass the filter, newest first: to read many, or to count."""
    return Entry.objects.filter(**_conditions(asked)).order_by("-at", "-id")


def _conditions(asked: Filter) -> dict[str, Any]:
    """Return what a filter asks of an entry."""
    return {
        condition: getattr(asked, name)
        for name, condition in CONDITIONS.items()
        if getattr(asked, name) is not None
    }


def page(asked: Filter, *, before: Place | None = None, size: int = PAGE) -> Page:
    """Return the page of entries older than this place."""
    found = older(asked, than=before, most=size + 1)
    more = len(found) > size
    return Page(entries=found[:size], before=Place.of(found[size - 1]) if more else None)


def older(asked: Filter, *, than: Place | None, most: int) -> list[Entry]:
    """Return the newest entries that pass a filter and stand before a place, newest first."""
    return _nearest(asked, than or LAST, most, is_older=True)


def newer(asked: Filter, *, than: Place, most: int) -> list[Entry]:
    """Return the oldest entries that pass a filter and stand after a place, oldest first."""
    return _nearest(asked, than, most, is_older=False)


def neighbours(entry: Entry, *, asked: Filter) -> tuple[Entry | None, Entry | None]:
    """Return the entries next to this one that pass the filter: the one before, the one after."""
    place = Place.of(entry)
    before, after = older(asked, than=place, most=1), newer(asked, than=place, most=1)
    return before[0] if before else None, after[0] if after else None


def one(asked: Filter, *, pk: int) -> Entry:
    """Return the entry of this id, if it passes the filter. Raises Entry.DoesNotExist."""
    where, values = _sql(_conditions(asked) | {"id": pk})
    found = planned.read(planned.Sought(where, values, "id"))
    if not found:
        raise Entry.DoesNotExist
    return found[0]


def of_subjects(subjects: Collection[uuid.UUID], *, size: int = 60) -> Sequence[Entry]:
    """Return the newest entries on a person, who may be several subjects joined."""
    return older(Filter(subjects=subjects), than=None, most=size)


def _nearest(asked: Filter, place: Place, most: int, *, is_older: bool) -> list[Entry]:
    """Return the entries next to a place: first from a month of it, which most often is enough."""
    leads = _leads(asked)
    if not leads:
        return []
    found: list[Entry] = []
    order = "at DESC, id DESC" if is_older else "at, id"
    for begin, end in _stretches(asked, place, leads, is_older=is_older):
        beside = [_beside(asked, begin, end, lead) for lead in leads]
        found += planned.read(*beside, order=order, most=most)  # never fewer: that is another plan
        if len(found) >= most:
            break
    return found[:most]


def _stretches(
    asked: Filter, place: Place, leads: Sequence[Lead], *, is_older: bool
) -> list[tuple[Place, Place]]:
    """Return from where (excluded) to where to look, in turn, within the filter's own times."""
    since = Place(asked.since, 0) if asked.since else FIRST
    until = Place(asked.until, 0) if asked.until else LAST
    begin, end = (min(place, until), since) if is_older else (max(place, since), until)
    around = min(begin.at, timezone.now()) if is_older else begin.at
    if abs(end.at - around) <= NEAR or any(lead.is_few for lead in leads):
        return [(begin, end)]
    near = Place(around - NEAR if is_older else around + NEAR, 0)
    return [(begin, near), (near, end)]


def _beside(asked: Filter, begin: Place, end: Place, lead: Lead) -> planned.Sought:
    """Return the search for the entries after one place, up to another, the nearest first.

    Either may be the earlier one. The lead's column is part of the comparison and of the order: so
    no other index will do.
    """
    is_older = end < begin
    conditions = _conditions(asked)
    names = ["at", "id"]
    first, last = [begin.at, begin.id], [end.at, end.id]
    if lead.column:
        conditions.pop(lead.condition)
        names = [f'"{lead.column}"', *names]
        first, last = [lead.value, *first], [lead.value, *last]
    row, marks = ", ".join(names), ", ".join(["%s"] * len(names))
    beyond, within = ("<", ">=") if is_older else (">", "<=")
    others, values = _sql(conditions)
    where = f"({row}) {beyond} ({marks}) AND ({row}) {within} ({marks}) AND at BETWEEN %s AND %s"
    where = " AND ".join([where, *filter(None, [others, INDEXED.get(lead.column)])])
    order = ", ".join(f"{name} DESC" if is_older else name for name in names)
    stretch = sorted((begin.at, end.at))
    return planned.Sought(where, [*map(_plain, [*first, *last]), *stretch, *values], order)


def _sql(conditions: dict[str, Any]) -> tuple[str, list[Any]]:
    """Return conditions as PostgreSQL has them, and their values."""
    parts = [condition.partition("__") for condition in conditions]
    where = " AND ".join(f'"{column}" {LOOKUPS[lookup]}' for column, _, lookup in parts)
    return where, [_plain(value) for value in conditions.values()]


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a filter holds)
    if isinstance(value, str):
        return str(value)  # of a word of ours, the word
    return list(value) if isinstance(value, Collection) else value


def _leads(asked: Filter) -> list[Lead]:
    """Return along which index to look, for each value: the first in the order of LEADING.

    What passes the other conditions is found on the way. None: of no person, no datamart, is asked.
    """
    given = {name: getattr(asked, name) for name in LEADING if getattr(asked, name) is not None}
    names = [name for name, value in given.items() if value != UNINDEXED.get(name)]
    if "action" in names and class_of(given["action"]) is Retention.HOUSE and names[0] not in FEW:
        names.insert(0, "action")
    if not names or (names[0] == "datamarts" and len(given["datamarts"]) > MANY):
        return [ALONG_TIME]
    name = names[0]
    condition = CONDITIONS[name]
    column, is_several, _ = condition.partition("__in")
    values = {str(value): value for value in given[name]} if is_several else {"": given[name]}
    return [Lead(column, condition, value, is_few=name in FEW) for value in values.values()]
