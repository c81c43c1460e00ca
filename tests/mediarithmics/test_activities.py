"""What an activity says, what is refused before it is sent, and that it is sent once (§6)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentadmin.mediarithmics.activities import (
    Activity,
    AnyEvent,
    ChoiceEvent,
    Event,
    ProfileEvent,
    SessionStatus,
    activity_body,
)
from consentadmin.mediarithmics.answers import parse
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import (
    Busy,
    Declined,
    Garbled,
    InvalidBody,
    InvalidSelector,
    PlatformError,
    Silent,
)
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.selectors import (
    AgentSelector,
    EmailHashSelector,
    PointSelector,
)
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.fixtures.lies import Answer
from tests.mediarithmics.conftest import ALICE

TS = 1_573_134_360_000
CHOICE = ChoiceEvent(processing="7", accepted=False, ts=TS + 1, customs={"form": "f-12"})
PROFILE = ProfileEvent(compartment="1606", account="914", ts=TS + 2, properties={"city": "Brno"})


def touch(*events: AnyEvent, **more: object) -> Activity:
    given: dict[str, object] = {
        "type": "TOUCH",
        "session_status": SessionStatus.NO_SESSION,
        "ts": TS,
        "identifiers": (ALICE,),
        "events": events,
    }
    return Activity(**{**given, **more})  # type: ignore[arg-type]


SENT = {
    "$type": "TOUCH",
    "$session_status": "NO_SESSION",
    "$ts": TS,
    "$user_identifiers": [
        {
            "$type": "USER_ACCOUNT",
            "$compartment_id": ALICE.compartment,
            "$user_account_id": ALICE.account,
        }
    ],
    "$unique_key": "k-1",
    "$origin": {"a": 1},
    "$events": [
        {
            "$ts": TS + 1,
            "$event_name": "$set_user_choice",
            "$properties": {
                "form": "f-12",
                "$processing_id": "7",
                "$choice_acceptance_value": False,
            },
        },
        {
            "$ts": TS + 2,
            "$event_name": "$set_user_profile_properties",
            "$properties": {
                "$compartment_id": "1606",
                "$user_account_id": "914",
                "city": "Brno",
            },
        },
    ],
}


@pytest.mark.fact("§6 post")
def test_an_activity_is_posted_as_documented(liar: Liar, client: Client) -> None:
    """D and C §6: the path, the identifiers, the fields and both events."""
    liar.always(lies.ok(data=True))
    client.post_activity("1", touch(CHOICE, PROFILE, unique_key="k-1", origin={"a": 1}))
    request = liar.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/datamarts/1/user_activities")
    assert request.headers["content-type"] == "application/json"
    assert request.json() == SENT


@pytest.mark.fact("§6 optional")
def test_every_optional_field_is_sent_as_documented() -> None:
    """C §6: ``$ttl``, ``$session_duration``, ``$origin``, ``$location``, ``$topics``."""
    optional: dict[str, Json] = {
        "ttl": 0,
        "session_duration": 302,
        "origin": {"$channel": "email"},
        "location": {"$country": "FR"},
        "topics": {"shelf": {"wool": 0.5}},
    }
    body = parse(activity_body(touch(**optional)))
    assert isinstance(body, dict)
    assert {name: body[f"${name}"] for name in optional} == optional


def test_each_kind_of_identifier_is_named_as_documented() -> None:
    """D §6: an agent and a hash; a clear address never."""
    body = parse(
        activity_body(touch(identifiers=(AgentSelector("vec:1"), EmailHashSelector("e2"))))
    )
    assert isinstance(body, dict)
    assert body["$user_identifiers"] == [
        {"$type": "USER_AGENT", "$user_agent_id": "vec:1"},
        {"$type": "USER_EMAIL", "$hash": "e2"},
    ]


def test_a_visit_names_its_place_and_an_unknown_type_is_taken() -> None:
    """C §6: ``$site_id`` and ``$app_id``; D: types that we don't know."""
    event = Event(name="$page_view", ts=TS, properties={"$url": "https://x"})
    site = parse(activity_body(touch(event, type="SITE_VISIT", site="12", customs={"shop": 1})))
    app = parse(activity_body(touch(type="APP_VISIT", app="13")))
    other = parse(activity_body(touch(type="SOMETHING_NEW")))
    assert isinstance(site, dict)
    assert (site["$site_id"], site["shop"]) == ("12", 1)
    assert isinstance(app, dict)
    assert app["$app_id"] == "13"
    assert isinstance(other, dict)
    assert other.keys() == {"$type", "$session_status", "$ts", "$user_identifiers", "$events"}


REFUSED: dict[str, Activity] = {
    "seconds": touch(ts=TS // 1000),
    "microseconds": touch(ts=TS * 1000),
    "true for a time": touch(ts=True),
    "a text for a time": touch(ts=str(TS)),
    "no type": touch(type=""),
    "nobody": touch(identifiers=()),
    "a point": touch(identifiers=(PointSelector("needle"),)),
    "a visit to no site": touch(type="SITE_VISIT", app="13"),
    "a visit to no app": touch(type="APP_VISIT", site="12"),
    "an empty key": touch(unique_key=""),
    "a system field": touch(customs={"$user_agent_id": "needle"}),
    "a clear address": touch(customs={"a": [{"$email": "needle"}]}),
    "a clear address in an event": touch(Event(name="x", ts=TS, properties={"$email": "needle"})),
    "a time to live below 0": touch(ttl=-1),
    "true for a length": touch(session_duration=True),
    "a length beyond 32 bits": touch(session_duration=2**31),
    "a topic that is no object": touch(topics={"shelf": "wool"}),
    "a topic that weighs a text": touch(topics={"shelf": {"wool": "much"}}),
    "a clear address in the place": touch(location={"$email": "needle"}),
    "a clear address in the origin": touch(origin={"$email": "needle"}),
    "an event in seconds": touch(Event(name="x", ts=TS // 1000)),
    "an event without a name": touch(Event(name="", ts=TS)),
    "a choice in disguise": touch(Event(name="$set_user_choice", ts=TS)),
    "a profile in disguise": touch(Event(name="$set_user_profile_properties", ts=TS)),
    "a choice for nothing": touch(ChoiceEvent(processing="", accepted=True, ts=TS)),
    "a choice of null": touch(ChoiceEvent(processing="7", accepted=None, ts=TS)),  # type: ignore[arg-type]
    "a choice in seconds": touch(ChoiceEvent(processing="7", accepted=True, ts=TS // 1000)),
    "a choice with a system field": touch(
        ChoiceEvent(processing="7", accepted=True, ts=TS, customs={"$processing_id": "8"})
    ),
    "a profile with a system field": touch(
        ProfileEvent(compartment="1", account="a", ts=TS, properties={"$user_account_id": "b"})
    ),
    "NaN": touch(customs={"a": float("nan")}),
}


@pytest.mark.parametrize("activity", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_right_is_not_sent(liar: Liar, client: Client, activity: Activity) -> None:
    with pytest.raises(InvalidBody) as caught:
        client.post_activity("1", activity)
    assert "needle" not in str(caught.value) + repr(caught.value)
    assert liar.requests == []


def test_a_profile_of_no_account_is_not_sent(liar: Liar, client: Client) -> None:
    event = ProfileEvent(compartment="1", account="", ts=TS, properties={})
    with pytest.raises(InvalidSelector):
        client.post_activity("1", touch(event))
    assert liar.requests == []


ERRORS: list[tuple[Answer, type[PlatformError]]] = [
    (lies.error(400), Declined),
    (lies.error(429), Busy),
    (lies.error(503), Busy),
    (lies.error(200), Garbled),
    (lies.html(200), Garbled),
    (lies.close(), Silent),
    (lies.reset(), Silent),
]


@pytest.mark.parametrize(("answer", "kind"), ERRORS)
def test_an_activity_is_never_resent(
    liar: Liar, stubborn: Client, answer: Answer, kind: type[PlatformError]
) -> None:
    """§6: that ``$unique_key`` deduplicates is documented nowhere."""
    liar.always(answer)
    with pytest.raises(PlatformError) as caught:
        stubborn.post_activity("1", touch(CHOICE))
    assert type(caught.value) is kind
    assert len(liar.requests) == 1


@pytest.mark.parametrize("answer", [lies.empty(200), lies.empty(204), lies.ok(data=True)])
def test_any_well_formed_2xx_is_received(liar: Liar, client: Client, answer: Answer) -> None:
    liar.always(answer)
    client.post_activity("1", touch(CHOICE))
    assert len(liar.requests) == 1


def test_an_activity_ends_at_its_deadline(liar: Liar, hasty: Client) -> None:
    liar.always(lies.hang())
    with pytest.raises(Silent):
        hasty.post_activity("1", touch(CHOICE))


def test_an_activity_shows_nobody() -> None:
    activity = touch(CHOICE, PROFILE, customs={"note": "needle"})
    assert [word for word in ("alice", "needle", "f-12", "Brno") if word in repr(activity)] == []
    assert "914" not in repr(PROFILE)


ANY: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
FIELDS = st.dictionaries(st.sampled_from(["a", "$a", "$email", "é", "\ud800"]), ANY, max_size=2)


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(customs=FIELDS, properties=FIELDS, ts=st.integers() | st.integers(TS, TS + 9))
def test_any_activity_is_sent_whole_or_refused(
    customs: dict[str, Json], properties: dict[str, Json], ts: int
) -> None:
    """What is sent can be read back by the same rules as an answer, and holds no address."""
    try:
        sent = activity_body(touch(Event(name="x", ts=ts, properties=properties), customs=customs))
    except InvalidBody:
        return
    body = parse(sent)
    assert isinstance(body, dict)
    assert {name: body[name] for name in customs} == customs
    assert body["$events"] == [{"$ts": ts, "$event_name": "x", "$properties": properties}]
    assert b"$email" not in sent
