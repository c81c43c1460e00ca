"""Deleting a user point and all its documents (PLATFORM §7)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consentadmin.sandbox.people import MARIE, NO_CHOICES, POINTLESS_DEVICE, TWO_PROFILES
from tests.fixtures.sandbox import start_sandbox
from tests.sandbox.conftest import Account, Caller, account_selector, caller_of, choice_path

TS = 1_793_134_365_000
POINTS = "datamarts/1459/user_points"
DOCUMENTS = ("user_identifiers", "user_choices", "user_profiles")
MARIES = [
    f"user_point_id={MARIE.point_id}",
    *(f"user_agent_id={agent}" for agent in MARIE.agents),
    *(f"email_hash={digest}" for digest in MARIE.email_hashes),
    *(account_selector(account) for account in MARIE.accounts),
]


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Start a sandbox whose people may go."""
    running = start_sandbox(tmp_path_factory.mktemp("doomed") / "sandbox.db")
    caller = caller_of(running)
    yield caller
    caller.session.close()
    running.stop()


def test_it_deletes_a_point_with_all_that_names_it(doomed: Caller) -> None:
    reads = [f"{POINTS}/{selector}/{name}" for selector in MARIES for name in DOCUMENTS]
    assert {doomed.get(path).status for path in reads} == {200}
    deleted = doomed.call("DELETE", f"{POINTS}/{MARIES[1]}")
    assert (deleted.status, deleted.json) == (200, {"status": "ok"})
    assert {doomed.get(path).status for path in reads} == {404}
    assert doomed.get(choice_path(MARIE, "3401")).status == 404
    assert doomed.get(f"{choice_path(MARIE, '3401')}/change_log").status == 404
    again = doomed.call("DELETE", f"{POINTS}/{MARIES[1]}")
    assert (again.status, again.json["error"]) == (404, "Resource Not Found")


def test_it_leaves_everybody_else(doomed: Caller) -> None:
    before = [doomed.point(str(TWO_PROFILES.point_id), name).data for name in DOCUMENTS]
    assert doomed.call("DELETE", f"{POINTS}/{NO_CHOICES.point_id}").status == 200
    after = [doomed.point(str(TWO_PROFILES.point_id), name).data for name in DOCUMENTS]
    assert after == before


def test_it_takes_a_choice_of_the_deleted_for_one_of_nobody(doomed: Caller) -> None:
    doomed.call("DELETE", f"{POINTS}/{MARIES[0]}")
    body = {"$choice_ts": TS, "$choice_acceptance_value": True}
    assert doomed.put_choice(MARIE, "3401", body).status == 404


def test_it_makes_somebody_new_of_a_deleted_account(doomed: Caller, newcomer: Account) -> None:
    """Nothing of the old point comes back, though its row number may."""
    by = account_selector(newcomer)
    path = f"{POINTS}/{by}/user_choices/processing_id=3401"
    doomed.put_profile(newcomer, {"a": 1})
    doomed.call("PUT", path, json={"$choice_ts": TS, "$choice_acceptance_value": True})
    before = doomed.point(by, "user_identifiers").data
    assert doomed.call("DELETE", f"{POINTS}/{by}").status == 200
    made = doomed.put_profile(newcomer, {"b": 1}).data
    assert "a" not in made
    assert doomed.point(by, "user_choices").data == []
    assert doomed.get(f"{path}/change_log").data == []
    after = doomed.point(by, "user_identifiers").data
    assert {row.get("user_point_id") for row in before} & {
        row.get("user_point_id") for row in after
    } == {None}


def test_it_gives_a_device_a_point_with_its_first_account(
    doomed: Caller, newcomer: Account
) -> None:
    by = f"user_agent_id={POINTLESS_DEVICE.agents[0]}"
    assert doomed.put_profile(newcomer, {"a": 1}, by=by).status == 200
    types = [row["type"] for row in doomed.point(by, "user_identifiers").data]
    assert (types.count("USER_ACCOUNT"), types.count("USER_POINT")) == (1, 1)
    assert doomed.call("DELETE", f"{POINTS}/{by}").status == 200
    for agent in POINTLESS_DEVICE.agents:
        assert doomed.point(f"user_agent_id={agent}", "user_identifiers").status == 404


@pytest.mark.parametrize("selector", ["x", "user_agent_id=vec%3A1", f"user_point_id={'0' * 36}"])
def test_it_deletes_nobody_who_is_not_there(doomed: Caller, selector: str) -> None:
    assert doomed.call("DELETE", f"{POINTS}/{selector}").status == 404


@pytest.mark.parametrize("selector", ["name=x", "compartment_id=1606,", "user_agent_id="])
def test_it_refuses_a_selector_it_cannot_read(doomed: Caller, selector: str) -> None:
    assert doomed.call("DELETE", f"{POINTS}/{selector}").status == 400


def test_it_deletes_in_the_datamart_it_is_told(doomed: Caller) -> None:
    path = f"user_points/{TWO_PROFILES.point_id}"
    assert doomed.call("DELETE", f"datamarts/1460/{path}").status == 404
    assert doomed.call("DELETE", f"datamarts/1999/{path}").status == 403
    assert doomed.point(str(TWO_PROFILES.point_id), "user_identifiers").status == 200


def test_it_keeps_writes_and_deletions_over_a_restart(tmp_path: Path, newcomer: Account) -> None:
    running = start_sandbox(tmp_path / "own.db")
    caller = caller_of(running)
    caller.put_profile(newcomer, {"a": {"é": [1, None]}})
    caller.put_profile(TWO_PROFILES.accounts[0], {"b": 1}, "update_strategy=FORCE_REPLACE")
    caller.call("DELETE", f"{POINTS}/{MARIE.point_id}")
    wanted = [caller.profile(newcomer).data, caller.profile(TWO_PROFILES.accounts[0]).data]
    running.kill()
    again = start_sandbox(running.store)
    caller = caller_of(again)
    found = [caller.profile(newcomer).data, caller.profile(TWO_PROFILES.accounts[0]).data]
    gone = [caller.point(selector, "user_identifiers").status for selector in MARIES]
    again.stop()
    assert found == wanted
    assert set(gone) == {404}
