"""How many entries there were over time: counted by day, or by hour, within bounds.

Counting reads every entry that it counts. So it looks at a quarter of a year at most, at so many
entries at most, and for so long at most; each bound that was met is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import QueryCanceled

from consentadmin.audit.filters import Filter
from consentadmin.audit.queries import entries

LONGEST = timedelta(days=90)
BY_HOUR = timedelta(hours=48)
MOST = 100_000
WITHIN_MS = 1500
COUNT = """
SELECT date_trunc(%s, at, %s), count(*), min(at) FROM ({newest}) newest GROUP BY 1
"""


class Step(Enum):
    """How long each of the counted spans is."""

    HOUR = "hour"
    DAY = "day"


class TooMany(Exception):
    """They could not be counted in time."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Entries counted from `since` up to `until`, by `step`, oldest first, empty spans included.

    `is_shortened`: more time was asked for than is counted. `counted_from` is set where there were
    more than `MOST` entries: only the newest were counted, and these reach back to that time.
    """

    since: datetime
    until: datetime
    step: Step
    counts: Sequence[tuple[datetime, int]]
    is_shortened: bool
    counted_from: datetime | None

    @property
    def total(self) -> int:
        """How many were counted."""
        return sum(count for _, count in self.counts)


def activity(
    asked: Filter, *, now: datetime, most: int = MOST, within_ms: int = WITHIN_MS
) -> Activity:
    """Count the entries that pass a filter, by the calendar of the current zone. Raises TooMany.

    Without a beginning, or with one too long ago, the last 90 days up to the end are counted.
    """
    until = min(asked.until or now, now)
    since = max(asked.since or until - LONGEST, until - LONGEST)
    step = Step.HOUR if until - since <= BY_HOUR else Step.DAY
    found, oldest = _counted(replace(asked, since=since, until=until), step, most, within_ms)
    is_cut = sum(found.values()) >= most
    begins = list(_begins(oldest if is_cut and oldest else since, until, step))
    return Activity(
        since=since,
        until=until,
        step=step,
        counts=[(begin, found.get(begin.astimezone(UTC), 0)) for begin in begins],
        is_shortened=asked.since is not None and asked.since < since,
        counted_from=oldest if is_cut else None,
    )


def _begins(since: datetime, until: datetime, step: Step) -> Iterator[datetime]:
    """Give the beginnings of the spans from one time up to another."""
    begin = timezone.localtime(since).replace(minute=0, second=0, microsecond=0)
    if step is Step.DAY:
        begin = begin.replace(hour=0, fold=0)
    while begin < until:
        yield begin
        if step is Step.HOUR:
            begin = timezone.localtime(begin.astimezone(UTC) + timedelta(hours=1))
        else:  # by the wall clock: a day may have 23 hours, or 25
            begin += timedelta(days=1)


def _counted(
    asked: Filter, step: Step, most: int, within_ms: int
) -> tuple[Mapping[datetime, int], datetime | None]:
    """Return the counts by the begin of their span (UTC), and the time of the oldest counted."""
    newest, values = entries(asked).values("at")[:most].query.sql_with_params()
    counting = COUNT.format(newest=newest)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(within_ms)])
            zone = timezone.get_current_timezone_name()
            cursor.execute(counting, [step.value, zone, *values])
            rows = cursor.fetchall()
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooMany from None
        raise
    counts = {begin.astimezone(UTC): count for begin, count, _ in rows}
    return counts, min((oldest for *_, oldest in rows), default=None)
