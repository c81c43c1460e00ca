"""A timeline in pages, the newest first, without a cursor of the platform's (PLATFORM.md §6).

`read_page` goes down by time: the next page ends before the oldest moment of this one. It relies on
the bounds being kept, which is documented, and on nothing that isn't:

- Bounds may be inclusive or exclusive: what is asked for is a millisecond wider, and sorted out.
- `limit` may be ignored, and an answer may be capped: one as long as was asked for, or as a
  multiple of ten (caps are round), may be cut.
- Activities may share a millisecond: of a cut answer the last millisecond is left to the next one.
  If it is all in one, more is asked for; if more can't be had though there is more, that is
  Garbled: better no timeline than one that hides something.
- The order may be oldest first; and a cut answer may then hold the oldest instead of the newest.
  So it is looked whether there is anything newer, and if so, read upwards to the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from consentadmin.mediarithmics.errors import Garbled
from consentadmin.mediarithmics.timelines import TimelineActivity

MOST = 50_000
"""Activities asked for at once, at most: more than a person can have (10,000, D)."""

MOST_ROUNDS = 1_000
"""Answers after which a timeline has no end."""

_MORE = 2
"""Asked for on top of a page: its upper bound may come too, and its last moment is left."""

Rows: TypeAlias = list[TimelineActivity]
Ask: TypeAlias = Callable[[int | None, int | None, int], tuple[TimelineActivity, ...]]
"""Asks for the activities from one time to another (milliseconds; None: no bound), so many."""


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Activities, newest first; all of a millisecond are on one page, so it may be longer.

    `older`: give it as `before` for the next page. None: there is nothing older.
    """

    activities: tuple[TimelineActivity, ...] = field(repr=False)
    older: int | None


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one answer told of a window: its rows, newest first, and whether it may be cut."""

    rows: Rows
    is_cut: bool
    is_oldest_first: bool

    @property
    def is_one_moment(self) -> bool:
        return bool(self.rows) and self.rows[0].ts == self.rows[-1].ts


def read_page(
    ask: Ask,
    *,
    size: int,
    before: int | None = None,
    since: int | None = None,
    fits: Callable[[TimelineActivity], bool] = lambda _: True,
) -> TimelinePage:
    """Return the newest `size` activities from `since` (inclusive) to `before` (exclusive).

    Raises Garbled for a timeline that can't be read without a gap, and whatever `ask` raises.
    """
    found: Rows = []
    floor = before
    for _ in range(MOST_ROUNDS):
        rows, floor = _newest(ask, since, floor, size + _MORE)
        found += [row for row in rows if fits(row)]
        if floor is None or len(found) >= size:
            return _cut(found, size, floor)
    raise Garbled("a timeline without end")


def _cut(found: Rows, size: int, floor: int | None) -> TimelinePage:
    kept = [row for row in found if len(found) <= size or row.ts >= found[size - 1].ts]
    older = floor if len(kept) == len(found) else kept[-1].ts
    return TimelinePage(tuple(kept), older)


def _newest(ask: Ask, since: int | None, before: int | None, limit: int) -> tuple[Rows, int | None]:
    """Return the newest of a window, each millisecond whole, and where they end, if not with it."""
    reading = _read(ask, since, before, limit)
    if not reading.is_cut:
        return reading.rows, None
    if reading.is_one_moment:
        return _alone(ask, since, before, limit, reading.rows), None
    if reading.is_oldest_first:
        newest = reading.rows[0].ts
        above = _read(ask, newest, before, limit)
        if len(above.rows) > sum(row.ts == newest for row in reading.rows):
            return _upwards(ask, reading.rows, above, before, limit), None
    oldest = reading.rows[-1].ts
    kept = [row for row in reading.rows if row.ts > oldest]
    return kept, kept[-1].ts


def _upwards(ask: Ask, first: Rows, above: _Reading, before: int | None, limit: int) -> Rows:
    """Return all of a window of which `first` are the oldest, and `above` what follows."""
    reading, newest = above, first[0].ts
    found = [row for row in first if row.ts < newest]
    for _ in range(MOST_ROUNDS):
        if not reading.is_cut:
            return reading.rows + found
        if reading.is_one_moment:
            return _alone(ask, newest, before, limit, reading.rows) + found
        newest = reading.rows[0].ts
        found = [row for row in reading.rows if row.ts < newest] + found
        reading = _read(ask, newest, before, limit)
    raise Garbled("a timeline without end")


def _alone(ask: Ask, since: int | None, before: int | None, limit: int, rows: Rows) -> Rows:
    """Return the rows of one millisecond, if they are all that the window has."""
    moment = rows[0].ts
    beside = _read(ask, since, moment, limit).rows + _read(ask, moment + 1, before, limit).rows
    if beside:
        raise Garbled("more in one millisecond than is told")
    return rows


def _read(ask: Ask, since: int | None, before: int | None, limit: int) -> _Reading:
    """Ask for a window, and for more of it while that tells of less than two moments."""
    seen, (start, end) = -1, (None if since is None else since - 1, before)
    while True:
        answer = ask(start, end, limit)
        times = [row.ts for row in answer]
        rows = [row for row in answer if _is_within(row.ts, since, before)]
        rows.sort(key=lambda row: row.ts, reverse=True)
        is_cut = len(answer) >= limit or (len(answer) > 0 and len(answer) % 10 == 0)
        reading = _Reading(rows, is_cut, times[:1] < times[-1:] and times == sorted(times))
        if not is_cut or (rows and not reading.is_one_moment):
            return reading
        # A bound that was told is inclusive: without it there is room for what is meant.
        if start != since and start in times:
            start = since
        elif before is not None and end == before and end in times:
            end = before - 1
        elif limit >= MOST or (len(answer) <= seen and len(answer) < limit):
            # More can't be had.
            if not rows and len(answer) >= limit:
                raise Garbled("a timeline whose bounds are not kept")
            return _Reading(rows, bool(rows), reading.is_oldest_first)
        else:
            seen, limit = len(answer), min(max(limit * 4, len(answer) + 1), MOST)


def _is_within(ts: int, since: int | None, before: int | None) -> bool:
    return (since is None or ts >= since) and (before is None or ts < before)
