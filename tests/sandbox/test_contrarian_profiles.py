"""Each S fact of PLATFORM §5 from both sides, over HTTP."""

from typing import Any
from urllib.parse import quote

import pytest

from consentadmin.sandbox.people import CUSTOMERS, LOYALTY, MARIE, MERGED, NESTED_PROFILE
from tests.sandbox.conftest import Account, Both, Caller, account_selector, profile_path
from tests.sandbox.contrary import customs, settle, shows

UPDATE, DELETE = "update_strategy=PARTIAL_UPDATE", "update_strategy=PARTIAL_DELETE"
Fields = dict[str, Any]


def written(both: Both, account: Account, stored: Fields, given: Fields, query: str) -> Any:
    """Write `given` over `stored` in both, and return what became of the custom fields."""

    def ask(caller: Caller) -> Fields:
        settle(caller, account, stored)
        assert caller.put_profile(account, given, query).status == 200
        return customs(caller, account)

    return both(ask)


@shows("compartment_takes_last")
def test_a_profile_by_its_compartment_alone(both: Both) -> None:
    path = f"user_profiles/compartment_id={CUSTOMERS}"
    found = both(lambda it: it.point(str(MERGED.point_id), path).data["$user_account_id"])
    assert found == ("acc-1871", "acc-650")


@shows("compartment_is_number")
def test_the_compartment_of_a_profile(both: Both) -> None:
    path = profile_path(MARIE.accounts[0])
    assert both(lambda it: it.get(path).data["$compartment_id"]) == ("1606", 1606)
    listed = both(lambda it: it.point(str(MARIE.point_id), "user_profiles").data)
    assert [rows[0]["$compartment_id"] for rows in listed] == ["1606", 1606]


@shows("bare_put_replaces")
def test_a_put_without_a_strategy(both: Both, newcomer: Account) -> None:
    found = written(both, newcomer, {"a": 1}, {"b": 2}, "")
    assert found == ({"a": 1, "b": 2}, {"b": 2})


@shows("flags_win")
def test_a_strategy_and_a_flag(both: Both, newcomer: Account) -> None:
    query = f"{UPDATE}&force_replace=true"
    assert written(both, newcomer, {"a": 1}, {"b": 2}, query) == ({"a": 1, "b": 2}, {"b": 2})


@shows("unknown_strategy_is_ignored")
@pytest.mark.parametrize("query", ["update_strategy=MERGE", "force_replace=maybe"])
def test_a_strategy_that_is_none(both: Both, query: str) -> None:
    account = MARIE.accounts[0]
    assert both(lambda it: it.put_profile(account, {"a": 1}, query).status) == (400, 200)


@shows("update_goes_deep")
def test_an_object_in_an_update(both: Both, newcomer: Account) -> None:
    found = written(both, newcomer, {"o": {"a": 1, "b": 1}}, {"o": {"a": 2}}, UPDATE)
    assert found == ({"o": {"a": 2, "b": 1}}, {"o": {"a": 2}})


@shows("null_in_update_removes")
def test_a_null_in_an_update(both: Both, newcomer: Account) -> None:
    found = written(both, newcomer, {"a": 1, "b": 1}, {"a": None}, UPDATE)
    assert found == ({"a": None, "b": 1}, {"b": 1})


@shows("arrays_go_by_id")
def test_an_array_of_objects_with_ids(both: Both, newcomer: Account) -> None:
    stored, given = [{"id": 1, "a": 1}], [{"id": 1, "b": 1}]
    found = written(both, newcomer, {"x": stored}, {"x": given}, UPDATE)
    assert found == ({"x": [{"id": 1, "a": 1, "b": 1}]}, {"x": stored + given})


@shows("ids_compare_as_text")
def test_an_id_as_text(both: Both, alone: Caller, newcomer: Account) -> None:
    stored, given = {"x": [{"id": 1, "a": 1}]}, {"x": [{"id": "1", "b": 1}]}
    ordinary = written(both, newcomer, stored, given, UPDATE)[0]
    settle(alone, newcomer, stored)
    alone.put_profile(newcomer, given, UPDATE)
    assert len(ordinary["x"]) == 2
    assert customs(alone, newcomer) == {"x": [{"id": "1", "a": 1, "b": 1}]}
    alone.put_profile(newcomer, {"x": [{"id": 1}]}, DELETE)
    assert customs(alone, newcomer) == {"x": []}


@shows("arrays_are_appended")
def test_another_array_in_an_update(both: Both, newcomer: Account) -> None:
    found = written(both, newcomer, {"x": [1, 2]}, {"x": [3]}, UPDATE)
    assert found == ({"x": [3]}, {"x": [1, 2, 3]})


@shows("delete_goes_deep")
def test_an_object_in_a_delete(both: Both, newcomer: Account) -> None:
    stored = {"o": {"a": 1, "b": 1}}
    found = written(both, newcomer, stored, {"o": {"a": None}}, DELETE)
    assert found == ({"o": {"b": 1}}, stored)


@shows("only_null_deletes")
def test_a_scalar_in_a_delete(both: Both, newcomer: Account) -> None:
    found = written(both, newcomer, {"a": 1, "b": 1, "c": 1}, {"a": None, "b": 1, "c": {}}, DELETE)
    assert found == ({}, {"b": 1, "c": 1})


@shows("put_makes_person", "any_put_makes_person")
def test_a_profile_of_somebody_unknown(both: Both, newcomer: Account) -> None:
    path = profile_path(newcomer)
    assert both(lambda it: it.call("PUT", path, json={"a": 1}).status) == (200, 404)
    other = (CUSTOMERS, f"{newcomer[1]}-2")
    path = profile_path(other, f"email_hash={newcomer[1]}")
    assert both(lambda it: it.call("PUT", path, json={"a": 1}).status) == (404, 200)
    assert customs(both.contrarian, other) == {"a": 1}


@shows("put_attaches_account")
def test_an_account_that_is_nobodys(both: Both, newcomer: Account) -> None:
    path = profile_path(newcomer, str(MARIE.point_id))
    assert both(lambda it: it.call("PUT", path, json={"a": 1}).status) == (200, 404)


@shows("unknown_compartment_is_404")
def test_a_compartment_that_is_not_there(both: Both) -> None:
    path = profile_path(("7", "acc-914"), str(MARIE.point_id))
    assert both(lambda it: it.call("PUT", path, json={}).status) == (400, 404)


@shows("ids_must_match", "other_fields_refused")
def test_system_fields_in_a_body(both: Both) -> None:
    path = profile_path(MARIE.accounts[0])
    other = {"$user_account_id": "acc-0"}
    assert both(lambda it: it.call("PUT", path, json=other).status) == (400, 200)
    assert both(lambda it: it.call("PUT", path, json={"$thing": 1}).status) == (200, 422)


@shows("replace_forgets_expiration")
def test_an_expiration_that_is_not_given(both: Both) -> None:
    def ask(caller: Caller) -> bool:
        account = NESTED_PROFILE.accounts[0]
        caller.put_profile(account, {"a": 1}, "update_strategy=FORCE_REPLACE")
        return "$expiration_ts" in caller.profile(account).data

    assert both(ask) == (True, False)


@shows("profile_delete_keeps_account")
def test_the_account_of_a_deleted_profile(both: Both, newcomer: Account) -> None:
    def ask(caller: Caller) -> int:
        settle(caller, newcomer, {})
        assert caller.call("DELETE", profile_path(newcomer)).status == 200
        return caller.point(account_selector(newcomer), "user_identifiers").status

    assert both(ask) == (200, 404)


def test_both_replace_the_whole_profile(both: Both, newcomer: Account) -> None:
    other = (LOYALTY, quote(newcomer[1]))
    query = "update_strategy=FORCE_REPLACE"
    assert written(both, other, {"a": 1}, {"b": 2}, query) == ({"b": 2}, {"b": 2})
