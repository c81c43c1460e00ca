"""The history of writes: exactly what was applied, over kills too (README, Faults)."""

from hashlib import sha256
from typing import Any

import pytest
import requests

from consentadmin.sandbox.people import MARIE, QUARANTINED
from tests.fixtures.sandbox import start_sandbox
from tests.sandbox.conftest import Account, Operator, choice_path, operator_of, profile_path
from tests.sandbox.contrary import TS, choice


def latest(operator: Operator) -> dict[str, Any]:
    return operator.history()[-1]


def test_it_says_who_what_and_when(operator: Operator) -> None:
    body = b'{"$choice_ts":1793134365001,"$choice_acceptance_value":true}'
    by = "datamarts/1459/user_points/user_agent_id=vec%3A886742516/user_choices"
    operator.call("PUT", f"{by}/processing_id=3404", data=body)
    told = latest(operator)
    assert (told["method"], told["datamart"]) == ("PUT", "1459")
    assert (told["selector"], told["user_point_id"]) == (
        "user_agent_id=vec:886742516",
        MARIE.point_id,
    )
    assert told["document"] == "user_choices/processing_id=3404"
    assert (told["body"], told["digest"]) == (body.decode(), sha256(body).hexdigest())
    assert (told["stored"], told["ts"] > 1_700_000_000_000) == (True, True)


def test_it_counts_versions_and_tells_a_repeat(operator: Operator) -> None:
    seen = []
    for ts in (TS + 2, TS + 3, TS + 3):
        operator.put_choice(MARIE, "3402", choice(ts))
        seen.append((latest(operator)["version"], latest(operator)["stored"]))
    assert seen == [(1, True), (2, True), (3, False)]


def test_it_names_the_point_that_a_write_made(operator: Operator, newcomer: Account) -> None:
    operator.put_profile(newcomer, {"a": 1}, "update_strategy=PARTIAL_UPDATE")
    told = latest(operator)
    assert told["user_point_id"]
    assert told["query"] == "update_strategy=PARTIAL_UPDATE"
    operator.call("DELETE", f"datamarts/1459/user_points/{told['user_point_id']}")
    deleted = latest(operator)
    assert (deleted["method"], deleted["document"]) == ("DELETE", "")
    assert deleted["user_point_id"] == told["user_point_id"]


def test_it_leaves_out_reads_and_refusals(operator: Operator) -> None:
    before = len(operator.history())
    operator.get(choice_path(MARIE, "3401"))
    operator.put_choice(MARIE, "3401", {"$choice_ts": TS})
    operator.call("DELETE", profile_path(("1607", "nobody"), str(MARIE.point_id)))
    assert len(operator.history()) == before


def test_it_tells_a_write_that_stored_nothing(operator: Operator) -> None:
    assert operator.put_choice(QUARANTINED, "3401", choice(TS)).status == 200
    assert latest(operator)["stored"] is False


def test_it_can_be_read_from_a_number_on(operator: Operator) -> None:
    numbers = [row["number"] for row in operator.history()]
    rest = operator.admin("GET", f"history?after={numbers[-2]}").json()
    assert [row["number"] for row in rest["data"]] == numbers[-1:]
    assert operator.admin("GET", "history?after=x").status_code == 400


def test_it_is_kept_over_a_kill(tmp_path_factory: pytest.TempPathFactory) -> None:
    running = start_sandbox(tmp_path_factory.mktemp("killed") / "s.db", admin=True)
    operator = operator_of(running)
    operator.let("close", apply=True)
    with pytest.raises(requests.ConnectionError):
        operator.put(TS)
    running.kill()
    again = start_sandbox(running.store, admin=True)
    witness = operator_of(again)
    found = witness.applied()
    current = witness.get(choice_path(MARIE, "3413")).data
    again.stop()
    assert found == [TS]
    assert current["$choice_ts"] == TS
