"""A person's activities as the platform tells them (PLATFORM.md §6).

Types are those of the platform, known to us or not. What no attribute holds is in `rest`. Times are
milliseconds since the epoch, UTC. Nothing a person did is in a repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from consentadmin.mediarithmics.errors import Garbled
from consentadmin.mediarithmics.fields import (
    Json,
    Object,
    digest_of,
    read_id_or_none,
    read_mapping,
    read_object,
    read_text,
    read_ts,
    read_ts_or_none,
    rest_of,
)

_IDS = ("$channel_id", "$site_id", "$app_id", "$unique_key")
_KNOWN = ("$ts", "$type", "$session_status", "$events", *_IDS)


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event of an activity."""

    name: str
    ts: int | None
    properties: Object = field(repr=False)
    rest: Object = field(repr=False)


@dataclass(frozen=True, slots=True)
class TimelineActivity:
    """One activity. `channel`, `site`, `app` and `unique_key` are None where not told."""

    ts: int
    type: str
    session_status: str
    channel: str | None
    site: str | None
    app: str | None
    unique_key: str | None = field(repr=False)
    events: tuple[TimelineEvent, ...] = field(repr=False)
    rest: Object = field(repr=False)

    def digest(self) -> str:
        """Return the hex SHA-256 of all that is told of it."""
        ids: list[Json] = [self.channel, self.site, self.app, self.unique_key]
        events = [part for each in self.events for part in _parts(each)]
        return digest_of(self.ts, self.type, self.session_status, ids, self.rest, *events)


def read_timeline(data: Json) -> tuple[TimelineActivity, ...]:
    """Return the activities of a list, in the platform's order, or raise Garbled."""
    if not isinstance(data, list):
        raise Garbled("not a list")
    return tuple(read_timeline_activity(each) for each in data)


def read_timeline_activity(value: Json) -> TimelineActivity:
    source = read_object(value)
    events = source.get("$events")
    if events is not None and not isinstance(events, list):
        raise Garbled("$events is not a list")
    channel, site, app, unique_key = (read_id_or_none(source, name) for name in _IDS)
    return TimelineActivity(
        ts=read_ts(source, "$ts"),
        type=read_text(source, "$type"),
        session_status=read_text(source, "$session_status"),
        channel=channel,
        site=site,
        app=app,
        unique_key=unique_key,
        events=tuple(_read_event(each) for each in events or ()),
        rest=rest_of(source, *_KNOWN),
    )


def _read_event(value: Json) -> TimelineEvent:
    source = read_object(value)
    return TimelineEvent(
        name=read_text(source, "$event_name"),
        ts=read_ts_or_none(source, "$ts"),
        properties=read_mapping(source, "$properties"),
        rest=rest_of(source, "$event_name", "$ts", "$properties"),
    )


def _parts(event: TimelineEvent) -> tuple[Json | Object, ...]:
    return event.name, event.ts, event.properties, event.rest
