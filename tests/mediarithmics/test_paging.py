"""A timeline is read in pages without a gap or a repeat, whatever is documented nowhere (§6, S)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentadmin.mediarithmics.errors import Garbled
from consentadmin.mediarithmics.paging import TimelinePage, read_page
from consentadmin.mediarithmics.timelines import TimelineActivity, read_timeline_activity

TS = 1_573_134_360_000
FLAGS = st.booleans()


@dataclass
class Platform:
    """A timeline, and what an undocumented platform may do with a question."""

    rows: list[TimelineActivity]
    oldest_first: bool = False
    keeps_oldest: bool = False
    ignores_limit: bool = False
    cap: int | None = None
    inclusive_start: bool = True
    inclusive_end: bool = True
    asked: list[tuple[int | None, int | None, int]] = field(default_factory=list)

    def ask(self, start: int | None, end: int | None, limit: int) -> tuple[TimelineActivity, ...]:
        self.asked.append((start, end, limit))
        low = -1 if start is None else start + (not self.inclusive_start)
        high = 2**63 if end is None else end - (not self.inclusive_end)
        found = sorted((r for r in self.rows if low <= r.ts <= high), key=lambda r: r.ts)
        most = min(len(found) if self.ignores_limit else limit, self.cap or len(found))
        cut = found[:most] if self.keeps_oldest else found[max(len(found) - most, 0) :]
        return tuple(cut if self.oldest_first else cut[::-1])


def activities(*times: int) -> list[TimelineActivity]:
    return [read_timeline_activity({"$ts": TS + ts, "n": n}) for n, ts in enumerate(times)]


def pages(platform: Platform, size: int, since: int | None = None) -> Iterator[TimelinePage]:
    before: int | None = None
    while True:
        page = read_page(platform.ask, size=size, before=before, since=since)
        yield page
        assert before is None or page.older is None or page.older < before
        if page.older is None:
            return
        before = page.older


def numbers(read: list[TimelineActivity]) -> list[str]:
    return sorted(str(row.rest["n"]) for row in read)


PLATFORMS = st.builds(
    Platform,
    rows=st.lists(st.integers(0, 12), max_size=60).map(lambda times: activities(*times)),
    oldest_first=FLAGS,
    ignores_limit=FLAGS,
    cap=st.sampled_from([None, 10, 20]),
    inclusive_start=FLAGS,
    inclusive_end=FLAGS,
)


@settings(max_examples=300, deadline=None, database=None)
@given(platform=PLATFORMS, size=st.integers(1, 25), keeps_oldest=FLAGS)
def test_nothing_is_lost_or_repeated(platform: Platform, size: int, *, keeps_oldest: bool) -> None:
    """S: bounds, limit, cap, order. Garbled only if a millisecond fills a whole capped answer."""
    platform.keeps_oldest = platform.oldest_first and keeps_oldest
    times = [row.ts for row in platform.rows]
    fullest = max((times.count(ts) for ts in times), default=0)
    try:
        read = [row for page in pages(platform, size) for row in page.activities]
    except Garbled:
        assert platform.cap is not None
        assert fullest >= platform.cap
        return
    assert numbers(read) == numbers(platform.rows)
    assert [row.ts for row in read] == sorted(times, reverse=True)


@settings(max_examples=100, deadline=None, database=None)
@given(platform=PLATFORMS, size=st.integers(1, 25), since=st.integers(0, 13))
def test_a_lower_bound_is_inclusive(platform: Platform, size: int, since: int) -> None:
    """S: whether the platform's own bound is."""
    platform.cap = None
    read = [row for page in pages(platform, size, TS + since) for row in page.activities]
    assert numbers(read) == numbers([row for row in platform.rows if row.ts >= TS + since])


def test_a_page_costs_one_call() -> None:
    """By the S of the platform's facts: bounds inclusive, newest first, limit kept."""
    platform = Platform(activities(*range(200)))
    first = read_page(platform.ask, size=50)
    second = read_page(platform.ask, size=50, before=first.older)
    assert platform.asked == [(None, None, 52), (None, TS + 150, 52)]
    assert (len(first.activities), len(second.activities)) == (50, 50)


def test_a_short_timeline_costs_one_call() -> None:
    platform = Platform(activities(*range(7)))
    assert len(read_page(platform.ask, size=50).activities) == 7
    assert len(platform.asked) == 1


def test_a_millisecond_stays_on_one_page() -> None:
    platform = Platform(activities(9, *[5] * 30, 1))
    page = read_page(platform.ask, size=10)
    assert ([row.ts - TS for row in page.activities], page.older) == ([9, *[5] * 30], TS + 5)


def test_a_platform_that_ignores_the_bounds_is_asked_for_more() -> None:
    """D: they are kept; if not, a larger limit still reaches what is older."""
    rows = activities(*range(120))[::-1]

    def ask(start: int | None, end: int | None, limit: int) -> tuple[TimelineActivity, ...]:
        return tuple(rows[:limit])

    page = read_page(ask, size=10, before=TS + 20)
    assert [row.ts - TS for row in page.activities][:10] == list(range(19, 9, -1))


def test_a_timeline_of_other_peoples_moments_is_garbled() -> None:
    def ask(start: int | None, end: int | None, limit: int) -> tuple[TimelineActivity, ...]:
        return tuple(activities(*[99] * limit))

    with pytest.raises(Garbled):
        read_page(ask, size=2, before=TS)


def test_more_in_a_millisecond_than_is_told_is_garbled() -> None:
    platform = Platform(activities(*[5] * 25, 1), cap=20)
    with pytest.raises(Garbled):
        read_page(platform.ask, size=10)


def test_what_does_not_fit_is_left_out_and_made_up_for() -> None:
    platform = Platform(activities(*range(100)))
    page = read_page(platform.ask, size=5, fits=lambda row: row.ts % 10 == 0)
    assert [row.ts - TS for row in page.activities] == [90, 80, 70, 60, 50]


@pytest.mark.parametrize("unit", [1, 1000, 10**6])
def test_times_in_a_wrong_unit_are_paged_as_they_are(unit: int) -> None:
    rows = [read_timeline_activity({"$ts": n * unit, "n": n}) for n in range(60)]
    read = [row for page in pages(Platform(rows), 7) for row in page.activities]
    assert numbers(read) == numbers(rows)
