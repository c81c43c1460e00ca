"""Activities as they rest with a change, sealed: packed to JSON and back. Pure (PLATFORM §6)."""

import uuid
from typing import Any

from consentadmin.mediarithmics.activities import (
    Activity,
    AnyEvent,
    ChoiceEvent,
    Event,
    Identifying,
    ProfileEvent,
    SessionStatus,
)
from consentadmin.mediarithmics.selectors import PointSelector, selector_from_json


def packed(activity: Activity) -> dict[str, Any]:
    """Return an activity as a JSON object that `unpacked` takes."""
    return {
        "type": activity.type,
        "session_status": activity.session_status.value,
        "ts": activity.ts,
        "identifiers": [who.to_json() for who in activity.identifiers],
        "events": [_packed_event(event) for event in activity.events],
        "site": activity.site,
        "app": activity.app,
        "unique_key": activity.unique_key,
        "ttl": activity.ttl,
        "session_duration": activity.session_duration,
        "origin": None if activity.origin is None else dict(activity.origin),
        "location": None if activity.location is None else dict(activity.location),
        "topics": None if activity.topics is None else dict(activity.topics),
        "customs": dict(activity.customs),
    }


def unpacked(stored: dict[str, Any]) -> Activity:
    """Return the activity that was packed."""
    return Activity(
        type=stored["type"],
        session_status=SessionStatus(stored["session_status"]),
        ts=stored["ts"],
        identifiers=tuple(identifying(who) for who in stored["identifiers"]),
        events=tuple(_unpacked_event(event) for event in stored["events"]),
        site=stored["site"],
        app=stored["app"],
        unique_key=stored["unique_key"],
        # What was packed by an older version has none of these.
        ttl=stored.get("ttl"),
        session_duration=stored.get("session_duration"),
        origin=stored["origin"],
        location=stored.get("location"),
        topics=stored.get("topics"),
        customs=stored["customs"],
    )


def identifying(stored: dict[str, Any]) -> Identifying:
    """Return an identifier that names a person in an activity, from its JSON."""
    found = selector_from_json(stored)
    assert not isinstance(found, PointSelector), "no user point id was packed"
    return found


def _packed_event(event: AnyEvent) -> dict[str, Any]:
    match event:
        case ChoiceEvent():
            return {
                "kind": "choice",
                "ts": event.ts,
                "processing": event.processing,
                "accepted": event.accepted,
                "customs": dict(event.customs),
            }
        case ProfileEvent():
            return {
                "kind": "profile",
                "ts": event.ts,
                "compartment": event.compartment,
                "account": event.account,
                "properties": dict(event.properties),
            }
        case Event():
            return {"name": event.name, "ts": event.ts, "properties": dict(event.properties)}


def _unpacked_event(stored: dict[str, Any]) -> AnyEvent:
    fields = {name: value for name, value in stored.items() if name != "kind"}
    match stored.get("kind"):
        case "choice":
            return ChoiceEvent(**fields)
        case "profile":
            return ProfileEvent(**fields)
        case _:
            return Event(**fields)


def new_key() -> str:
    """Return a key that no other activity has."""
    return f"consentadmin-{uuid.uuid4()}"
