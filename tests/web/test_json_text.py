"""Reading typed JSON: as strict as JSON is, every value kept exactly, each fault with its place."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentadmin.web.forms.json_text import BadText, LargeNumbers, read_object, text_of

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)
OBJECTS = st.dictionaries(st.text().filter(lambda name: not name.startswith("$")), VALUES)


@given(OBJECTS)
def test_what_it_writes_it_reads_with_every_type_kept(value: dict[str, Any]) -> None:
    assert repr(read_object(text_of(value))) == repr(value)


def read(text: str) -> dict[str, Any] | BadText:
    """What is read, or what is said instead."""
    try:
        return read_object(text)
    except BadText as error:
        return error


@given(st.text('{}[],:"\\ \na1.e-$') | st.text())
def test_it_takes_no_text_that_json_does_not(text: str) -> None:
    found = read(text)
    if isinstance(found, BadText):
        assert 1 <= found.line <= text.count("\n") + 1
        assert 1 <= found.column <= len(text) + 1
    else:
        assert json.loads(text) == found


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("\n [1]", 2, 2),
        ('{"a": 1,}', 1, 9),
        ('{"a" 1, "b": NaN}', 1, 6),
        ('{"b": NaN, "a" 1}', 1, 7),
        ('{"a": {"b": 1,\n"b": 2}}', 2, 1),
        ('{"a": "x', 1, 7),
        ('{"a": tru}', 1, 7),
        ('{"a": 1} x', 1, 10),
        ('{"a": 1e999}', 1, 7),
        ('{"a": -9007199254740993}', 1, 7),
        ('{"a": "\\udfff"}', 1, 7),
        ('{"a\\ud800": 1}', 1, 2),
        ('{"x": 1, "$y": 1}', 1, 10),
        ("[" * 100_000, 1, 65),
        ('{"a":' * 63 + "[[]]" + "}" * 63, 1, 317),
    ],
)
def test_the_first_fault_is_told_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(BadText) as told:
        read_object(text)
    assert (told.value.line, told.value.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    [
        '{"": {"$x": 1}}',
        '{"a": 9007199254740992, "b": 1.10, "c": 1E2, "d": -0.0}',
        '{"a": "\\ud83d\\ude00"}',
        '{"a":' * 63 + "[]" + "}" * 63,
    ],
)
def test_what_is_unusual_but_right_is_taken(text: str) -> None:
    assert read_object(text) == json.loads(text)


def test_a_large_number_that_the_platform_holds_already_is_taken() -> None:
    stored = {"id": [{"n": 12345678901234567890}]}
    assert read_object(text_of(stored), known=LargeNumbers(stored)) == stored
    with pytest.raises(BadText):
        read_object('{"n": 12345678901234567891}', known=LargeNumbers(stored))


def test_a_number_is_never_read_as_another() -> None:
    assert math.copysign(1, read_object('{"a": -0.0}')["a"]) == -1
    assert isinstance(read_object('{"a": 1.0}')["a"], float)
