"""Searching the trail: filters and keyset pages."""

import uuid
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from consentadmin.audit.models import Entry
from consentadmin.audit.queries import (
    CONDITIONS,
    Filter,
    Place,
    entries,
    neighbours,
    of_subjects,
    page,
)
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome

ANNA, BEN = Actor(1, "Anna", "agent"), Actor(2, "Ben", "officer")
SUBJECT = uuid.UUID(int=1)


@pytest.fixture(autouse=True)
def _some_entries(db: None) -> None:
    record(action=Action.SIGNED_IN, actor=ANNA)
    record(
        action=Action.LOOKED_UP,
        actor=ANNA,
        datamart="1459",
        subject=SUBJECT,
        reason="call",
        case="C-0142",
        change=7,
    )
    record(action=Action.LOOKED_UP, actor=BEN, datamart="1460", outcome=Outcome.NOT_FOUND)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Filter(), 3),
        (Filter(actor=1), 2),
        (Filter(action=Action.LOOKED_UP), 2),
        (Filter(outcome=Outcome.NOT_FOUND), 1),
        (Filter(subjects=[SUBJECT]), 1),
        (Filter(subjects=[]), 0),
        (Filter(datamarts=["1459"]), 1),
        (Filter(case="C-0142"), 1),
        (Filter(case="c-01"), 0),
        (Filter(change=7), 1),
        (Filter(reason="call"), 1),
        (Filter(reason=""), 2),
        (Filter(actor=2, action=Action.SIGNED_IN), 0),
    ],
)
def test_it_finds_what_passes_every_filter(asked: Filter, found: int) -> None:
    assert entries(asked).count() == found


def test_every_field_of_a_filter_is_looked_at() -> None:
    assert CONDITIONS.keys() == {field.name for field in fields(Filter)}


def test_it_finds_by_time() -> None:
    now = timezone.now()
    assert entries(
        Filter(since=now - timedelta(minutes=1), until=now + timedelta(minutes=1))
    ).count()
    assert not entries(Filter(until=now - timedelta(minutes=1))).exists()


def test_it_pages_newest_first_without_gap_or_repeat() -> None:
    for _ in range(5):
        record(action=Action.SIGNED_OUT, actor=HOUSE)
    seen, before = [], None
    while True:
        found = page(Filter(), before=before, size=3)
        seen += [entry.pk for entry in found.entries]
        before = found.before
        if before is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 8


def test_entries_of_one_instant_are_paged_by_id() -> None:
    Entry.objects.bulk_create(
        Entry(at=datetime(2020, 1, 1, tzinfo=UTC), action=Action.SIGNED_OUT, actor_name="Anna")
        for _ in range(5)
    )
    asked = Filter(until=datetime(2020, 1, 2, tzinfo=UTC))
    first = page(asked, size=3)
    second = page(asked, size=3, before=first.before)
    seen = [entry.pk for found in (first, second) for entry in found.entries]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


def test_a_place_is_written_into_an_address_and_read_again() -> None:
    place = Place(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), 42)
    assert Place.read(str(place)) == place


@pytest.mark.parametrize(
    "text",
    ["", "5", "a.b", "1.2.3", "-1.2", "1.", "1.99999999999999999999", "9223372036854775807.1"],
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert Place.read(text) is None


def test_neighbours_are_those_next_to_it_that_the_reader_may_see() -> None:
    oldest, middle, newest = Entry.objects.order_by("at", "id")
    assert neighbours(middle, asked=Filter()) == (oldest, newest)
    assert neighbours(newest, asked=Filter()) == (middle, None)
    assert neighbours(middle, asked=Filter(datamarts=["1459"])) == (None, None)


def test_it_tells_what_happened_to_one_subject() -> None:
    assert [entry.action for entry in of_subjects([SUBJECT])] == [Action.LOOKED_UP]
