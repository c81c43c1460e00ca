"""Searching the trail: newest first, in keyset pages, without a count."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """What an auditor asks for. An unset field asks for all; times are UTC, `until` excluded.

    `datamarts` are the ones the reader may see; None is all. Entries of no datamart (sign-ins)
    are for readers of all.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: int | None = None
    action: Action | None = None
    outcome: Outcome | None = None
    subjects: Collection[uuid.UUID] | None = None
    datamarts: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first, and the id to ask the next page with (None on the last)."""

    entries: Sequence[Entry]
    before: int | None


def entries(asked: Filter) -> QuerySet[Entry]:
    """Return the entries that pass the filter, newest first."""
    chosen = Entry.objects.order_by("-id")
    wanted = {
        "at__gte": asked.since,
        "at__lt": asked.until,
        "actor_id": asked.actor,
        "action": asked.action,
        "outcome": asked.outcome,
        "subject__in": asked.subjects,
        "datamart__in": asked.datamarts,
    }
    return chosen.filter(Q(**{name: value for name, value in wanted.items() if value is not None}))


def page(asked: Filter, *, before: int | None = None, size: int = PAGE) -> Page:
    """Return the page of entries older than the one with id `before`."""
    chosen = entries(asked)
    if before is not None:
        chosen = chosen.filter(id__lt=before)
    found = list(chosen[: size + 1])
    more = len(found) > size
    return Page(entries=found[:size], before=found[size - 1].pk if more else None)


def of_subjects(subjects: Collection[uuid.UUID], *, size: int = 60) -> Sequence[Entry]:
    """Return the newest entries on a person, who may be several subjects joined."""
    return list(entries(Filter(subjects=subjects))[:size])
