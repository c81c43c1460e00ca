"""Searching the trail: filters and keyset pages."""

import random
import uuid
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from consentadmin.audit.filters import CONDITIONS, FIRST, LAST, Filter, Place
from consentadmin.audit.models import Entry
from consentadmin.audit.queries import entries, neighbours, newer, of_subjects, older, one, page
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


def some_entry(dice: random.Random) -> Entry:
    """Return an entry of some time in three years and some class, of few values a field."""
    days = dice.choice([0, 0, 1, 20, 40, 100, 400, 1000])
    return Entry(
        at=timezone.now() - timedelta(days=days, seconds=dice.randrange(2)),
        action=dice.choice([Action.READ, Action.CHANGE_SENT, Action.STAFF_ADDED]),
        retention=dice.choice(["access", "proof", "house"]),
        outcome=dice.choice([Outcome.DONE, Outcome.FAILED]),
        actor_id=dice.choice([1, 2]),
        datamart=dice.choice(["1459", "1460", "1461"]),
        subject=dice.choice([None, SUBJECT, uuid.UUID(int=2)]),
        reason=dice.choice(["", "call"]),
        case=dice.choice(["", "C-1"]),
        change=dice.choice([None, 7]),
    )


def some_filter(dice: random.Random) -> Filter:
    """Return a filter of none to a few fields."""
    ago = timezone.now() - timedelta(days=dice.choice([1, 20, 100, 1100]))
    known: dict[str, Any] = {
        "since": ago - timedelta(days=dice.choice([1, 50, 500])),
        "until": ago,
        "actor": 1,
        "action": dice.choice([Action.READ, Action.SIGNED_IN]),
        "outcome": dice.choice(list(Outcome)),
        "subjects": dice.choice([[], [SUBJECT], [SUBJECT, uuid.UUID(int=2)]]),
        "datamarts": dice.choice([["1459"], ["1459", "1461"], [str(n) for n in range(9)]]),
        "case": dice.choice(["", "C-1"]),
        "change": 7,
        "reason": dice.choice(["", "call"]),
    }
    return Filter(**{name: known[name] for name in dice.sample(list(known), dice.randrange(4))})


@pytest.mark.parametrize("trial", range(3))
def test_pages_and_neighbours_are_those_of_the_plain_query(db: None, trial: int) -> None:
    dice = random.Random(trial)  # noqa: S311  (entries, not secrets)
    Entry.objects.bulk_create(some_entry(dice) for _ in range(150))
    for _ in range(60):
        asked, size, before = some_filter(dice), dice.randrange(1, 40), None
        seen: list[int] = []
        while seen == [] or before:
            found = page(asked, before=before, size=size)
            seen += [entry.pk for entry in found.entries] or [0]
            before = found.before
        plain = list(entries(asked))
        assert seen == ([entry.pk for entry in plain] or [0]), asked
        for left, entry, right in zip(plain[:5], plain[1:6], plain[2:7], strict=False):
            assert neighbours(entry, asked=asked) == (right, left), asked


def test_beyond_the_filters_own_times_there_is_nothing() -> None:
    assert older(Filter(since=timezone.now() - timedelta(days=1)), than=FIRST, most=9) == []
    assert newer(Filter(until=datetime(2020, 1, 1, tzinfo=UTC)), than=LAST, most=9) == []
    assert older(Filter(since=LAST.at, until=FIRST.at), than=None, most=9) == []


def test_a_person_of_many_references_is_found_in_order() -> None:
    others = [uuid.UUID(int=number) for number in range(9, 30)]
    for number in (9, 29, 15, 9):
        record(action=Action.READ, actor=ANNA, subject=uuid.UUID(int=number))
    found = page(Filter(subjects=[SUBJECT, *others]), size=4)
    known = Entry.objects.filter(subject__in=[SUBJECT, *others]).order_by("-at", "-id")
    assert found.entries == list(known[:4])
    assert page(Filter(subjects=[SUBJECT, *others]), before=found.before).entries == list(known[4:])


@pytest.mark.parametrize("address", ["0.0", "0.9223372036854775807", "1.1"])
def test_before_the_first_there_is_nothing(address: str) -> None:
    assert page(Filter(), before=Place.read(address)).entries == []


def test_one_entry_is_found_if_the_reader_may_see_it() -> None:
    entry = Entry.objects.get(case="C-0142")
    assert one(Filter(datamarts=["1459"]), pk=entry.pk) == entry
    with pytest.raises(Entry.DoesNotExist):
        one(Filter(datamarts=["1460"]), pk=entry.pk)


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
