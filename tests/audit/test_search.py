"""Searching the trail: filters and keyset pages."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from consentadmin.audit.queries import Filter, entries, of_subjects, page
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome

ANNA, BEN = Actor(1, "Anna", "agent"), Actor(2, "Ben", "officer")
SUBJECT = uuid.UUID(int=1)


@pytest.fixture(autouse=True)
def _some_entries(db: None) -> None:
    record(action=Action.SIGNED_IN, actor=ANNA)
    record(action=Action.LOOKED_UP, actor=ANNA, datamart="1459", subject=SUBJECT)
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
        (Filter(actor=2, action=Action.SIGNED_IN), 0),
    ],
)
def test_it_finds_what_passes_every_filter(asked: Filter, found: int) -> None:
    assert entries(asked).count() == found


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


def test_it_tells_what_happened_to_one_subject() -> None:
    assert [entry.action for entry in of_subjects([SUBJECT])] == [Action.LOOKED_UP]
