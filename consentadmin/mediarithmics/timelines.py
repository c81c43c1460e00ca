"""A person's activities as the platform tells them (PLATFORM.md §6).

Types are those of the platform, known to us or not. What no attribute holds is in `rest`, and so is
an optional field that is null or not of its type: one odd ``$topics`` must not hide a timeline.
Times are milliseconds since the epoch, UTC. Nothing a person did is in a repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

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
_NUMBERS = ("$ttl", "$session_duration")
_OBJECTS = ("$origin", "$location", "$topics")
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
    """One activity. Whatever may be None is so where it is not told.

    `ttl` is in minutes; the unit of `session_duration` is documented nowhere.
    """

    ts: int
    type: str
    session_status: str
    channel: str | None
    site: str | None
    app: str | None
    unique_key: str | None = field(repr=False)
    ttl: int | None
    session_duration: int | None
    origin: Object | None = field(repr=False)
    location: Object | None = field(repr=False)
    topics: Object | None = field(repr=False)
    events: tuple[TimelineEvent, ...] = field(repr=False)
    rest: Object = field(repr=False)

    def digest(self) -> str:
        """Return the hex SHA-256 of all that is told of it."""
        ids: list[Json] = [self.channel, self.site, self.app, self.unique_key]
        about = (self.ttl, self.session_duration, self.origin, self.location, self.topics)
        events = [part for each in self.events for part in _parts(each)]
        whole = (self.ts, self.type, self.session_status, ids, *about, self.rest, *events)
        return digest_of(*whole)


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
    ttl, duration = (_number(source, name) for name in _NUMBERS)
    origin, location, topics = (_object(source, name) for name in _OBJECTS)
    optional = zip((*_NUMBERS, *_OBJECTS), (ttl, duration, origin, location, topics), strict=True)
    return TimelineActivity(
        ts=read_ts(source, "$ts"),
        type=read_text(source, "$type"),
        session_status=read_text(source, "$session_status"),
        channel=channel,
        site=site,
        app=app,
        unique_key=unique_key,
        ttl=ttl,
        session_duration=duration,
        origin=origin,
        location=location,
        topics=topics,
        events=tuple(_read_event(each) for each in events or ()),
        rest=rest_of(source, *_KNOWN, *(name for name, it in optional if it is not None)),
    )


def _number(source: Object, name: str) -> int | None:
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(source: Object, name: str) -> Object | None:
    value = source.get(name)
    return MappingProxyType(value) if isinstance(value, dict) else None


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
