"""Activities and timelines, one method an endpoint (PLATFORM.md §6). A part of `client.Client`.

`post_activity`, `timeline`, `timeline_page`, `activities`, `delete_activities`.
"""

from __future__ import annotations

from datetime import date

from consentadmin.mediarithmics.activities import Activity, activity_body
from consentadmin.mediarithmics.asking import Asking, bare
from consentadmin.mediarithmics.errors import InvalidFilter
from consentadmin.mediarithmics.filters import EVERYTHING, Filters
from consentadmin.mediarithmics.paging import TimelinePage, read_page
from consentadmin.mediarithmics.paths import asking, one, person, timeline_path, under
from consentadmin.mediarithmics.selectors import PointSelector, Selector
from consentadmin.mediarithmics.timelines import TimelineActivity, read_timeline
from consentadmin.mediarithmics.transport import Outgoing


class ActivityCalls(Asking):
    """What a client does with activities."""

    @bare
    def post_activity(
        self, datamart: str, activity: Activity, *, deadline: float | None = None
    ) -> None:
        """Send an activity, once. A return means *received*, not stored (see `activities`).

        Raises InvalidBody for an activity that can't be right.
        """
        path = under(one("datamarts", datamart), "user_activities")
        self._write(Outgoing("POST", path, activity_body(activity)), deadline)

    @bare
    def timeline(
        self,
        datamart: str,
        point: PointSelector,
        *,
        filters: Filters = EVERYTHING,
        limit: int | None = None,
        to: date | None = None,
        start_ts: int | None = None,
        end_ts: int | None = None,
        deadline: float | None = None,
    ) -> tuple[TimelineActivity, ...]:
        """Return what fits of what one call tells, in the platform's order; perhaps not all.

        `to` is a last day; bounds are in milliseconds, S inclusive. Raises InvalidFilter. For all
        that there is, page by `timeline_page`.
        """
        bounded = filters if start_ts is None else filters.since(start_ts)
        bounded = bounded if end_ts is None else bounded.until(end_ts)
        ends_at = self._end(deadline)
        told = self._told(timeline_path(datamart, point), bounded, limit, ends_at, to=to)
        return tuple(activity for activity in told if filters.fits(activity))

    @bare
    def activities(
        self,
        datamart: str,
        selector: Selector,
        *,
        filters: Filters = EVERYTHING,
        limit: int | None = None,
        deadline: float | None = None,
    ) -> tuple[TimelineActivity, ...]:
        """Return what one call tells of whom any selector names, in the platform's order.

        ``user_activities`` as a document (D, §2); that it takes filters and a limit as a timeline
        does is S. Raises NotFound, also for somebody who did nothing, perhaps.
        """
        path = person(datamart, selector, "user_activities")
        told = self._told(path, filters, limit, self._end(deadline))
        return tuple(activity for activity in told if filters.fits(activity))

    @bare
    def timeline_page(
        self,
        datamart: str,
        point: PointSelector,
        *,
        filters: Filters = EVERYTHING,
        size: int = 50,
        before: int | None = None,
        since: int | None = None,
        deadline: float | None = None,
    ) -> TimelinePage:
        """Return the newest `size` activities before a time, none left out (see `paging`).

        For the next page, `before` is the last page's `older`: exclusive; `since` is inclusive.
        """
        path, ends_at = timeline_path(datamart, point), self._end(deadline)
        if size < 1:
            raise InvalidFilter("A page has at least one activity.")

        def ask(start: int | None, end: int | None, limit: int) -> tuple[TimelineActivity, ...]:
            start = None if start is None or start < 0 else start  # before 1970: all there is
            return self._told(path, filters.between(start, end), limit, ends_at)

        return read_page(ask, size=size, before=before, since=since, fits=filters.fits)

    @bare
    def delete_activities(
        self,
        datamart: str,
        point: PointSelector,
        filters: Filters,
        *,
        deadline: float | None = None,
    ) -> None:
        """Ask, once, that the activities which the filters mean be deleted.

        Raises InvalidFilter for filters that mean everything (to delete a person is
        `delete_point`), or more in one reading than in another.
        """
        if not filters.parts:
            raise InvalidFilter("Say which activities are to be deleted.")
        if not filters.is_plain:
            raise InvalidFilter("Delete these activities in several steps: one value at a time.")
        path = asking(timeline_path(datamart, point), {"filters": filters.expression()})
        self._write(Outgoing("DELETE", path), deadline)

    def _told(
        self,
        path: str,
        filters: Filters,
        limit: int | None,
        ends_at: float,
        *,
        to: date | None = None,
    ) -> tuple[TimelineActivity, ...]:
        if limit is not None and limit < 1:
            raise InvalidFilter("At least one activity is asked for.")
        fields = {
            "filters": filters.expression(),
            "limit": "" if limit is None else str(limit),
            "to": "" if to is None else f"{to:%Y-%m-%d}",
        }
        asked = asking(path, {name: value for name, value in fields.items() if value})
        return read_timeline(self._read(Outgoing("GET", asked), ends_at)["data"])
