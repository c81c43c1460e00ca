"""Writing and deleting profiles: whose, by what, and what is the system's (PLATFORM §5)."""

import time
from typing import Any

import pytest

from consentadmin.sandbox.people import LOYALTY, MARIE, TWO_PROFILES
from tests.sandbox.conftest import Account, Caller, account_selector, profile_path

EXPIRES = 1_924_992_000_000  # 1 Jan 2031
NESTED = {"address": {"city": "Brno", "zip": "602 00"}, "tags": [{"id": 1, "a": 1}], "n": None}


def customs(profile: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in profile.items() if name[0] != "$"}


def accounts(platform: Caller, selector: str) -> list[Account]:
    """Return the accounts of a person, in order."""
    found = platform.point(selector, "user_identifiers").data
    rows = [row for row in found if row["type"] == "USER_ACCOUNT"]
    return [(str(row["compartment_id"]), row["user_account_id"]) for row in rows]


def point_of(platform: Caller, selector: str) -> str:
    found = platform.point(selector, "user_identifiers").data
    points = [row["user_point_id"] for row in found if row["type"] == "USER_POINT"]
    assert len(points) == 1
    return str(points[0])


def test_it_shows_what_was_written(platform: Caller, newcomer: Account) -> None:
    put = platform.put_profile(newcomer, NESTED)
    read = platform.profile(newcomer)
    assert (put.status, put.json["status"]) == (200, "ok")
    assert put.data == read.data
    assert customs(read.data) == NESTED
    assert (read.data["$compartment_id"], read.data["$user_account_id"]) == newcomer
    assert abs(read.data["$creation_ts"] / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("update_strategy=PARTIAL_UPDATE", NESTED | {"address": {"city": "X", "zip": "602 00"}}),
        ("update_strategy=PARTIAL_DELETE", NESTED | {"address": {"zip": "602 00"}}),
        ("update_strategy=FORCE_REPLACE", {"address": {"city": "X"}}),
        ("force_replace=true", {"address": {"city": "X"}}),
        ("force_replace=false", NESTED | {"address": {"city": "X"}}),
        ("", NESTED | {"address": {"city": "X"}}),
        ("merge_objects=true", NESTED | {"address": {"city": "X", "zip": "602 00"}}),
        (
            "force_replace=true&update_strategy=PARTIAL_DELETE",
            NESTED | {"address": {"zip": "602 00"}},
        ),
    ],
)
def test_it_keeps_to_the_strategy(
    platform: Caller, newcomer: Account, query: str, expected: dict[str, Any]
) -> None:
    platform.put_profile(newcomer, NESTED)
    put = platform.put_profile(newcomer, {"address": {"city": "X"}}, query)
    assert (put.status, customs(put.data)) == (200, expected)
    assert customs(platform.profile(newcomer).data) == expected


def test_it_makes_the_person_of_an_unknown_account(platform: Caller, newcomer: Account) -> None:
    selector = account_selector(newcomer)
    assert platform.point(selector, "user_identifiers").status == 404
    platform.put_profile(newcomer, NESTED)
    assert accounts(platform, selector) == [newcomer]
    by_point = platform.point(point_of(platform, selector), "user_profiles").data
    assert by_point == [platform.profile(newcomer).data]
    assert platform.point(selector, "user_choices").data == []


def test_it_makes_the_person_with_both_accounts(platform: Caller, newcomer: Account) -> None:
    other = (LOYALTY, newcomer[1])
    by = account_selector(newcomer)
    assert platform.put_profile(other, {"a": 1}, by=by).status == 200
    assert accounts(platform, by) == [newcomer, other]
    assert platform.profile(newcomer).status == 404, "only the trailing account has a profile"
    assert platform.profile(other).data == platform.profile(other, by=by).data


def test_it_attaches_an_account_that_is_nobodys(platform: Caller, newcomer: Account) -> None:
    other = (LOYALTY, f"{newcomer[1]}/of,a=Zoë|Ł")
    first = platform.put_profile(newcomer, {}).data
    by = point_of(platform, account_selector(newcomer))
    put = platform.put_profile(other, {"points": 7}, by=by)
    assert put.data["$user_account_id"] == other[1]
    assert accounts(platform, by) == [newcomer, other]
    assert point_of(platform, account_selector(other)) == by
    assert platform.point(by, "user_profiles").data == [first, put.data]


def test_it_attaches_no_account_of_somebody_else(platform: Caller, newcomer: Account) -> None:
    for by in (str(MARIE.point_id), account_selector(newcomer)):
        answer = platform.put_profile(TWO_PROFILES.accounts[0], {"a": 1}, by=by)
        assert answer.status == 400
        assert "$user_account_id" in answer.json["error"]
    assert platform.point(account_selector(newcomer), "user_identifiers").status == 404


@pytest.mark.parametrize(
    "by",
    [
        "00000000-0000-4000-8000-000000000000",
        "user_point_id=x",
        "user_agent_id=vec%3A1",
        "email_hash=00",
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_it_knows_no_other_unknown_person(
    platform: Caller, newcomer: Account, by: str, method: str
) -> None:
    answer = platform.call(method, profile_path(newcomer, by), json={"a": 1})
    assert (answer.status, answer.json["error"]) == (404, "Resource Not Found")
    assert platform.profile(newcomer).status == 404


@pytest.mark.parametrize("compartment", ["7", "1616", "501", "1606%20", "%00"])
def test_it_refuses_a_compartment_that_is_not_there(
    platform: Caller, newcomer: Account, compartment: str
) -> None:
    named = (compartment, newcomer[1])
    for by in (str(MARIE.point_id), account_selector(newcomer), None):
        answer = platform.put_profile(named, {"a": 1}, by=by)
        assert answer.status == 400
        assert "$compartment_id" in answer.json["error"]
    assert platform.point(account_selector(newcomer), "user_identifiers").status == 404


def test_it_refuses_to_make_a_person_in_a_compartment_that_is_not_there(
    platform: Caller, newcomer: Account
) -> None:
    by = account_selector(("7", newcomer[1]))
    assert platform.put_profile(newcomer, {"a": 1}, by=by).status == 400
    assert platform.profile(newcomer).status == 404


def test_it_refuses_an_unknown_strategy(platform: Caller, newcomer: Account) -> None:
    answer = platform.put_profile(newcomer, {"a": 1}, "update_strategy=MERGE")
    assert answer.status == 400
    assert "update_strategy" in answer.json["error"]
    assert platform.profile(newcomer).status == 404


@pytest.mark.parametrize("document", ["1606/a", "compartment_id=1606/a", "compartment_id=/x=1"])
def test_it_refuses_a_document_selector_it_cannot_read(platform: Caller, document: str) -> None:
    path = f"datamarts/1459/user_points/{MARIE.point_id}/user_profiles/{document}"
    assert platform.call("PUT", path, json={}).status == 400
    assert platform.call("DELETE", path).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff{}",
        b"[" * 100_000,
        b'{"x":NaN}',
        b'{"x":-Infinity}',
        b'{"x":1e999}',
        b'{"x":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"x":' * 65 + b"1" + b"}" * 65,
        b'{"x":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"x":' + b"9" * 5_000 + b"}",
    ],
)
@pytest.mark.parametrize("query", ["", "update_strategy=PARTIAL_DELETE"])
def test_it_refuses_what_is_no_json_object(
    platform: Caller, newcomer: Account, body: bytes, query: str
) -> None:
    answer = platform.put_profile(newcomer, body, query)
    assert (answer.status, answer.json["error_code"]) == (400, "BAD_REQUEST")
    assert platform.point(account_selector(newcomer), "user_identifiers").status == 404


def test_it_takes_64_levels_and_a_body_that_is_big_enough(
    platform: Caller, newcomer: Account
) -> None:
    deep = b'{"x":' * 64 + b"1" + b"}" * 64
    assert platform.put_profile(newcomer, deep, "update_strategy=PARTIAL_UPDATE").status == 200
    assert platform.put_profile(newcomer, deep, "update_strategy=PARTIAL_DELETE").status == 200
    many = {"many": [{"id": number} for number in range(50_000)]}
    assert platform.put_profile(newcomer, many, "update_strategy=PARTIAL_UPDATE").status == 200
    again = platform.put_profile(newcomer, many, "update_strategy=PARTIAL_UPDATE")
    assert customs(again.data)["many"] == many["many"]
    answer = platform.put_profile(newcomer, {"note": "x" * 1_100_000})
    assert (answer.status, answer.json["error_code"]) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("compartment", ["1606", 1606])
def test_it_takes_the_ids_of_the_path_in_the_body(
    platform: Caller, newcomer: Account, compartment: object
) -> None:
    ids = {"$compartment_id": compartment, "$user_account_id": newcomer[1]}
    put = platform.put_profile(newcomer, ids)
    assert (put.status, put.data["$compartment_id"]) == (200, "1606")


@pytest.mark.parametrize("name", ["$compartment_id", "$user_account_id"])
@pytest.mark.parametrize("value", ["1607", 1607, 1606.0, True, None, [], {}, ""])
def test_it_refuses_other_ids_in_the_body(
    platform: Caller, newcomer: Account, name: str, value: object
) -> None:
    answer = platform.put_profile(newcomer, {name: value})
    assert answer.status == 400
    assert name in answer.json["error"]


def test_it_keeps_its_own_fields_to_itself(platform: Caller, newcomer: Account) -> None:
    first = platform.put_profile(newcomer, {"$creation_ts": 5, "$thing": 1, "a": 1}).data
    second = platform.put_profile(newcomer, {"b": 1}, "update_strategy=FORCE_REPLACE").data
    assert first["$creation_ts"] == second["$creation_ts"] > EXPIRES / 2
    assert "$thing" not in first
    assert second["$last_modified_ts"] >= first["$last_modified_ts"]
    assert customs(second) == {"b": 1}


def test_it_keeps_an_expiration_unless_one_is_given(platform: Caller, newcomer: Account) -> None:
    def expiration(body: dict[str, Any], query: str = "") -> object:
        return platform.put_profile(newcomer, body, query).data.get("$expiration_ts")

    assert expiration({"$expiration_ts": str(EXPIRES)}) == EXPIRES
    assert expiration({"a": 1}, "update_strategy=FORCE_REPLACE") == EXPIRES
    assert expiration({"$expiration_ts": EXPIRES + 1}, "force_replace=true") == EXPIRES + 1
    assert expiration({"$expiration_ts": 0}, "update_strategy=PARTIAL_DELETE") is None
    assert expiration({"$expiration_ts": EXPIRES}, "update_strategy=PARTIAL_UPDATE") == EXPIRES
    assert expiration({"$expiration_ts": None}) is None


@pytest.mark.parametrize("ts", [1_493_118_667, -1, 1.5e12, True, "soon", [], 2**63])
def test_it_refuses_an_expiration_that_is_no_time(
    platform: Caller, newcomer: Account, ts: object
) -> None:
    answer = platform.put_profile(newcomer, {"$expiration_ts": ts})
    assert answer.status == 400
    assert "$expiration_ts" in answer.json["error"]


def test_it_deletes_a_profile_and_keeps_its_account(platform: Caller, newcomer: Account) -> None:
    platform.put_profile(newcomer, NESTED)
    deleted = platform.call("DELETE", profile_path(newcomer))
    assert (deleted.status, deleted.json) == (200, {"status": "ok"})
    assert platform.profile(newcomer).status == 404
    assert platform.call("DELETE", profile_path(newcomer)).status == 404
    assert platform.point(account_selector(newcomer), "user_profiles").data == []
    assert accounts(platform, account_selector(newcomer)) == [newcomer]


def test_it_deletes_nobody_elses_profile(platform: Caller) -> None:
    account = TWO_PROFILES.accounts[0]
    assert platform.call("DELETE", profile_path(account, str(MARIE.point_id))).status == 404
    assert platform.profile(account).status == 200
