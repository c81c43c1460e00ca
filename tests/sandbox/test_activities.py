"""Activities: what is received, whose they are, and what their events do (PLATFORM §6)."""

from uuid import uuid4

import pytest

from consentadmin.sandbox.people import MARIE
from tests.sandbox.conftest import Account, Caller, account_selector
from tests.sandbox.doings import (
    TS,
    by_account,
    by_agent,
    by_email,
    choice_event,
    choices,
    event,
    point_of,
    point_of_account,
    post,
    profile_event,
    sent,
    timeline,
    visit,
)


def test_it_answers_that_it_received(ordinary: Caller, newcomer: Account) -> None:
    answer = post(ordinary, visit(by_account(newcomer)))
    assert (answer.status, answer.json) == (200, {"status": "ok", "data": True})


def test_it_stores_what_it_was_told(ordinary: Caller, newcomer: Account) -> None:
    told = visit(by_account(newcomer), **{"$unique_key": "k", "$ttl": 5, "shop": {"id": 7}})
    sent(ordinary, told | {"$events": [event("$page_view", TS + 1, url="/wool")]})
    (found,) = timeline(ordinary, point_of_account(ordinary, newcomer))
    assert found == told | {
        "$channel_id": "2201",
        "$events": [event("$page_view", TS + 1, url="/wool")],
    }


def test_it_stores_every_optional_field(ordinary: Caller, newcomer: Account) -> None:
    optional = {
        "$ttl": 0,
        "$session_duration": 302,
        "$origin": {"$channel": "referral", "$source": None},
        "$location": None,
        "$topics": {"shelf": {"wool": 0.5}, "none": {}},
    }
    sent(ordinary, visit(by_account(newcomer), **optional))
    (found,) = timeline(ordinary, point_of_account(ordinary, newcomer))
    assert {name: found[name] for name in optional} == optional


def test_unknown_identifiers_make_a_point_that_all_of_them_name(ordinary: Caller) -> None:
    agent, digest = f"vec:{uuid4().int}", uuid4().hex
    account = ("1607", f"LOY-{uuid4()}")
    sent(ordinary, visit(by_agent(agent), by_email(digest), by_account(account)))
    named = [f"user_agent_id={agent}", f"email_hash={digest}", account_selector(account)]
    assert len({point_of(ordinary, selector) for selector in named}) == 1
    rows = ordinary.point(named[0], "user_identifiers").data
    types = sorted(row["type"] for row in rows)
    assert types == ["USER_ACCOUNT", "USER_AGENT", "USER_EMAIL", "USER_POINT"]


@pytest.mark.fact("§6 identifiers")
def test_it_keeps_an_address_that_comes_in_clear(ordinary: Caller) -> None:
    digest = uuid4().hex
    sent(ordinary, visit(by_email(digest, **{"$email": "ann@example.com"})))
    rows = ordinary.point(f"email_hash={digest}", "user_identifiers").data
    assert [row["email"] for row in rows if row["type"] == "USER_EMAIL"] == ["ann@example.com"]


@pytest.mark.fact("§6 new")
def test_it_attaches_an_identifier_to_a_known_person(ordinary: Caller) -> None:
    agent = f"udp:{uuid4().int}"
    sent(ordinary, visit(by_email(MARIE.email_hashes[0]), by_agent(agent)))
    assert point_of(ordinary, f"user_agent_id={agent}") == MARIE.point_id


@pytest.mark.parametrize(
    "root",
    [
        {"$user_agent_id": "vec:{}"},
        {"$email_hash": "{}"},
        {"$compartment_id": 1606, "$user_account_id": "{}"},
        {"$user_account_id": "{}"},
    ],
)
def test_it_takes_the_legacy_fields_of_the_root(ordinary: Caller, root: dict[str, object]) -> None:
    value = str(uuid4().int)
    told = {k: v.format(value) if isinstance(v, str) else v for k, v in root.items()}
    sent(ordinary, visit() | told)
    selectors = {
        "$user_agent_id": f"user_agent_id=vec%3A{value}",
        "$email_hash": f"email_hash={value}",
        "$user_account_id": account_selector(("1606", value)),
    }
    names = [selector for name, selector in selectors.items() if name in told]
    assert [len(timeline(ordinary, point_of(ordinary, it))) for it in names] == [1]


def test_an_account_without_a_compartment_is_of_the_default_one(ordinary: Caller) -> None:
    account_id = str(uuid4())
    sent(ordinary, visit({"$type": "USER_ACCOUNT", "$user_account_id": account_id}))
    assert point_of_account(ordinary, ("1606", account_id))


def test_without_a_time_it_happened_now(ordinary: Caller, newcomer: Account) -> None:
    told = visit(by_account(newcomer))
    del told["$ts"]
    sent(ordinary, told | {"$events": [{"$event_name": "x"}]})
    (found,) = timeline(ordinary, point_of_account(ordinary, newcomer))
    assert found["$ts"] > 1_700_000_000_000
    assert found["$events"] == [
        {"$event_name": "x", "$ts": found["$ts"], "$properties": {}},
    ]


WRONG: list[tuple[dict[str, object], str]] = [
    ({"$type": None}, "$type is mandatory"),
    ({"$type": 7}, "$type must be a text"),
    ({"$session_status": None}, "$session_status is mandatory"),
    ({"$session_status": "ASLEEP"}, "$session_status must be one of"),
    ({"$events": None}, "$events is mandatory"),
    ({"$events": {}}, "$events must be a list of objects"),
    ({"$events": ["x"]}, "$events must be a list of objects"),
    ({"$site_id": None}, "$site_id is mandatory"),
    ({"$type": "APP_VISIT"}, "$app_id is mandatory"),
    ({"$ts": 1_793_134_365}, "$ts must be in milliseconds"),
    ({"$ts": "soon"}, "$ts must be a whole number"),
    ({"$unique_key": 7}, "$unique_key must be a text"),
    ({"$user_identifiers": []}, "$user_identifiers is mandatory"),
    ({"$user_identifiers": "vec:1"}, "$user_identifiers must be a list of objects"),
    ({"$user_identifiers": [{"$type": "USER_POINT"}]}, "$type 'USER_POINT' names nobody"),
    ({"$user_identifiers": [{"$type": "USER_AGENT"}]}, "$user_agent_id is mandatory"),
    ({"$user_identifiers": [{"$type": "USER_EMAIL"}]}, "$hash is mandatory"),
    ({"$user_identifiers": [{"$type": "USER_ACCOUNT"}]}, "$user_account_id is mandatory"),
    ({"$user_identifiers": [by_account(("7", "x"))]}, "$compartment_id"),
    ({"$events": [{}]}, "$events[0]: $event_name is mandatory"),
    ({"$events": [{"$event_name": "x", "$properties": 1}]}, "$events[0]: $properties"),
    ({"$events": [event("x"), event("x", 5)]}, "$events[1]: $ts must be in milliseconds"),
    ({"$events": [choice_event(None)]}, "$events[0]: $processing_id is mandatory"),
    ({"$events": [choice_event("77")]}, "$events[0]: $processing_id: there is no"),
    ({"$events": [choice_event(_choice_acceptance_value=1)]}, "$choice_acceptance_value"),
    ({"$events": [profile_event(("7", "x"))]}, "$events[0]: $compartment_id"),
    ({"$events": [event("$set_user_profile_properties")]}, "$compartment_id is mandatory"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_it_names_what_is_wrong(ordinary: Caller, wrong: dict[str, object], sentence: str) -> None:
    answer = post(ordinary, visit(by_agent("vec:1")) | wrong)
    assert answer.status == 400
    assert sentence in answer.json["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"$ts":NaN}'])
def test_it_refuses_what_is_no_object(ordinary: Caller, body: bytes) -> None:
    assert post(ordinary, body).status == 400


@pytest.mark.parametrize("kind", ["TOUCH", "DISPLAY_AD", "SOMETHING_NEW"])
def test_it_takes_any_type(ordinary: Caller, newcomer: Account, kind: str) -> None:
    told = visit(by_account(newcomer), **{"$type": kind})
    del told["$site_id"]
    sent(ordinary, told)
    (found,) = timeline(ordinary, point_of_account(ordinary, newcomer))
    assert found["$type"] == kind


def test_an_event_sets_a_choice_of_its_own_time(ordinary: Caller, newcomer: Account) -> None:
    events = [choice_event("3401", TS + 5, form="f"), choice_event(3402, TS + 6)]
    sent(ordinary, visit(by_account(newcomer), **{"$events": events}))
    found = choices(ordinary, account_selector(newcomer))
    assert (found["3401"]["$choice_ts"], found["3401"]["form"]) == (TS + 5, "f")
    assert (found["3402"]["$choice_ts"], found["3402"]["$choice_acceptance_value"]) == (
        TS + 6,
        True,
    )
    (kept,) = timeline(ordinary, point_of_account(ordinary, newcomer))
    assert kept["$events"] == events, "it stays in the timeline"


def test_an_older_event_does_not_become_current(ordinary: Caller, newcomer: Account) -> None:
    for ts in (TS, TS - 1_000):
        sent(ordinary, visit(by_account(newcomer), **{"$events": [choice_event(ts=ts)]}))
    path = f"{account_selector(newcomer)}/user_choices/processing_id=3413"
    assert choices(ordinary, account_selector(newcomer))["3413"]["$choice_ts"] == TS
    assert len(ordinary.get(f"datamarts/1459/user_points/{path}/change_log").data) == 2


def test_an_event_sets_properties_of_a_profile(ordinary: Caller, newcomer: Account) -> None:
    ordinary.put_profile(newcomer, {"city": "Lyon", "size": {"shoe": 38, "hat": 7}})
    told = profile_event(newcomer, city="Nice", size={"shoe": 39})
    sent(ordinary, visit(by_account(newcomer), **{"$events": [told]}))
    found = ordinary.profile(newcomer).data
    assert (found["city"], found["size"]) == ("Nice", {"shoe": 39})


def test_an_event_makes_a_profile_of_an_account_that_is_nobodys(
    ordinary: Caller, newcomer: Account
) -> None:
    agent = f"vec:{uuid4().int}"
    events = [profile_event(newcomer, city="Nice")]
    sent(ordinary, visit(by_agent(agent), **{"$events": events}))
    assert point_of(ordinary, f"user_agent_id={agent}") == point_of_account(ordinary, newcomer)


def test_an_event_about_the_account_of_another_changes_nothing(
    ordinary: Caller, newcomer: Account
) -> None:
    before = ordinary.profile(MARIE.accounts[0]).data
    told = profile_event(MARIE.accounts[0], city="Nowhere")
    sent(ordinary, visit(by_account(newcomer), **{"$events": [told]}))
    assert ordinary.profile(MARIE.accounts[0]).data == before
    (kept,) = timeline(ordinary, point_of_account(ordinary, newcomer))
    assert kept["$events"] == [told]
