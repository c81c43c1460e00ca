"""Posting an activity for a change, and looking for it in the timeline (PLATFORM §6).

A 2xx means *received*: an analyzer may drop the activity or some of its events. It carries a key
of its own, by which it is found again; without that look it is never sent a second time.
"""

from dataclasses import dataclass
from typing import Any

from consentadmin.changes.activities import identifying, unpacked
from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import Change
from consentadmin.changes.standing import Trace
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.activities import (
    TOUCH,
    Activity,
    AnyEvent,
    ChoiceEvent,
    ProfileEvent,
    SessionStatus,
    event_name,
)
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.filters import Filters
from consentadmin.mediarithmics.selectors import PointSelector
from consentadmin.mediarithmics.timelines import TimelineActivity
from consentadmin.subjects.resolve import resolve


@dataclass(frozen=True, slots=True)
class ActivityStanding:
    """An activity as the timeline tells it, None when it is not in there."""

    change: Change
    found: TimelineActivity | None

    @property
    def has_moved(self) -> bool:
        """Whether it is another than staff saw: they saw none."""
        return False

    def shown(self) -> Trace | None:
        """Return the trace when the activity is in the timeline with every event."""
        trace = self.trace()
        return trace if trace and trace.is_whole else None

    def trace(self) -> Trace | None:
        """Return what is in the timeline of it, and how many of its events were dropped."""
        if self.found is None:
            return None
        missing = [event_name(event) for event in activity_of(self.change).events]
        for event in self.found.events:
            if event.name in missing:
                missing.remove(event.name)
        if missing:
            return Trace(is_whole=False, told={"events_dropped": len(missing)})
        return Trace(is_whole=True)

    def there(self) -> dict[str, Any]:
        """Return nothing: there is no other version of an activity."""
        return {}


def read_activity(change: Change) -> ActivityStanding:
    """Look for the activity in the timeline, by its key. Raises as `read_choice` does."""
    point = change.target.point
    assert point is not None, "an activity is asked for of a person with a user point"
    activity = activity_of(change)
    assert activity.unique_key, "every activity of ours has its key"
    try:
        told = client_for(change.datamart).timeline(
            change.datamart.platform_id,
            PointSelector(point),
            filters=Filters().where("$unique_key", activity.unique_key),
        )
    except NotFound:
        resolve(subject=change.target, selector=change.selector)
        told = ()
    ours = (one for one in told if one.unique_key == activity.unique_key)
    return ActivityStanding(change, next(ours, None))


def post_activity(change: Change) -> None:
    """Send the activity, once. Raises PlatformError."""
    client_for(change.datamart).post_activity(change.datamart.platform_id, activity_of(change))


def activity_of(change: Change) -> Activity:
    """Return the activity that a change posts: its own, or the one that carries its event."""
    if change.kind == Kind.ACTIVITY:
        return unpacked(change.payload["activity"])
    event = _event_of(change)
    return Activity(
        type=TOUCH,
        session_status=SessionStatus.NO_SESSION,
        ts=event.ts,
        identifiers=(identifying(change.payload["identifier"]),),
        events=(event,),
        unique_key=change.payload["unique_key"],
    )


def _event_of(change: Change) -> AnyEvent:
    if change.is_profile:
        profile = change.profile
        assert profile.body is not None, "a deletion has no event"
        return ProfileEvent(
            compartment=profile.compartment,
            account=profile.account,
            ts=change.payload["event_ts"],
            properties=profile.body,
        )
    wish = change.wish
    return ChoiceEvent(
        processing=change.processing,
        accepted=wish.accepted,
        ts=wish.choice_ts,
        customs=wish.customs,
    )
