"""An activity to be sent (PLATFORM.md §6): `Activity`, its events, and `activity_body`.

A 2xx to an activity means *received*: an analyzer may drop it or its events, and a quarantined
point takes none. Only a read-back shows that it landed. It is never resent by itself: that
``$unique_key`` deduplicates is documented nowhere, so look for the key in the timeline first.

Identifiers are those of one person. If the platform holds them under two, it **merges** those two
under the older; if it knows none, it makes a new person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from consentadmin.mediarithmics.bodies import check_customs, check_ts, without_address
from consentadmin.mediarithmics.errors import InvalidBody
from consentadmin.mediarithmics.fields import Json, Object
from consentadmin.mediarithmics.selectors import AccountSelector, AgentSelector, EmailHashSelector

SITE_VISIT, APP_VISIT, TOUCH = "SITE_VISIT", "APP_VISIT", "TOUCH"
"""Types of activities; the platform knows more, and takes others (D)."""

CHOICE_EVENT, PROFILE_EVENT = "$set_user_choice", "$set_user_profile_properties"


class SessionStatus(StrEnum):
    """Where an activity stands in a session (C)."""

    NO_SESSION = "NO_SESSION"
    IN_SESSION = "IN_SESSION"
    CLOSED_SESSION = "CLOSED_SESSION"
    SESSION_SNAPSHOT = "SESSION_SNAPSHOT"


Identifying: TypeAlias = AccountSelector | AgentSelector | EmailHashSelector
"""What names a person in an activity. A user point id does not (D)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Any event but the two below. `ts` is in milliseconds."""

    name: str
    ts: int
    properties: Object = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceEvent:
    """``$set_user_choice``: S its `ts` becomes the ``$choice_ts``."""

    processing: str
    accepted: bool
    ts: int
    customs: Object = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEvent:
    """``$set_user_profile_properties`` on the profile of one account."""

    compartment: str
    account: str = field(repr=False)
    ts: int
    properties: Object = field(repr=False)


AnyEvent: TypeAlias = Event | ChoiceEvent | ProfileEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity. `site` is a must for SITE_VISIT, `app` for APP_VISIT. Times in milliseconds.

    `ttl` is in minutes; the unit of `session_duration` is documented nowhere. `topics` are objects
    of numbers, by name (C). `customs` are fields of the customer's own at the root; their names
    don't begin with ``$``.
    """

    type: str
    session_status: SessionStatus
    ts: int
    identifiers: tuple[Identifying, ...] = field(repr=False)
    events: tuple[AnyEvent, ...] = field(default=(), repr=False)
    site: str | None = None
    app: str | None = None
    unique_key: str | None = None
    ttl: int | None = None
    session_duration: int | None = None
    origin: Object | None = field(default=None, repr=False)
    location: Object | None = field(default=None, repr=False)
    topics: Object | None = field(default=None, repr=False)
    customs: Object = field(default_factory=dict, repr=False)


def activity_body(activity: Activity) -> bytes:
    """Return the body of an activity, or raise InvalidBody for what can't be right."""
    _check(activity)
    optional: dict[str, Json] = {
        "$site_id": activity.site,
        "$app_id": activity.app,
        "$unique_key": activity.unique_key,
        "$ttl": activity.ttl,
        "$session_duration": activity.session_duration,
        "$origin": None if activity.origin is None else dict(activity.origin),
        "$location": None if activity.location is None else dict(activity.location),
        "$topics": None if activity.topics is None else dict(activity.topics),
    }
    return without_address(
        {
            **activity.customs,
            "$type": activity.type,
            "$session_status": activity.session_status.value,
            "$ts": activity.ts,
            "$user_identifiers": [_identifier(each) for each in activity.identifiers],
            **{name: value for name, value in optional.items() if value is not None},
            "$events": [_event(each) for each in activity.events],
        }
    )


def _check(activity: Activity) -> None:
    check_ts(activity.ts)
    check_customs(activity.customs)
    complaint = ""
    if not activity.type:
        complaint = "An activity has a type."
    elif not activity.identifiers:
        complaint = "An activity names a person."
    elif activity.type == SITE_VISIT and not activity.site:
        complaint = "A visit to a site names the site."
    elif activity.type == APP_VISIT and not activity.app:
        complaint = "A visit to an app names the app."
    elif "" in {activity.site, activity.app, activity.unique_key}:
        complaint = "A site, an app or a key is not empty."
    elif not all(_is_length(each) for each in (activity.ttl, activity.session_duration)):
        complaint = "A time to live and a length of a session are whole numbers from 0."
    elif not all(_weighs(each) for each in (activity.topics or {}).values()):
        complaint = "Each topic is an object of numbers."
    if complaint:
        raise InvalidBody(complaint)


def _is_length(value: int | None) -> bool:
    """Whether it is a length of time that fits in what the platform keeps one in, or none."""
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _weighs(topic: Json) -> bool:
    return isinstance(topic, dict) and not any(
        isinstance(each, bool) or not isinstance(each, int | float) for each in topic.values()
    )


def _identifier(who: Identifying) -> Json:
    match who:
        case AccountSelector():
            account: dict[str, Json] = {"$compartment_id": who.compartment}
            return {"$type": "USER_ACCOUNT", **account, "$user_account_id": who.account}
        case AgentSelector():
            return {"$type": "USER_AGENT", "$user_agent_id": who.agent}
        case EmailHashSelector():
            return {"$type": "USER_EMAIL", "$hash": who.hash}
    raise InvalidBody("An activity does not name a person by a user point id.")


def _event(event: AnyEvent) -> Json:
    check_ts(event.ts)
    match event:
        case ChoiceEvent():
            check_customs(event.customs)
            return _written(CHOICE_EVENT, event.ts, _choice(event))
        case ProfileEvent():
            check_customs(event.properties)
            AccountSelector(event.compartment, event.account)  # raises for what names no account
            profile: dict[str, Json] = {"$compartment_id": event.compartment}
            profile |= {"$user_account_id": event.account, **event.properties}
            return _written(PROFILE_EVENT, event.ts, profile)
        case Event():
            if not event.name or event.name in {CHOICE_EVENT, PROFILE_EVENT}:
                raise InvalidBody(
                    "An event has a name; a choice and a profile have their own kind."
                )
            return _written(event.name, event.ts, event.properties)


def _choice(event: ChoiceEvent) -> Mapping[str, Json]:
    if not event.processing or not isinstance(event.accepted, bool):
        raise InvalidBody("A choice has a processing, and is true or false.")
    choice: dict[str, Json] = {"$processing_id": event.processing}
    return {**event.customs, **choice, "$choice_acceptance_value": event.accepted}


def event_name(event: AnyEvent) -> str:
    """Return the name by which an event stands in a timeline."""
    match event:
        case ChoiceEvent():
            return CHOICE_EVENT
        case ProfileEvent():
            return PROFILE_EVENT
        case Event():
            return event.name


def _written(name: str, ts: int, properties: Mapping[str, Json]) -> Json:
    return {"$ts": ts, "$event_name": name, "$properties": dict(properties)}
