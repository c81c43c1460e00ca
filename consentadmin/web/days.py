"""A timeline laid out for its page: by the viewer's days, each activity one line in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consentadmin.changes.rules import moment
from consentadmin.datamarts.models import Channel, Compartment, Processing
from consentadmin.mediarithmics.activities import CHOICE_EVENT, PROFILE_EVENT
from consentadmin.mediarithmics.timelines import TimelineActivity, TimelineEvent
from consentadmin.userpoints.services import Ours

TYPES: dict[str, Promise] = {
    "SITE_VISIT": gettext_lazy("Visit to a site"),
    "APP_VISIT": gettext_lazy("Visit to an app"),
    "EMAIL": gettext_lazy("E-mail"),
    "DISPLAY_AD": gettext_lazy("Display advertisement"),
    "TOUCH": gettext_lazy("Contact"),
    "USER_SCENARIO_START": gettext_lazy("Scenario started"),
    "USER_SCENARIO_STOP": gettext_lazy("Scenario stopped"),
    "USER_SCENARIO_NODE_ENTER": gettext_lazy("Step of a scenario begun"),
    "USER_SCENARIO_NODE_EXIT": gettext_lazy("Step of a scenario ended"),
}
"""The documented types (PLATFORM §6) in words; the platform knows more."""

SESSIONS: dict[str, Promise] = {
    "NO_SESSION": gettext_lazy("in no session"),
    "IN_SESSION": gettext_lazy("in a session that goes on"),
    "CLOSED_SESSION": gettext_lazy("a session that has ended"),
    "SESSION_SNAPSHOT": gettext_lazy("a session so far"),
}
"""Where an activity stands in a session (PLATFORM §6), in words."""

_OF_PROFILE = ("$compartment_id", "$user_account_id")
_NAMED = {
    "$channel_id": "channel",
    "$site_id": "site",
    "$app_id": "app",
    "$unique_key": "unique_key",
    "$ttl": "ttl",
    "$session_duration": "session_duration",
    "$origin": "origin",
    "$location": "location",
    "$topics": "topics",
}
_ABOUT: dict[str, Promise] = {
    "ttl": gettext_lazy("Time to live, in minutes"),
    "session_duration": gettext_lazy("Length of the session"),
    "origin": gettext_lazy("Where it came from"),
    "location": gettext_lazy("Where the person was"),
    "topics": gettext_lazy("Topics"),
}
_MOST_NAMES = 4


def type_words(name: str) -> str:
    """Return a type of activity in words; one we do not know as the platform has it, readable."""
    return str(TYPES[name]) if name in TYPES else readable(name) or _("Activity without a type")


def readable(name: str) -> str:
    """Return a name of the platform's without its marks: "$page_view" is "page view"."""
    words = name.lstrip("$").replace("_", " ")
    return words.capitalize() if words.isupper() else words


@dataclass(frozen=True, slots=True)
class ChoiceTold:
    """A choice that an event set: of which processing, under which basis as we know it today."""

    processing: str
    name: str
    basis: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class ProfileTold:
    """A profile that an event wrote to: whose compartment, and which fields."""

    compartment: str
    fields: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """One activity as a line. `at` is None where no calendar holds its time.

    `choices` and `profiles` are told apart; `others` are the rest of its events, each name once
    with how often.
    """

    activity: TimelineActivity
    at: datetime | None
    place: str
    choices: Sequence[ChoiceTold]
    profiles: Sequence[ProfileTold]
    others: Sequence[tuple[str, int]]

    @property
    def words(self) -> str:
        """Its type in words."""
        return type_words(self.activity.type)

    @property
    def session(self) -> str:
        """Where it stands in a session, in words."""
        status = self.activity.session_status
        return str(SESSIONS.get(status, readable(status)))

    @property
    def about(self) -> Sequence[tuple[Promise, Any]]:
        """What else the platform itself has of an activity, each by its name in words."""
        found = ((words, getattr(self.activity, name)) for name, words in _ABOUT.items())
        return [(words, value) for words, value in found if value is not None]

    @property
    def raw(self) -> dict[str, Any]:
        """All that the platform told of it, as JSON has it."""
        found = self.activity
        named = {name: getattr(found, attribute) for name, attribute in _NAMED.items()}
        return {
            "$ts": found.ts,
            "$type": found.type,
            "$session_status": found.session_status,
            **{name: value for name, value in named.items() if value is not None},
            **found.rest,
            "$events": [_raw_event(event) for event in found.events],
        }


@dataclass(frozen=True, slots=True)
class Day:
    """The activities of one day; `is_continued`: its later ones are on the page before."""

    name: str
    is_continued: bool
    activities: Sequence[Told]


def days_of(
    activities: Sequence[TimelineActivity], ours: Ours, *, before: int | None
) -> Sequence[Day]:
    """Return activities by the viewer's days; `before` is where the page before ended, if any."""
    told = [told_of(activity, ours) for activity in activities]
    last = _day(moment(before)) if before is not None else None
    return [
        Day(name, name == last, list(found))
        for name, found in groupby(told, key=lambda one: _day(one.at))
    ]


def _day(at: datetime | None) -> str:
    if at is None:
        return _("A time that is in no calendar")
    try:
        return date_format(timezone.localtime(at), "l j F Y")
    except OverflowError:
        return date_format(at, "l j F Y")


def told_of(activity: TimelineActivity, ours: Ours) -> Told:
    """Return an activity as a line."""
    choices = [_choice(event, ours.processings) for event in activity.events]
    profiles = [_profile(event, ours.compartments) for event in activity.events]
    apart = zip(activity.events, choices, profiles, strict=True)
    others = Counter(
        readable(event.name) for event, choice, profile in apart if not choice and not profile
    )
    return Told(
        activity=activity,
        at=moment(activity.ts),
        place=_place(activity, ours.channels),
        choices=[choice for choice in choices if choice],
        profiles=[profile for profile in profiles if profile],
        others=others.most_common(_MOST_NAMES),
    )


def _choice(event: TimelineEvent, processings: Sequence[Processing]) -> ChoiceTold | None:
    """Return the choice that an event sets, None for another event and for a broken one."""
    accepted = event.properties.get("$choice_acceptance_value")
    processing = event.properties.get("$processing_id")
    if event.name != CHOICE_EVENT or not isinstance(accepted, bool) or processing is None:
        return None
    key = str(processing)
    known = next((one for one in processings if one.platform_id == key), None)
    return ChoiceTold(
        key, known.name if known else "", known.legal_basis if known else "", accepted
    )


def _profile(event: TimelineEvent, compartments: Sequence[Compartment]) -> ProfileTold | None:
    if event.name != PROFILE_EVENT:
        return None
    fields = [name for name in event.properties if name not in _OF_PROFILE]
    return ProfileTold(_named(compartments, event.properties.get("$compartment_id")), fields)


def _place(activity: TimelineActivity, channels: Sequence[Channel]) -> str:
    """Return the site or app an activity took place on, by our referential's name."""
    return _named(channels, activity.site or activity.app or activity.channel)


def _named(things: Sequence[Channel | Compartment], platform_id: object) -> str:
    key = "" if platform_id is None else str(platform_id)
    return next((one.name for one in things if one.platform_id == key), key)


def _raw_event(event: TimelineEvent) -> Mapping[str, Any]:
    at = {} if event.ts is None else {"$ts": event.ts}
    return {**at, "$event_name": event.name, "$properties": dict(event.properties), **event.rest}
