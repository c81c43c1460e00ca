"""Reading the trail: newest first, in keyset pages, without a count."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from consentadmin.audit import planned
from consentadmin.audit.filters import LAST, Filter, Place, conditions
from consentadmin.audit.models import Entry
from consentadmin.audit.searching import in_sql, nearest

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first, and the place to ask the next page with (None on the last)."""

    entries: Sequence[Entry]
    before: Place | None


def entries(asked: Filter) -> QuerySet[Entry]:
    """Return the entries that pass the filter, newest first: to read many, or to count."""
    return Entry.objects.filter(**conditions(asked)).order_by("-at", "-id")


def page(asked: Filter, *, before: Place | None = None, size: int = PAGE) -> Page:
    """Return the page of entries older than this place."""
    found = older(asked, than=before, most=size + 1)
    more = len(found) > size
    return Page(entries=found[:size], before=Place.of(found[size - 1]) if more else None)


def older(asked: Filter, *, than: Place | None, most: int) -> list[Entry]:
    """Return the newest entries that pass a filter and stand before a place, newest first."""
    return nearest(asked, than or LAST, most, is_older=True)


def newer(asked: Filter, *, than: Place, most: int) -> list[Entry]:
    """Return the oldest entries that pass a filter and stand after a place, oldest first."""
    return nearest(asked, than, most, is_older=False)


def neighbours(entry: Entry, *, asked: Filter) -> tuple[Entry | None, Entry | None]:
    """Return the entries next to this one that pass the filter: the one before, the one after."""
    place = Place.of(entry)
    before, after = older(asked, than=place, most=1), newer(asked, than=place, most=1)
    return before[0] if before else None, after[0] if after else None


def one(asked: Filter, *, pk: int) -> Entry:
    """Return the entry of this id, if it passes the filter. Raises Entry.DoesNotExist."""
    where, values = in_sql(conditions(asked) | {"id": pk})
    found = planned.read(f"{planned.SELECT} WHERE {where}", values)
    if not found:
        raise Entry.DoesNotExist
    return found[0]


def of_subjects(subjects: Collection[uuid.UUID], *, size: int = 60) -> Sequence[Entry]:
    """Return the newest entries on a person, who may be several subjects joined."""
    return older(Filter(subjects=subjects), than=None, most=size)
