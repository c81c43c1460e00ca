"""Entries counted over time: by day or hour, in the reader's zone, within bounds that are told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connections, transaction
from django.utils import timezone

from consentadmin.audit.counts import Step, TooMany, activity
from consentadmin.audit.filters import Filter
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def put(at: datetime, count: int = 1) -> None:
    Entry.objects.bulk_create(
        Entry(at=at, action=Action.SIGNED_IN, actor_name="Anna", actor_id=1) for _ in range(count)
    )


def test_a_quarter_is_counted_by_day_and_empty_days_are_there(db: None) -> None:
    put(NOW - timedelta(days=3), 2)
    put(NOW - timedelta(days=200))
    found = activity(Filter(), now=NOW)
    assert (found.step, found.total, len(found.counts)) == (Step.DAY, 2, 91)
    assert [count for _, count in found.counts if count] == [2]
    assert not found.is_shortened


def test_a_day_is_counted_by_hour(db: None) -> None:
    put(NOW - timedelta(hours=1))
    found = activity(Filter(since=NOW - timedelta(days=1)), now=NOW)
    assert (found.step, found.total, len(found.counts)) == (Step.HOUR, 1, 24)


def test_days_are_those_of_the_readers_calendar_also_when_the_clocks_change(db: None) -> None:
    put(datetime(2026, 3, 28, 23, 30, tzinfo=UTC))  # 00:30 on the 29th in Paris, a day of 23 hours
    put(datetime(2026, 3, 29, 22, 30, tzinfo=UTC))  # 00:30 on the 30th, in summer time
    with timezone.override(PARIS):
        found = activity(Filter(since=NOW - timedelta(days=10)), now=NOW)
    assert [begin.day for begin, count in found.counts if count] == [29, 30]
    assert all(begin.hour == 0 for begin, _ in found.counts)


def test_the_hour_that_comes_twice_is_counted_twice(db: None) -> None:
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    put(night)
    put(night + timedelta(hours=1))
    asked = Filter(since=night - timedelta(hours=3), until=night + timedelta(hours=4))
    with timezone.override(PARIS):
        found = activity(asked, now=night + timedelta(days=1))
    assert [count for _, count in found.counts if count] == [1, 1]
    assert len(found.counts) == 8


def test_more_than_a_quarter_is_shortened_and_told(db: None) -> None:
    found = activity(Filter(since=NOW - timedelta(days=365)), now=NOW)
    assert found.is_shortened
    assert found.until - found.since == timedelta(days=90)


def test_of_too_many_the_newest_are_counted_and_told(db: None) -> None:
    put(NOW - timedelta(days=5), 3)
    put(NOW - timedelta(days=2), 3)
    found = activity(Filter(), now=NOW, most=4)
    assert found.total == 4
    assert found.counted_from == NOW - timedelta(days=5)
    assert found.counts[0][0].date() == (NOW - timedelta(days=5)).date()


def test_the_filter_holds(db: None) -> None:
    put(NOW - timedelta(days=5), 3)
    assert activity(Filter(actor=2), now=NOW).total == 0
    assert activity(Filter(actor=1), now=NOW).total == 3


def test_what_lies_ahead_is_empty(db: None) -> None:
    asked = Filter(since=NOW + timedelta(days=5))
    assert activity(asked, now=NOW).counts == []


@pytest.mark.django_db(databases=["default", "owner"], transaction=False)
def test_what_takes_too_long_is_told() -> None:
    with transaction.atomic("owner"):
        connections["owner"].cursor().execute("LOCK TABLE audit_entry")
        with pytest.raises(TooMany):
            activity(Filter(), now=NOW, within_ms=50)
