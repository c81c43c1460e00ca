"""Searching the trail: newest first, in keyset pages, without a count."""

import heapq
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Self

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.utils import timezone

from consentadmin.audit import planned
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

NEAR = timedelta(days=31)
"""How far from a place its neighbours are looked for first."""
FEW = ("subjects", "change", "case")
LEADING = (*FEW, "actor", "outcome", "reason", "action", "datamarts")
"""The filters that have an index of their own, in the trail's order."""
UNINDEXED = {"outcome": Outcome.DONE, "reason": "", "case": ""}
"""What most entries have, and so is in no index."""
MANY = 8
"""More values of one filter than that, and the planner chooses."""


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
    found = planned.read(where, values)
    if not found:
        raise Entry.DoesNotExist
    return found[0]


def of_subjects(subjects: Collection[uuid.UUID], *, size: int = 60) -> Sequence[Entry]:
    """Return the newest entries on a person, who may be several subjects joined."""
    return older(Filter(subjects=subjects), than=None, most=size)


def _nearest(asked: Filter, place: Place, most: int, *, is_older: bool) -> list[Entry]:
    """Return the entries next to a place: first from a month of it, which most often is enough."""
    begin = min(place.at, timezone.now()) if is_older else place.at
    near = begin - NEAR if is_older else min(begin, LAST.at - NEAR) + NEAR
    leads = _leads(asked)
    found: list[list[Entry]] = []
    for far in (near, FIRST.at if is_older else LAST.at):
        if leads:
            beside = [_beside(asked, place, far, lead) for lead in leads]
            found = [
                planned.read(where, values, order=order, most=most)
                for where, values, order in beside
            ]
        else:
            found = [list(_as_postgres_likes(asked, place, far)[:most])]
        if sum(map(len, found)) >= most:
            break
    return list(islice(heapq.merge(*found, key=Place.of, reverse=is_older), most))


def _beside(asked: Filter, place: Place, far: datetime, lead: Lead) -> tuple[str, list[Any], str]:
    """Return the condition, its values, and the order, of the entries from a place to a time.

    That may lie before or after it. The lead's column is part of the comparison and of the order:
    so no other index will do.
    """
    is_older = far < place.at
    conditions = _conditions(asked)
    names, begin, end = ["at", "id"], [place.at, place.id], [far, 0 if is_older else LARGEST_ID]
    if lead.column:
        conditions.pop(lead.condition)
        names = [f'"{lead.column}"', *names]
        begin, end = [lead.value, *begin], [lead.value, *end]
    row, marks = ", ".join(names), ", ".join(["%s"] * len(names))
    beyond, within = ("<", ">=") if is_older else (">", "<=")
    others, values = _sql(conditions)
    where = f"({row}) {beyond} ({marks}) AND ({row}) {within} ({marks}) AND at BETWEEN %s AND %s"
    where = " AND ".join([where, *filter(None, [others, INDEXED.get(lead.column)])])
    order = ", ".join(f"{name} DESC" if is_older else name for name in names)
    stretch = sorted((far, place.at))
    return where, [*map(_plain, [*begin, *end]), *stretch, *values], order


def _sql(conditions: dict[str, Any]) -> tuple[str, list[Any]]:
    """Return conditions as PostgreSQL has them, and their values."""
    parts = [condition.partition("__") for condition in conditions]
    where = " AND ".join(f'"{column}" {LOOKUPS[lookup]}' for column, _, lookup in parts)
    return where, [_plain(value) for value in conditions.values()]


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a filter holds)
    if isinstance(value, str):
        return str(value)  # of a word of ours, the word
    return list(value) if isinstance(value, Collection) else value


def _as_postgres_likes(asked: Filter, place: Place, far: datetime) -> QuerySet[Entry]:
    """Return the entries from a place to a time, by whichever index is best for these values."""
    columns, begin = (F("at"), F("id")), (place.at, place.id)
    if far < place.at:
        return entries(asked).filter(TupleLessThan(columns, begin), at__gte=far)
    newer = entries(asked).filter(TupleGreaterThan(columns, begin), at__lte=far)
    return newer.order_by("at", "id")


def _leads(asked: Filter) -> list[Lead]:
    """Return along which index to look, whatever the values; none leaves it to the planner.

    A person, a change, a case has few entries: theirs is always the index to take. Between two of
    the others the planner must choose, who knows how frequent each value is.
    """
    given = {name: getattr(asked, name) for name in LEADING if getattr(asked, name) is not None}
    leading = [name for name, value in given.items() if value != UNINDEXED.get(name)]
    few = [name for name in leading if name in FEW]
    others = [name for name in leading if name != "datamarts"]
    if not few and len(others) > 1:
        return []
    if not leading:
        return [ALONG_TIME]
    name = (few or others or leading)[0]
    condition = CONDITIONS[name]
    column, is_several, _ = condition.partition("__in")
    values = {str(value): value for value in given[name]} if is_several else {"": given[name]}
    if len(values) > MANY:
        return []
    return [Lead(column, condition, value) for value in values.values()]
