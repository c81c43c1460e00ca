"""What each strategy makes of a stored profile (PLATFORM §5)."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentadmin.sandbox.decisions import ORDINARY
from consentadmin.sandbox.merging import Fields, Strategy, after_write, strategy_of
from consentadmin.sandbox.problems import Problem

STORED: Fields = {
    "city": "Brno",
    "nickname": None,
    "address": {"street": "Údolní 12", "geo": {"lat": 49.2, "lon": 16.6}},
    "children": [{"id": "c1", "born": 2014, "x": {"a": 1}}, {"id": "c2", "born": 2018}],
    "sizes": [38, 39.5, None],
}


def written(given_: Fields, strategy: Strategy, stored: Fields = STORED) -> Fields:
    return after_write(stored, given_, strategy, ORDINARY)


@pytest.mark.parametrize("given_", [{}, {"address": {}}, {"city": None, "new": [{"id": 1}]}])
def test_a_replaced_profile_is_the_body(given_: Fields) -> None:
    assert written(given_, Strategy.FORCE_REPLACE) == given_


def test_a_merge_overrides_objects_of_one_name() -> None:
    made = written({"address": {"geo": {"lat": 1}}, "new": 1}, Strategy.MERGE)
    assert made == STORED | {"address": {"geo": {"lat": 1}}, "new": 1}


def test_a_merge_of_objects_goes_in_depth_but_replaces_arrays() -> None:
    body = {"address": {"geo": {"lat": 1}}, "children": [{"id": "c1"}], "city": {"a": 1}}
    made = written(body, Strategy.MERGE_OBJECTS)
    assert made["address"] == {"street": "Údolní 12", "geo": {"lat": 1, "lon": 16.6}}
    assert (made["children"], made["city"]) == ([{"id": "c1"}], {"a": 1})


def test_a_partial_update_merges_objects_in_depth() -> None:
    made = written({"address": {"geo": {"lat": None}}, "city": ["x"]}, Strategy.PARTIAL_UPDATE)
    assert made["address"] == {"street": "Údolní 12", "geo": {"lat": None, "lon": 16.6}}
    assert (made["city"], made["sizes"]) == (["x"], STORED["sizes"])


def test_a_partial_update_merges_arrays_by_id() -> None:
    body = {"children": [{"id": "c3"}, {"id": "c1", "x": {"b": 2}}, {"id": "c3", "born": 2020}]}
    made = written(body, Strategy.PARTIAL_UPDATE)
    assert made["children"] == [
        {"id": "c1", "born": 2014, "x": {"a": 1, "b": 2}},
        {"id": "c2", "born": 2018},
        {"id": "c3", "born": 2020},
    ]


@pytest.mark.parametrize(
    "array", [[], [{"id": "c1"}, {"born": 2014}], [{"id": "c1"}, None], ["c1"], [["id"]]]
)
def test_a_partial_update_replaces_any_other_array(array: list[Any]) -> None:
    assert written({"children": array}, Strategy.PARTIAL_UPDATE)["children"] == array
    stored = {"children": array}
    body = {"children": [{"id": "c1", "x": 1}]}
    assert written(body, Strategy.PARTIAL_UPDATE, stored) == body


def test_ids_are_one_where_json_has_them_so() -> None:
    ids: list[Any] = [1, True, "1", [True], [1], {"a": 1}, None]
    stored = {"x": [{"id": each} for each in ids]}
    body = {"x": [{"id": 1.0, "new": 1}, {"id": {"a": 1.0}, "new": 2}]}
    made = written(body, Strategy.PARTIAL_UPDATE, stored)["x"]
    assert [each.get("new") for each in made] == [1, None, None, None, None, 2, None]
    left = written(body, Strategy.PARTIAL_DELETE, stored)["x"]
    assert repr([each["id"] for each in left]) == repr([True, "1", [True], [1], None])


@pytest.mark.parametrize("value", [None, 0, "", False, 2.5, {}])
@pytest.mark.parametrize("name", ["city", "nickname", "address", "children", "sizes"])
def test_a_partial_delete_removes_a_key(name: str, value: object) -> None:
    left = written({name: value, "never": None}, Strategy.PARTIAL_DELETE)
    assert left == {key: each for key, each in STORED.items() if key != name}


def test_a_partial_delete_recurses_into_objects() -> None:
    body = {"address": {"geo": {"lat": None}, "street": 0, "none": 0}, "city": {"a": None}}
    left = written(body, Strategy.PARTIAL_DELETE)
    assert left == STORED | {"address": {"geo": {"lon": 16.6}}}


def test_a_partial_delete_removes_elements_by_id() -> None:
    body = {"children": [{"id": "c1", "born": 1}, {"id": "c9"}], "sizes": [{"id": 38}]}
    left = written(body, Strategy.PARTIAL_DELETE)
    assert left == STORED | {"children": [{"id": "c2", "born": 2018}]}


@pytest.mark.parametrize("array", [[], [38], [{"id": "c1"}, {}]])
def test_a_partial_delete_leaves_arrays_that_name_no_elements(array: list[Any]) -> None:
    body = {"sizes": array, "children": array, "address": array}
    assert written(body, Strategy.PARTIAL_DELETE) == STORED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from("ab"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(
            st.fixed_dictionaries({"id": st.integers(0, 3), "a": inner}),
            max_size=3,
            unique_by=lambda element: element["id"],
        )
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)
many = settings(max_examples=100, deadline=None, database=None)


@many
@given(stored=FIELDS, body=FIELDS, strategy=st.sampled_from(Strategy))
def test_nothing_that_comes_in_is_changed(stored: Fields, body: Fields, strategy: Strategy) -> None:
    before = copy.deepcopy((stored, body))
    written(body, strategy, stored)
    assert (stored, body) == before


@many
@given(stored=FIELDS, body=FIELDS, strategy=st.sampled_from(Strategy))
def test_a_write_done_twice_is_a_write_done_once(
    stored: Fields, body: Fields, strategy: Strategy
) -> None:
    once = written(body, strategy, stored)
    assert repr(written(body, strategy, once)) == repr(once)


def strategy(**asked: str) -> Strategy:
    return strategy_of(asked, ORDINARY)


@pytest.mark.parametrize("name", ["PARTIAL_UPDATE", "PARTIAL_DELETE", "FORCE_REPLACE"])
def test_a_strategy_is_named_and_wins_over_the_legacy_flags(name: str) -> None:
    assert strategy(update_strategy=name).name == name
    assert strategy(update_strategy=name, force_replace="maybe", merge_objects="true").name == name


def test_the_legacy_flags_name_strategies_too() -> None:
    assert strategy(force_replace="true", merge_objects="true") is Strategy.FORCE_REPLACE
    assert strategy(force_replace="false", merge_objects="true") is Strategy.MERGE_OBJECTS
    assert strategy(force_replace="false", merge_objects="false") is Strategy.MERGE
    assert strategy(merge_objects="true") is Strategy.MERGE_OBJECTS
    assert strategy(force_replace="false") is strategy() is strategy(x="y") is Strategy.MERGE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("update_strategy", ""),
        ("update_strategy", "partial_update"),
        ("update_strategy", "MERGE"),
        ("force_replace", ""),
        ("force_replace", "True"),
        ("merge_objects", "1"),
    ],
)
def test_an_unknown_strategy_is_refused(field: str, value: str) -> None:
    with pytest.raises(Problem, match=field) as caught:
        strategy(**{field: value})
    assert caught.value.status == 400


def test_the_other_rules_may_hold() -> None:
    """S: what decisions turned round make of the two PARTIAL strategies and of the flags."""
    stored = {"a": 1, "b": [{"id": 1}], "c": [1]}
    body = {"a": None, "b": [{"id": 1, "x": 2}], "c": [2]}
    update, delete = Strategy.PARTIAL_UPDATE, Strategy.PARTIAL_DELETE
    idless = replace(ORDINARY, arrays_go_by_id=False)
    assert after_write(stored, body, update, idless) == body
    assert after_write(stored, body, delete, idless) == {}
    appending = replace(ORDINARY, arrays_are_appended=True)
    assert after_write(stored, body, update, appending)["c"] == [1, 2]
    patching = replace(ORDINARY, null_in_update_removes=True, only_null_deletes=True)
    assert after_write(stored, body, update, patching) == {"b": [{"id": 1, "x": 2}], "c": [2]}
    assert after_write(stored, {"a": 0, "c": None}, delete, patching) == {"a": 1, "b": [{"id": 1}]}
    assert strategy_of({}, replace(ORDINARY, bare_put_replaces=True)) is Strategy.FORCE_REPLACE
    asked = {"update_strategy": "FORCE_REPLACE", "force_replace": "false"}
    assert strategy_of(asked, replace(ORDINARY, flags_win=True)) is Strategy.MERGE
