"""Reads what an activity's body says, and refuses what can't be right (PLATFORM §6).

What is refused is named: the field, and for an event its place.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from consentadmin.sandbox import bodies
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.effects import Event, text_of
from consentadmin.sandbox.identities import Named
from consentadmin.sandbox.instants import instant
from consentadmin.sandbox.problems import Problem, bad_request
from consentadmin.sandbox.selectors import Selector

_SESSIONS = ("NO_SESSION", "IN_SESSION", "CLOSED_SESSION", "SESSION_SNAPSHOT")
_CHANNELS = {"SITE_VISIT": "$site_id", "APP_VISIT": "$app_id"}
_LENGTHS, _ABOUT, _TOPICS = ("$ttl", "$session_duration"), ("$origin", "$location"), "$topics"
_MOST_IDENTIFIERS, _MOST_EVENTS = 100, 1_000

Fields = dict[str, Any]


class Activity(NamedTuple):
    """An activity that may pass: its `$ts` (ms, UTC), whose it is, its body for the timeline."""

    ts: int
    named: tuple[Named, ...]
    body: Fields


class Reception:
    """Reads activities. `check` raises for an event that can't do what its name says."""

    def __init__(
        self, access: Access, decisions: Decisions, check: Callable[[str, Event], None]
    ) -> None:
        self._access = access
        self._decisions = decisions
        self._check = check

    def read(self, datamart_id: str, given: Fields, now: int) -> Activity:
        """Return the activity, or raise a 400; without a `$ts` it happens now, in ms, UTC (S)."""
        kind = _text(given, "$type")
        status = _text(given, "$session_status")
        if status not in _SESSIONS and self._decisions.unknown_session_is_refused:
            raise bad_request(f"$session_status must be one of {', '.join(_SESSIONS)}")
        if given.get("$ts") is None and self._decisions.activity_ts_is_mandatory:
            raise bad_request("$ts is mandatory")
        ts = self._instant(given, "$ts", now)
        events = list(self._events(datamart_id, given, ts))
        body = given | {"$ts": ts, "$events": events}
        if kind in _CHANNELS:
            body.setdefault("$channel_id", text_of(given, _CHANNELS[kind]))
        for name in _CHANNELS.values():
            if given.get(name) is not None:
                body.setdefault("$channel_id", text_of(given, name))
        if not isinstance(given.get("$unique_key", ""), str):
            raise bad_request("$unique_key must be a text")
        if self._decisions.optional_fields_are_checked:
            _check_optional(given)
        named = tuple(dict.fromkeys(self._named(datamart_id, given)))
        if not named and self._decisions.activity_needs_identifier:
            raise bad_request("$user_identifiers is mandatory")
        bodies.written(body)
        return Activity(ts, named, body)

    def _instant(self, given: Fields, name: str, otherwise: int) -> int:
        value = given.get(name)
        return otherwise if value is None else instant(value, name, self._decisions)

    def _events(self, datamart_id: str, given: Fields, ts: int) -> Iterator[Event]:
        if given.get("$events") is None:
            raise bad_request("$events is mandatory")
        for place, event in enumerate(_objects(given, "$events", _MOST_EVENTS)):
            try:
                yield self._event(datamart_id, event, ts)
            except Problem as problem:
                raise Problem(
                    problem.status, f"$events[{place}]: {problem.sentence}", problem.code
                ) from None

    def _event(self, datamart_id: str, given: Fields, ts: int) -> Event:
        properties = given.get("$properties")
        if not isinstance(properties, dict | None):
            raise bad_request("$properties must be an object")
        event = given | {
            "$ts": self._instant(given, "$ts", ts),
            "$event_name": _text(given, "$event_name"),
            "$properties": properties or {},
        }
        if self._decisions.events_are_checked_at_once:
            self._check(datamart_id, event)
        return event

    def _named(self, datamart_id: str, given: Fields) -> Iterator[Named]:
        """Read the identifiers: those of the list, then the legacy ones at the root."""
        for each in _objects(given, "$user_identifiers", _MOST_IDENTIFIERS):
            match _text(each, "$type"):
                case "USER_ACCOUNT":
                    yield self._account(datamart_id, each)
                case "USER_AGENT":
                    yield Named(Selector("user_agent_id", "", text_of(each, "$user_agent_id")))
                case "USER_EMAIL":
                    yield Named(Selector("email_hash", "", text_of(each, "$hash")), _email(each))
                case kind:
                    raise bad_request(f"$user_identifiers: $type {kind[:40]!r} names nobody")
        if given.get("$user_agent_id") is not None:
            yield Named(Selector("user_agent_id", "", text_of(given, "$user_agent_id")))
        if given.get("$email_hash") is not None:
            yield Named(Selector("email_hash", "", text_of(given, "$email_hash")))
        if given.get("$user_account_id") is not None:
            yield self._account(datamart_id, given)

    def _account(self, datamart_id: str, given: Fields) -> Named:
        """Read an account; without a compartment it is one of the default compartment."""
        account_id = text_of(given, "$user_account_id")
        if given.get("$compartment_id") is None:
            compartment_id = self._access.default_compartment(datamart_id)
        else:
            compartment_id = text_of(given, "$compartment_id")
            self._access.check_compartment(datamart_id, compartment_id)
        return Named(Selector("user_account_id", compartment_id, account_id))


def _check_optional(given: Fields) -> None:
    """Check what an activity may tell beside: null is as if it were not there."""
    for name in _LENGTHS:
        value = given.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise bad_request(f"{name} must be a whole number")
        if value is not None and not 0 <= value < 2**31:
            raise bad_request(f"{name} must be a whole number from 0 that fits in 32 bits")
    if given.get("$channel_id") is not None:
        text_of(given, "$channel_id")
    for name in (*_ABOUT, _TOPICS):
        if not isinstance(given.get(name), dict | None):
            raise bad_request(f"{name} must be an object")
    for topic in (given.get(_TOPICS) or {}).values():
        if not isinstance(topic, dict) or not all(_is_number(each) for each in topic.values()):
            raise bad_request(f"{_TOPICS} must hold objects of numbers")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _objects(given: Fields, name: str, most: int) -> list[Fields]:
    found = given.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise bad_request(f"{name} must be a list of objects")
    if len(found) > most:
        raise bad_request(f"{name} may hold {most} elements at most")
    return found


def _text(given: Fields, name: str) -> str:
    value = given.get(name)
    if value is None or value == "":
        raise bad_request(f"{name} is mandatory")
    if not isinstance(value, str):
        raise bad_request(f"{name} must be a text")
    return value


def _email(given: Fields) -> str | None:
    email = given.get("$email")
    if not isinstance(email, str | None):
        raise bad_request("$email must be a text")
    return email
