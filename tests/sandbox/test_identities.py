"""Points that turn out to be one person (PLATFORM §2, §6)."""

import time
from urllib.parse import quote
from uuid import uuid4

import pytest

from consentadmin.sandbox.people import CUSTOMERS, LOYALTY, MARIE, POINTLESS_DEVICE
from tests.fixtures.sandbox import RunningSandbox
from tests.sandbox.conftest import Account, Caller, account_selector, caller_of
from tests.sandbox.doings import (
    TS,
    by_account,
    by_agent,
    by_email,
    choice_event,
    choices,
    point_of,
    point_of_account,
    sent,
    timeline,
    until,
    visit,
)


@pytest.fixture
def older() -> Account:
    return CUSTOMERS, f"older-{uuid4()}"


@pytest.fixture
def younger() -> Account:
    return LOYALTY, f"younger-{uuid4()}"


def meet(caller: Caller, *accounts: Account) -> None:
    """Let accounts turn out to be one person's."""
    sent(caller, visit(*(by_account(each) for each in accounts), ts=TS + 60_000))


def live(caller: Caller, account: Account, **more: object) -> str:
    """Let an account be somebody's of its own, younger than anybody before."""
    time.sleep(0.002)
    sent(caller, visit(by_account(account), **more))
    return point_of_account(caller, account)


@pytest.mark.fact("§2 merged")
def test_they_are_merged_under_the_older(
    ordinary: Caller, older: Account, younger: Account
) -> None:
    stays, goes = live(ordinary, older), live(ordinary, younger)
    meet(ordinary, younger, older)
    points = {point_of_account(ordinary, each) for each in (older, younger)}
    assert points == {stays} != {goes}
    assert ordinary.point(goes, "user_identifiers").status == 404
    assert ordinary.get(f"datamarts/1459/user_timelines/{goes}/user_activities").status == 404


def test_everything_moves(ordinary: Caller, older: Account, younger: Account) -> None:
    digest = uuid4().hex
    stays = live(ordinary, older)
    sent(ordinary, visit(by_account(younger), by_email(digest)))
    ordinary.put_profile(younger, {"city": "Nice"})
    live(ordinary, younger, **{"$events": [choice_event("3402")]})
    meet(ordinary, younger, older)
    assert ordinary.profile(younger, by=stays).data["city"] == "Nice"
    assert choices(ordinary, stays)["3402"]["$choice_ts"] == TS
    assert point_of(ordinary, f"email_hash={digest}") == stays
    assert len(timeline(ordinary, stays)) == 4
    rows = ordinary.point(stays, "user_identifiers").data
    types = sorted(row["type"] for row in rows)
    assert types == ["USER_ACCOUNT", "USER_ACCOUNT", "USER_EMAIL", "USER_POINT"]


def test_of_two_choices_the_newest_is_current_and_the_logs_are_joined(
    ordinary: Caller, older: Account, younger: Account
) -> None:
    for account, instants in ((older, (TS, TS + 3)), (younger, (TS + 1, TS + 5))):
        live(ordinary, account, **{"$events": [choice_event(ts=ts) for ts in instants]})
    meet(ordinary, older, younger)
    by = account_selector(older)
    assert choices(ordinary, by)["3413"]["$choice_ts"] == TS + 5
    log = f"datamarts/1459/user_points/{by}/user_choices/processing_id=3413/change_log"
    logged = sorted(row["$choice_ts"] - TS for row in ordinary.get(log).data)
    assert logged == [0, 1, 3, 5]


def test_a_record_that_both_have_is_there_once(
    ordinary: Caller, older: Account, younger: Account
) -> None:
    for account in (older, younger):
        live(ordinary, account, **{"$events": [choice_event()]})
    meet(ordinary, older, younger)
    by = account_selector(older)
    log = f"datamarts/1459/user_points/{by}/user_choices/processing_id=3413/change_log"
    assert len(ordinary.get(log).data) == 1


def test_three_become_one(ordinary: Caller, older: Account, younger: Account) -> None:
    third = (CUSTOMERS, f"third-{uuid4()}")
    stays, *_ = (live(ordinary, each) for each in (older, younger, third))
    meet(ordinary, third, older, younger)
    assert {point_of_account(ordinary, it) for it in (older, younger, third)} == {stays}


def test_a_device_without_a_point_joins_whoever_has_one(own_sandbox: RunningSandbox) -> None:
    caller = caller_of(own_sandbox)
    device = by_agent(POINTLESS_DEVICE.agents[0])
    sent(caller, visit(device, by_account(MARIE.accounts[0])))
    named = [f"user_agent_id={quote(agent)}" for agent in POINTLESS_DEVICE.agents]
    until(lambda: caller.point(named[0], "user_activities").data)
    assert {point_of(caller, selector) for selector in named} == {MARIE.point_id}


def test_writes_by_an_identifier_that_moved_land_on_the_older(
    ordinary: Caller, older: Account, younger: Account
) -> None:
    stays = live(ordinary, older)
    live(ordinary, younger)
    assert choices(ordinary, account_selector(younger)) == {}, "read, and so remembered"
    meet(ordinary, older, younger)
    body = {"$choice_ts": TS, "$choice_acceptance_value": False}
    by = account_selector(younger)
    path = f"datamarts/1459/user_points/{by}/user_choices/processing_id=3401"
    assert ordinary.call("PUT", path, json=body).status == 200
    assert choices(ordinary, stays)["3401"]["$choice_ts"] == TS
