"""Who consulted a person: when and for what, without who (GDPR 15(1); CJEU C-579/21).

A consultation is a visit: the readings of one member of staff for one purpose that follow each
other within a quarter of an hour. Whose they are keeps visits apart, and is not told; neither is
the case reference, which may tell of somebody else.
"""

import heapq
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from django.db.models import Q, QuerySet

from consentadmin.audit.filters import Filter
from consentadmin.audit.models import Entry
from consentadmin.audit.queries import entries
from consentadmin.audit.words import Action, Outcome

PAUSE = timedelta(minutes=15)
SEEN = [Outcome.DONE, Outcome.PARTIAL]


@dataclass(frozen=True, slots=True)
class Consultation:
    """One visit: from its first reading to its last (UTC), the purpose's code, and what was read.

    `reason` is empty where the trail was read about the person. `what` holds words of the entries
    (`person`, `choice`, `timeline`…), `look-up` and `trail`.
    """

    since: datetime
    until: datetime
    reason: str
    what: frozenset[str]


def consultations(subjects: Collection[uuid.UUID]) -> Iterator[Consultation]:
    """Give every consultation of a person, who may be several subjects joined, newest first."""
    found = [query.iterator(chunk_size=500) for query in _readings(subjects)]
    yield from visits(heapq.merge(*found, key=attrgetter("at", "pk"), reverse=True))


def _readings(subjects: Collection[uuid.UUID]) -> list[QuerySet[Entry]]:
    """Return the entries of readings, newest first: of the person, and of the trail about them."""
    of_person = entries(Filter(subjects=subjects)).filter(
        action__in=[Action.LOOKED_UP, Action.READ], outcome__in=SEEN
    )
    about = [Q(data__contains={"persons": [str(subject)]}) for subject in subjects]
    of_trail = entries(Filter(action=Action.TRAIL_READ)).filter(Q(*about, _connector=Q.OR))
    return [of_person, of_trail]


def visits(readings: Iterable[Entry]) -> Iterator[Consultation]:
    """Fold readings, newest first, into visits: that which began last comes first."""
    under_way: dict[tuple[int | None, str], Consultation] = {}
    begun = attrgetter("since")
    for entry in readings:
        over = {key: one for key, one in under_way.items() if one.since - entry.at > PAUSE}
        yield from sorted(over.values(), key=begun, reverse=True)
        for key in over:
            del under_way[key]
        whose = (entry.actor_id, entry.reason)
        known = under_way.get(whose)
        under_way[whose] = Consultation(
            since=entry.at,
            until=known.until if known else entry.at,
            reason=entry.reason,
            what=(known.what if known else frozenset()) | {_what(entry)},
        )
    yield from sorted(under_way.values(), key=begun, reverse=True)


def _what(entry: Entry) -> str:
    if entry.action == Action.LOOKED_UP:
        return "look-up"
    if entry.action == Action.TRAIL_READ:
        return "trail"
    return str(entry.data.get("what", "person"))
