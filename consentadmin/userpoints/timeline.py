"""What a person did, page by page, the newest first (PLATFORM §6). Each page leaves its entry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consentadmin.audit.clock import database_now
from consentadmin.audit.words import Actor
from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import Change
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.filters import EVERYTHING, Filters
from consentadmin.mediarithmics.paging import TimelinePage
from consentadmin.mediarithmics.selectors import PointSelector
from consentadmin.subjects.models import Handle
from consentadmin.userpoints.noting import note_reading, where
from consentadmin.userpoints.reading import Section, asking
from consentadmin.userpoints.services import Ours

SIZE = 15
"""Activities on a page; those of one millisecond stay together, so it may hold more."""

NOTHING = TimelinePage((), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which activities: of a type ("" for any), from `since` on and before `before` (ms, UTC)."""

    type: str = ""
    since: int | None = None
    before: int | None = None

    @property
    def filters(self) -> Filters:
        """What the platform is asked for beside the times. Raises InvalidFilter."""
        return EVERYTHING.where("$type", self.type) if self.type else EVERYTHING


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of a timeline, as read at one moment.

    `page` is None for a device without a user point, which has no timeline.
    """

    page: Section[TimelinePage] | None
    ours: Ours
    read_at: datetime

    @property
    def recorded(self) -> Sequence[Change]:
        """The activities that staff recorded and that are not settled, or were a moment ago."""
        return [one for one in self.ours.changes.values() if one.kind == Kind.ACTIVITY]


def read_timeline(*, handle: Handle, wanted: Wanted, actor: Actor, size: int = SIZE) -> Timeline:
    """Read a page of a person's timeline, and whether they are still where we know them.

    Raises Elsewhere, Gone, both once the attempt is recorded, and InvalidFilter before it.
    """
    subject, filters = handle.subject, wanted.filters
    client, datamart, point = client_for(subject.datamart), subject.datamart.platform_id, None
    address = subject.address(handle.selector)
    calls: dict[str, Callable[[float], Any]] = {
        "identifiers": lambda left: client.identifiers(datamart, address, deadline=left)
    }
    if subject.point is not None:
        point = PointSelector(subject.point)
        calls["timeline"] = lambda left: client.timeline_page(
            datamart,
            point,
            filters=filters,
            size=size,
            before=wanted.before,
            since=wanted.since,
            deadline=left,
        )
    with asking(calls) as asked:
        ours = Ours.of(subject)
    found = asked.sections()
    note_reading(handle, actor, found, "timeline")
    identifiers = where(handle, found["identifiers"])
    page: Section[TimelinePage] | None = found.get("timeline")
    if page is not None and page.is_missing and identifiers.error is None:
        page = Section(value=NOTHING)  # a 404 on what somebody who exists did: nothing
    return Timeline(page, ours, database_now())
