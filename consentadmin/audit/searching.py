"""Along which index the trail is searched, and how far at once (docs/adr/0010)."""

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, pairwise
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import (
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleLessThan,
    TupleLessThanOrEqual,
)
from django.utils import timezone

from consentadmin.audit import planned
from consentadmin.audit.filters import CONDITIONS, FIRST, LAST, Filter, Place, conditions
from consentadmin.audit.models import Entry
from consentadmin.audit.retention import Retention, class_of
from consentadmin.audit.words import Outcome

NEAR = (timedelta(days=31), timedelta(days=124))
"""How far from a place its neighbours are looked for first, and then."""
FEW = ("subjects", "change", "case")
LEADING = (*FEW, "outcome", "actor", "reason", "action", "datamarts")
"""The filters that have an index of their own, those first that leave the fewest entries."""
FREQUENT = (Outcome.DONE, Outcome.NOT_FOUND)
UNINDEXED = {"outcome": Outcome.DONE, "reason": "", "case": ""}
"""What most entries have, and so is in no index."""
MANY, AT_ONCE = 8, 4
"""More datamarts than that lead along no index; and how many values are looked for at once.

A plan takes memory for each value and month, and is kept.
"""
INDEXED = {
    "outcome": "NOT (outcome = 'done')",
    "reason": "NOT (reason = '')",
    "case": """NOT ("case" = '')""",
    "change": "change IS NOT NULL",
}
"""What an index holds, where not all: a plan for all values must see that it has what it needs."""
LOOKUPS = {"": "= %s", "in": "= ANY(%s)", "gte": ">= %s", "lt": "< %s"}


@dataclass(frozen=True, slots=True)
class Lead:
    """The column along whose index to look, its condition in the filter, and the one value.

    Without a column it is that of time. `is_few` where few entries have the value: it is looked
    for at any time at once. `is_sure` where no other index could be better.
    """

    column: str
    condition: str
    value: Any
    is_few: bool
    is_sure: bool


def nearest(asked: Filter, place: Place, most: int, *, is_older: bool) -> list[Entry]:
    """Return the entries next to a place: first from near it, which most often is enough.

    Far away, where an index can't be told by the filter alone, PostgreSQL chooses by the values.
    """
    leads = leads_of(asked)
    found: list[Entry] = []
    for number, (begin, end) in enumerate(_stretches(asked, place, leads, is_older=is_older)):
        if leads[0].is_sure or number < len(NEAR):
            found += _along(leads, asked, begin, end, most)
        else:
            found += _as_postgres_likes(asked, begin, end)[:most]
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
    if not leads or (begin <= end if is_older else begin >= end):
        return []
    around = min(begin.at, timezone.now()) if is_older else begin.at
    steps = 0 if leads[0].is_few else 1 if leads[0].is_sure else len(NEAR)
    stops = [
        Place(around - far if is_older else around + far, 0)
        for far in NEAR[:steps]
        if abs(end.at - around) > far
    ]
    return list(pairwise([begin, *stops, end]))


def _along(
    leads: Sequence[Lead], asked: Filter, begin: Place, end: Place, most: int
) -> list[Entry]:
    """Return the entries after one place, up to another, the nearest first, index by index."""
    is_older, found = end < begin, []
    for at in range(0, len(leads), AT_ONCE):
        parts = [beside(asked, begin, end, lead, most) for lead in leads[at : at + AT_ONCE]]
        statement = " UNION ALL ".join(f"({part})" for part, _ in parts)
        if len(parts) > 1:
            statement += f" ORDER BY {_order(['at', 'id'], is_older=is_older)} LIMIT {most}"
        found.append(planned.read(statement, [value for _, values in parts for value in values]))
    return list(islice(heapq.merge(*found, key=Place.of, reverse=is_older), most))


def beside(asked: Filter, begin: Place, end: Place, lead: Lead, most: int) -> tuple[str, list[Any]]:
    """Return the search along one index, and its values; either place may be the earlier one.

    The lead's column is part of the comparison and of the order: so no other index will do. The
    number of entries is part of the statement, and so of its plan: it is the same on each page.
    """
    is_older = end < begin
    asks = conditions(asked)
    names = ["at", "id"]
    first, last = [begin.at, begin.id], [end.at, end.id]
    if lead.column:
        asks.pop(lead.condition)
        names = [f'"{lead.column}"', *names]
        first, last = [lead.value, *first], [lead.value, *last]
    row, marks = ", ".join(names), ", ".join(["%s"] * len(names))
    beyond, within = ("<", ">=") if is_older else (">", "<=")
    others, values = in_sql(asks)
    where = f"({row}) {beyond} ({marks}) AND ({row}) {within} ({marks}) AND at BETWEEN %s AND %s"
    where = " AND ".join([where, *filter(None, [others, INDEXED.get(lead.column)])])
    statement = f"{planned.SELECT} WHERE {where} ORDER BY {_order(names, is_older=is_older)}"
    stretch = sorted((begin.at, end.at))
    return f"{statement} LIMIT {most}", [*map(_plain, [*first, *last]), *stretch, *values]


def _order(names: Sequence[str], *, is_older: bool) -> str:
    return ", ".join(f"{name} DESC" if is_older else name for name in names)


def _as_postgres_likes(asked: Filter, begin: Place, end: Place) -> QuerySet[Entry]:
    """Return the entries after one place, up to another, as planned for these very values."""
    found, columns = Entry.objects.filter(**conditions(asked)), (F("at"), F("id"))
    after, until = (begin.at, begin.id), (end.at, end.id)
    if end < begin:
        found = found.filter(
            TupleLessThan(columns, after),
            TupleGreaterThanOrEqual(columns, until),
            at__range=(end.at, begin.at),
        )
        return found.order_by("-at", "-id")
    found = found.filter(
        TupleGreaterThan(columns, after),
        TupleLessThanOrEqual(columns, until),
        at__range=(begin.at, end.at),
    )
    return found.order_by("at", "id")


def in_sql(asks: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return what is asked of an entry as PostgreSQL has it, and the values."""
    parts = [condition.partition("__") for condition in asks]
    where = " AND ".join(f'"{column}" {LOOKUPS[lookup]}' for column, _, lookup in parts)
    return where, [_plain(value) for value in asks.values()]


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a filter holds)
    if isinstance(value, str):
        return str(value)  # of a word of ours, the word
    return list(value) if isinstance(value, Collection) else value


def leads_of(asked: Filter) -> list[Lead]:
    """Return along which index to look, for each value; none where nothing can pass the filter.

    That of a value that few entries have, else the first in the order of LEADING. What passes the
    other conditions is found on the way.
    """
    given = {name: getattr(asked, name) for name in LEADING if getattr(asked, name) is not None}
    if any(name in given and not given[name] for name in ("subjects", "datamarts")):
        return []
    names = [name for name, value in given.items() if value != UNINDEXED.get(name)]
    names.sort(key=lambda name: not _is_few(name, given[name]))
    if not names or (names[0] == "datamarts" and len(given["datamarts"]) > MANY):
        return [Lead("", "", None, is_few=False, is_sure=not names)]
    name, is_few = names[0], _is_few(names[0], given[names[0]])
    condition = CONDITIONS[name]
    column, is_several, _ = condition.partition("__in")
    values = {str(value): value for value in given[name]} if is_several else {"": given[name]}
    is_sure = is_few or len(names) == 1
    return [Lead(column, condition, value, is_few, is_sure) for value in values.values()]


def _is_few(name: str, value: Any) -> bool:  # noqa: ANN401  (whatever a filter holds)
    """Tell whether few entries have a value, as far as its nature tells."""
    if name == "outcome":
        return value not in FREQUENT
    if name == "action":
        return class_of(value) is Retention.HOUSE
    return name in FEW
