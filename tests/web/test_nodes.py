"""A profile as rows of a form and back: nothing is lost, and no type changes."""

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from consentadmin.web.forms.nodes import Node, Nodes, Type, Unreadable, why_not_laid_out

NAMES = st.text(min_size=1, max_size=5).filter(lambda name: not why_not_laid_out({name: 1}))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=9,
)
OBJECTS = st.dictionaries(NAMES.filter(lambda name: name[0] != "$"), VALUES, max_size=4)


def posted(nodes: Nodes, **more: str) -> Nodes:
    """The rows as a browser sends them back: line breaks as forms have them."""
    data = QueryDict(mutable=True)
    for node in nodes:
        data.appendlist("node-at", node.at)
        data.appendlist("node-under", node.under)
        data.appendlist("node-name", node.name)
        data.appendlist("node-type", node.type)
        data.appendlist("node-value", node.value.replace("\n", "\r\n"))
    for name, value in more.items():
        data.appendlist(name.replace("_", "-"), value)
    return Nodes.posted(data)


@given(OBJECTS)
def test_a_profile_comes_back_as_it_was(customs: dict[str, Any]) -> None:
    assert repr(posted(Nodes.of(customs)).read()) == repr(customs)


@pytest.mark.parametrize(
    "text", ["a\rb", "a\r\nb", "tab\there", "\x00", "line\u2028line", 'say "x"\t']
)
def test_a_text_that_no_field_carries_is_escaped(text: str) -> None:
    nodes = Nodes.of({"a": text})
    assert nodes.top[0].type == Type.ESCAPED
    assert posted(nodes).read() == {"a": text}


def test_elements_are_called_by_their_place_and_id() -> None:
    names = [node.name for node in Nodes.of({"c": [{"id": "x"}, {"b": 1}, 2]})]
    assert names == ["c", "1 [id=x]", "id", "2", "b", "3"]


def test_what_is_removed_goes_with_all_that_is_in_it() -> None:
    assert posted(Nodes.of({"a": {"b": {"c": 1}}, "d": 1}), node_gone="1").read() == {"d": 1}


def test_an_added_row_without_anything_in_it_is_no_field() -> None:
    nodes = Nodes.of({"a": {}})
    nodes.add("1")
    nodes.add("")
    assert nodes.read() == {"a": {}}


def test_an_added_element_is_one() -> None:
    nodes = Nodes.of({"a": []})
    nodes.add("1")
    assert nodes.read() == {"a": [""]}


def test_an_object_with_fields_does_not_become_a_text_unnoticed() -> None:
    nodes = posted(Nodes.of({"a": {"b": 1}}))
    nodes.top[0].type = Type.TEXT.value
    with pytest.raises(Unreadable):
        nodes.read()
    assert "fields of its own" in nodes.top[0].error


def test_rows_that_claim_to_nest_without_end_are_told() -> None:
    nodes = Nodes()
    nodes.top = [Node("0", type=Type.OBJECT.value, name="a")]
    for number in range(1, 200):
        nodes.top.append(Node(str(number), str(number - 1), "a", Type.OBJECT.value))
    with pytest.raises(Unreadable):
        posted(nodes).read()


@pytest.mark.parametrize(
    ("customs", "says"),
    [
        ({str(n): n for n in range(300)}, ""),
        ({str(n): n for n in range(301)}, "more than 300"),
        ({"a": {"": 1}}, "named by nothing"),
        ({" a": 1}, "named by nothing"),
        ({"a\nb": 1}, "named by nothing"),
        ({"a": [[[[[[[[[[[[[1]]]]]]]]]]]]]}, "nested too deep"),
    ],
)
def test_what_can_not_be_rows_says_why(customs: dict[str, Any], says: str) -> None:
    assert says in why_not_laid_out(customs)
    assert bool(says) == bool(why_not_laid_out(customs))
