"""PLATFORM §5: profiles and what a write makes of them."""

import time
from typing import Any

import pytest

from tests.contract.conftest import Known
from tests.contract.target import Target

STORED = {"city": "Brno", "address": {"street": "Údolní 12", "geo": {"lat": 49.2}}, "sizes": [38]}
GIVEN = {"address": {"geo": {"lon": 16.6}}, "sizes": [39.5]}


@pytest.fixture
def path(target: Target, person: Known) -> str:
    """Name the profile of a person, which has some fields."""
    found = target.point(person.point, person.profile)
    query = "update_strategy=FORCE_REPLACE"
    assert target.call("PUT", f"{found}?{query}", json=STORED).status == 200
    return found


def customs(target: Target, path: str) -> dict[str, Any]:
    fields = target.get(path).data
    return {name: value for name, value in fields.items() if name[0] != "$"}


@pytest.mark.fact("§5 write", "§5 read")
def test_a_profile_is_written_and_read(target: Target, path: str) -> None:
    assert customs(target, path) == STORED


@pytest.mark.fact("§5 force-replace", "§5 merge")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("update_strategy=FORCE_REPLACE", GIVEN),
        ("force_replace=true", GIVEN),
        ("force_replace=false", STORED | GIVEN),
        ("force_replace=false&merge_objects=false", STORED | GIVEN),
        (
            "force_replace=false&merge_objects=true",
            {
                "city": "Brno",
                "address": {"street": "Údolní 12", "geo": {"lat": 49.2, "lon": 16.6}},
                "sizes": [39.5],
            },
        ),
    ],
)
def test_a_write_keeps_to_its_strategy(
    target: Target, path: str, query: str, expected: dict[str, Any]
) -> None:
    assert target.call("PUT", f"{path}?{query}", json=GIVEN).status == 200
    assert customs(target, path) == expected


@pytest.mark.fact("§5 partial")
@pytest.mark.parametrize("strategy", ["PARTIAL_UPDATE", "PARTIAL_DELETE"])
def test_the_partial_strategies_are_taken(target: Target, path: str, strategy: str) -> None:
    answer = target.call("PUT", f"{path}?update_strategy={strategy}", json={"city": None})
    assert answer.status == 200
    assert customs(target, path)["address"] == STORED["address"]


@pytest.mark.fact("§5 ids", "§1 ids")
def test_the_ids_may_stand_in_the_body(target: Target, person: Known, path: str) -> None:
    for compartment in (person.compartment, int(person.compartment)):
        ids = {"$compartment_id": compartment, "$user_account_id": person.account}
        assert target.call("PUT", path, json=ids).status == 200
    found = target.get(path).data
    assert str(found["$compartment_id"]) == person.compartment
    assert found["$user_account_id"] == person.account


@pytest.mark.fact("§5 times")
def test_two_times_are_the_systems(target: Target, path: str) -> None:
    first = target.get(path).data
    own = {"$creation_ts": 1, "$last_modified_ts": 1}
    target.call("PUT", f"{path}?update_strategy=FORCE_REPLACE", json=own)
    second = target.get(path).data
    assert first["$creation_ts"] == second["$creation_ts"]
    assert second["$last_modified_ts"] >= first["$last_modified_ts"]
    assert abs(second["$last_modified_ts"] / 1000 - time.time()) < 86_400


@pytest.mark.fact("§5 list")
def test_a_profile_is_in_the_list(target: Target, person: Known, path: str) -> None:
    assert target.get(path).data in target.all(target.point(person.point, "user_profiles"))


@pytest.mark.fact("§5 delete")
def test_a_profile_is_deleted(target: Target, person: Known, path: str) -> None:
    assert target.call("DELETE", path).status == 200
    assert target.get(path).status == 404
    assert target.all(target.point(person.point, "user_profiles")) == []


@pytest.mark.chosen("§5")
@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("PARTIAL_UPDATE", GIVEN["address"], {**STORED, "geo": {"lon": 16.6}}),
        ("PARTIAL_UPDATE", {"city": None}, {**STORED, "city": None}),
        ("PARTIAL_DELETE", {"city": "x", "sizes": None}, {"address": STORED["address"]}),
        (
            "PARTIAL_DELETE",
            {"address": {"geo": {}}},
            {**STORED, "address": {"street": "Údolní 12"}},
        ),
    ],
)
def test_the_partial_rules(
    target: Target, path: str, query: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    answer = target.call("PUT", f"{path}?update_strategy={query}", json=body)
    assert answer.data == target.get(path).data
    assert customs(target, path) == expected


@pytest.mark.chosen("§5")
def test_the_strategy_wins_over_the_flags(target: Target, path: str) -> None:
    query = "update_strategy=PARTIAL_UPDATE&force_replace=true"
    target.call("PUT", f"{path}?{query}", json={"a": 1})
    assert customs(target, path) == STORED | {"a": 1}


@pytest.mark.chosen("§5")
def test_an_unknown_account_makes_the_person(target: Target, person: Known) -> None:
    account = f"{person.account}-new"
    pair = f"compartment_id={person.compartment},user_account_id={account}"
    tail = f"user_profiles/compartment_id={person.compartment}/user_account_id={account}"
    assert target.call("PUT", target.point(pair, tail), json={"a": 1}).status == 200
    assert customs(target, target.point(pair, tail)) == {"a": 1}


@pytest.mark.fact("§5 expiration")
def test_a_profile_may_expire(target: Target, path: str) -> None:
    query = "update_strategy=FORCE_REPLACE"
    target.call("PUT", f"{path}?{query}", json=STORED | {"$expiration_ts": 3_471_286_402_000})
    assert target.get(path).data["$expiration_ts"] == 3_471_286_402_000
    assert customs(target, path) == STORED
