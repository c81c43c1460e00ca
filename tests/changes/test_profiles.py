"""What we expect a write to make of a profile (PLATFORM §5), by example and by property."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentadmin.changes.profiles import MISSING, Difference, differences, expected
from consentadmin.mediarithmics.profiles import ProfileStrategy as S

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2)
NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
STORED = {
    "city": "Lyon",
    "address": {"street": "1, rue", "zip": None},
    "children": [{"id": 1, "name": "E"}, {"id": 2, "name": "M"}],
    "sizes": [38, 39],
}


@pytest.mark.parametrize(
    ("strategy", "body", "after"),
    [
        (S.FORCE_REPLACE, {"x": 1}, {"x": 1}),
        (S.LEGACY_REPLACE, {}, {}),
        (S.LEGACY_MERGE, {"address": {"zip": "69"}}, {**STORED, "address": {"zip": "69"}}),
        (
            S.LEGACY_MERGE_OBJECTS,
            {"address": {"zip": "69"}},
            {**STORED, "address": {"street": "1, rue", "zip": "69"}},
        ),
        (
            S.PARTIAL_UPDATE,
            {"children": [{"id": 2, "age": 8}, {"id": 3}], "sizes": [40]},
            {
                **STORED,
                "children": [
                    {"id": 1, "name": "E"},
                    {"id": 2, "name": "M", "age": 8},
                    {"id": 3},
                ],
                "sizes": [40],
            },
        ),
        (
            S.PARTIAL_DELETE,
            {"city": None, "address": {"zip": ""}, "children": [{"id": 1}], "nothing": {}},
            {
                "address": {"street": "1, rue"},
                "children": [{"id": 2, "name": "M"}],
                "sizes": [38, 39],
            },
        ),
        (S.PARTIAL_DELETE, {"address": {}}, {k: v for k, v in STORED.items() if k != "address"}),
    ],
)
def test_it_expects_what_each_strategy_makes(
    strategy: S, body: dict[str, Any], after: dict[str, Any]
) -> None:
    assert expected(STORED, body, strategy) == after


@given(stored=OBJECTS, body=OBJECTS)
def test_a_replacement_is_exactly_the_body(stored: dict[str, Any], body: dict[str, Any]) -> None:
    assert expected(stored, body, S.FORCE_REPLACE) == body


@given(stored=OBJECTS, body=OBJECTS, strategy=st.sampled_from(S))
def test_nothing_that_was_not_named_is_lost_or_changed(
    stored: dict[str, Any], body: dict[str, Any], strategy: S
) -> None:
    if strategy in {S.FORCE_REPLACE, S.LEGACY_REPLACE}:
        return
    after = expected(stored, body, strategy)
    for name in stored.keys() - body.keys():
        assert after[name] == stored[name]


@given(stored=OBJECTS, value=SCALARS, name=NAMES)
def test_an_update_and_a_deletion_of_the_same_new_field_restore(
    stored: dict[str, Any], value: object, name: str
) -> None:
    stored.pop(name, None)
    body = {name: value}
    updated = expected(stored, body, S.PARTIAL_UPDATE)
    assert expected(updated, body, S.PARTIAL_DELETE) == stored


@given(stored=OBJECTS, body=OBJECTS, strategy=st.sampled_from(S))
def test_writing_twice_is_writing_once(
    stored: dict[str, Any], body: dict[str, Any], strategy: S
) -> None:
    once = expected(stored, body, strategy)
    assert not list(differences(expected(once, body, strategy), once))


@given(stored=OBJECTS, body=OBJECTS, strategy=st.sampled_from(S))
def test_what_was_stored_is_left_as_it_is(
    stored: dict[str, Any], body: dict[str, Any], strategy: S
) -> None:
    before, sent = repr(stored), repr(body)
    expected(stored, body, strategy)
    assert (repr(stored), repr(body)) == (before, sent)


@given(one=OBJECTS, other=OBJECTS)
def test_what_does_not_differ_is_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not list(differences(one, one))
    if not list(differences(one, other)):
        assert one == other


def test_it_tells_each_path_that_differs() -> None:
    after = {**STORED, "address": {"street": "2, rue"}, "sizes": [38], "new": False}
    assert list(differences(STORED, after)) == [
        Difference(("address", "street"), "1, rue", "2, rue"),
        Difference(("address", "zip"), None, MISSING),
        Difference(("sizes",), [38, 39], [38]),
        Difference(("new",), MISSING, after=False),
    ]


def test_elements_with_ids_are_told_apart_by_them() -> None:
    after = {"children": [{"id": 2, "name": "Mathilde"}]}
    found = list(differences({"children": STORED["children"]}, after))
    assert [difference.path for difference in found] == [
        ("children", "[id=1]"),
        ("children", "[id=2]", "name"),
    ]


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), (None, ""), ("1", 1)])
def test_values_that_only_look_alike_differ(one: object, other: object) -> None:
    assert list(differences({"a": one}, {"a": other}))


def test_a_number_is_the_same_in_either_form() -> None:
    assert not list(differences({"a": 1}, {"a": 1.0}))
