"""What is sent for a draft (PLATFORM §5), by example and by property."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentadmin.changes.drafts import (
    Side,
    body_for,
    narrowest,
    replayed,
    side_by_side,
    unreached,
    value_at,
)
from consentadmin.changes.profiles import MISSING, Path, differences, expected, is_same
from consentadmin.mediarithmics.profiles import ProfileStrategy as S

SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab1", max_size=2)
NAMES = st.sampled_from(["a", "b", "id"])
ELEMENTS = st.dictionaries(NAMES, SCALARS, max_size=2)
VALUES = st.recursive(
    SCALARS | st.lists(ELEMENTS.map(lambda it: {"id": 1, **it}), max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
ADDING = [S.PARTIAL_UPDATE, S.LEGACY_MERGE, S.LEGACY_MERGE_OBJECTS]
ELISE, MAUD = {"id": 1, "name": "E"}, {"id": 2, "name": "M"}
STORED = {
    "city": "Lyon",
    "address": {"street": "1, rue", "zip": None},
    "children": [ELISE, MAUD],
    "sizes": [38, 39],
}


def but(**fields: Any) -> dict[str, Any]:
    """What is stored, with these fields instead; Ellipsis for none."""
    return {name: value for name, value in {**STORED, **fields}.items() if value is not ...}


@pytest.mark.parametrize(
    ("desired", "strategy", "body"),
    [
        (but(), S.PARTIAL_UPDATE, {}),
        (but(city="Paris"), S.PARTIAL_UPDATE, {"city": "Paris"}),
        (but(city=None, vip=True), S.PARTIAL_UPDATE, {"city": None, "vip": True}),
        (
            but(address={"street": "2, rue", "zip": None}),
            S.PARTIAL_UPDATE,
            {"address": {"street": "2, rue"}},
        ),
        (
            but(children=[ELISE, {"id": 2, "name": "Z"}, {"id": 3}]),
            S.PARTIAL_UPDATE,
            {"children": [{"id": 2, "name": "Z"}, {"id": 3}]},
        ),
        (but(sizes=[38]), S.PARTIAL_UPDATE, {"sizes": [38]}),
        (but(city=...), S.PARTIAL_UPDATE, {}),
        (but(city=...), S.PARTIAL_DELETE, {"city": None}),
        (but(address={"street": "1, rue"}), S.PARTIAL_DELETE, {"address": {"zip": None}}),
        (but(children=[MAUD]), S.PARTIAL_DELETE, {"children": [{"id": 1}]}),
        (but(city="Paris"), S.PARTIAL_DELETE, {}),
        (
            but(address={"street": "2, rue"}),
            S.LEGACY_MERGE,
            {"address": {"street": "2, rue"}},
        ),
        (
            but(address={"street": "2, rue", "zip": None}),
            S.LEGACY_MERGE_OBJECTS,
            {"address": {"street": "2, rue"}},
        ),
        (
            but(children=[{"id": 1, "name": "E"}, {"id": 2, "name": "Z"}]),
            S.LEGACY_MERGE_OBJECTS,
            {"children": [{"id": 1, "name": "E"}, {"id": 2, "name": "Z"}]},
        ),
        (but(city="Paris"), S.FORCE_REPLACE, but(city="Paris")),
    ],
)
def test_the_body_names_only_what_changes(
    desired: dict[str, Any], strategy: S, body: dict[str, Any]
) -> None:
    assert body_for(STORED, desired, strategy) == body


@pytest.mark.parametrize(
    ("desired", "strategy"),
    [
        (but(), None),
        (but(city="Paris", vip=1), S.PARTIAL_UPDATE),
        (but(city=...), S.PARTIAL_DELETE),
        (but(city=..., vip=1), S.FORCE_REPLACE),
        (but(sizes=[39]), S.PARTIAL_UPDATE),
        (but(children=[MAUD, ELISE]), S.FORCE_REPLACE),
        ({}, S.PARTIAL_DELETE),
    ],
)
def test_the_narrowest_strategy_that_reaches_the_draft_is_chosen(
    desired: dict[str, Any], strategy: S | None
) -> None:
    assert narrowest(STORED, desired) == strategy


def test_what_a_strategy_can_not_reach_is_told() -> None:
    desired = but(city=..., vip=True)
    assert [each.path for each in unreached(STORED, desired, S.PARTIAL_UPDATE)] == [("city",)]
    assert [each.path for each in unreached(STORED, desired, S.PARTIAL_DELETE)] == [("vip",)]
    assert unreached(STORED, desired, S.FORCE_REPLACE) == []


def test_elements_that_ids_do_not_tell_apart_are_left_alone() -> None:
    twice = {"c": [{"id": 1, "x": 1}, {"id": "1", "x": 2}]}
    assert body_for(twice, {"c": [{"id": 1, "x": 9}]}, S.PARTIAL_UPDATE) == {}
    assert body_for(twice, {"c": [{"id": 1, "x": 1}]}, S.PARTIAL_DELETE) == {}


@given(stored=OBJECTS, desired=OBJECTS)
def test_the_narrowest_reaches_any_draft(stored: dict[str, Any], desired: dict[str, Any]) -> None:
    strategy = narrowest(stored, desired)
    if strategy is None:
        assert is_same(stored, desired)
    else:
        assert is_same(expected(stored, body_for(stored, desired, strategy), strategy), desired)
        assert unreached(stored, desired, strategy) == []


@given(stored=OBJECTS, desired=OBJECTS)
def test_replacing_sends_and_gives_exactly_the_draft(
    stored: dict[str, Any], desired: dict[str, Any]
) -> None:
    body = body_for(stored, desired, S.FORCE_REPLACE)
    assert body == desired == expected(stored, body, S.FORCE_REPLACE)


def grown(stored: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """What is stored, and what of `more` it has not."""
    result = dict(stored)
    for name, value in more.items():
        if isinstance(stored.get(name), dict) and isinstance(value, dict):
            result[name] = grown(stored[name], value)
        else:
            result.setdefault(name, value)
    return result


@given(stored=OBJECTS, more=OBJECTS)
def test_an_update_and_a_deletion_of_the_same_paths_restore(
    stored: dict[str, Any], more: dict[str, Any]
) -> None:
    draft = grown(stored, more)
    updated = expected(stored, body_for(stored, draft, S.PARTIAL_UPDATE), S.PARTIAL_UPDATE)
    assert is_same(updated, draft)
    back = body_for(updated, stored, S.PARTIAL_DELETE)
    assert is_same(expected(updated, back, S.PARTIAL_DELETE), stored)


def lie_under(paths: Iterable[Path], roots: Iterable[Path]) -> bool:
    found = set(roots)
    return all(any(path[:n] in found for n in range(len(path) + 1)) for path in paths)


@given(stored=OBJECTS, desired=OBJECTS, strategy=st.sampled_from(S))
def test_nothing_is_lost_or_changed_that_the_draft_does_not_change(
    stored: dict[str, Any], desired: dict[str, Any], strategy: S
) -> None:
    after = expected(stored, body_for(stored, desired, strategy), strategy)
    touched = [each.path for each in differences(stored, after)]
    assert lie_under(touched, [each.path for each in differences(stored, desired)])


@given(stored=OBJECTS, desired=OBJECTS, strategy=st.sampled_from(ADDING))
def test_updating_and_merging_in_depth_never_remove_a_field(
    stored: dict[str, Any], desired: dict[str, Any], strategy: S
) -> None:
    after = expected(stored, body_for(stored, desired, strategy), strategy)
    assert stored.keys() <= after.keys()


@given(stored=OBJECTS, desired=OBJECTS, strategy=st.sampled_from(S))
def test_what_comes_in_is_left_as_it_is(
    stored: dict[str, Any], desired: dict[str, Any], strategy: S
) -> None:
    before = repr((stored, desired))
    body_for(stored, desired, strategy)
    assert repr((stored, desired)) == before


def test_a_draft_is_replayed_on_what_somebody_else_changed_meanwhile() -> None:
    now = but(city="Nice", address={"street": "9, rue", "zip": "06"}, new=1)
    desired = but(address={"street": "1, rue", "zip": "69"}, sizes=...)
    assert replayed(STORED, now, desired) == {
        "city": "Nice",
        "address": {"street": "9, rue", "zip": "69"},
        "children": [ELISE, MAUD],
        "new": 1,
    }


@given(seen=OBJECTS, now=OBJECTS)
def test_a_draft_without_changes_changes_nothing(seen: dict[str, Any], now: dict[str, Any]) -> None:
    assert is_same(replayed(seen, now, seen), now)


def test_three_versions_are_laid_side_by_side_by_path() -> None:
    seen, now = {"a": 1, "b": 1, "c": 1}, {"a": 2, "c": 1, "d": 1}
    sides = side_by_side(seen, now, {"a": 1, "b": 1, "c": 3}, most=9)
    assert list(sides.shown) == [
        Side(("a",), 1, 2, 1),
        Side(("b",), 1, MISSING, 1),
        Side(("d",), MISSING, 1, MISSING),
        Side(("c",), 1, 1, 3),
    ]
    assert [each.is_moved for each in sides.shown] == [True, True, True, False]


def test_only_so_many_paths_are_laid_out_and_the_others_counted() -> None:
    sides = side_by_side(None, {str(n): n for n in range(9)}, None, most=4)
    assert (len(sides.shown), sides.more) == (4, 5)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("address", "zip"), None),
        (("children", "[id=2]", "name"), "M"),
        (("children", "[id=9]"), MISSING),
        (("city", "x"), MISSING),
        ((), STORED),
    ],
)
def test_a_path_leads_to_its_value(path: Path, value: object) -> None:
    assert value_at(STORED, path) == value
