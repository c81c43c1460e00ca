"""Searching the trail as its pages do, over the ORM: each filter against an empty round trip."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection, connections

from bench.measuring import Verdict, describe, in_turn, ratio
from consentadmin.audit.filters import Filter, Place
from consentadmin.audit.queries import page
from consentadmin.audit.words import Action, Outcome

ROUND_TRIP = "SELECT 1"
PLACE = """
SELECT at, id FROM audit_entry
WHERE id >= (SELECT (max(id) * %s)::bigint FROM audit_entry) ORDER BY id LIMIT 1
"""
DAY = datetime.now(UTC) - timedelta(days=400)
FILTERS = {
    "all": Filter(),
    "a day of a year ago": Filter(since=DAY, until=DAY + timedelta(days=1)),
    "an actor": Filter(actor=7),
    "an action": Filter(action=Action.CHANGE_SENT),
    "failures": Filter(outcome=Outcome.FAILED),
    "a person": Filter(subjects=[uuid.UUID(int=4711)]),
    "a change": Filter(change=4711),
    "a case": Filter(case="C-42"),
    "a reason": Filter(reason="call"),
    "a datamart": Filter(datamarts=["1459"]),
    "an actor in one of two datamarts": Filter(actor=7, datamarts=["1459", "1460"]),
    "an action of an actor": Filter(actor=7, action=Action.CHANGE_SENT),
    "an actor without entries": Filter(actor=4711),
    "a case without entries": Filter(case="C-4711"),
    "failures of an actor without any": Filter(actor=8, outcome=Outcome.FAILED),
}
PLANNED = {
    "a person of three references": Filter(subjects=[uuid.UUID(int=n) for n in (1, 2, 3)]),
    "a rare action of an actor": Filter(actor=19, action=Action.CHANGE_STUCK),
    "an actor in a datamart of others": Filter(actor=7, datamarts=["1460"]),
}
"""Three searches in one, or planned for the values asked for. They have no bar, and are told."""


def measure(rounds: int) -> Iterator[Verdict]:
    """Measure the first page of each filter, and the page that follows nine tenths of the trail."""
    ratios = {name: _over_a_round_trip(name, asked, rounds) for name, asked in FILTERS.items()}
    for name, asked in PLANNED.items():
        _over_a_round_trip(name, asked, rounds)
    slowest = max(ratios, key=lambda name: ratios[name])
    yield Verdict(f"latest 50 of {slowest}, over a round trip", ratios[slowest], 8.0, "x")
    place = _place_after(0.9)
    deep, first = in_turn(
        lambda: page(Filter(), before=place), lambda: page(Filter()), rounds=rounds
    )
    yield Verdict("a page nine tenths deep, over the first", ratio(deep, first), 1.2, "x")
    connections.close_all()


def _over_a_round_trip(name: str, asked: Filter, rounds: int) -> float:
    searches, trips = in_turn(lambda: page(asked), _round_trip, rounds=rounds)
    describe(f"{name}: {len(page(asked).entries)}, {ratio(searches, trips):.1f} x", searches)
    return ratio(searches, trips)


def _round_trip() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ROUND_TRIP)
        cursor.fetchone()


def _place_after(share: float) -> Place:
    """Return the place after which this share of the entries lies behind, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(PLACE, [1 - share])
        return Place(*cursor.fetchone())
