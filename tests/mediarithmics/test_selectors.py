"""What somebody typed names a person, and gets to the wire unchanged."""

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentadmin.mediarithmics.errors import InvalidSelector
from consentadmin.mediarithmics.hashing import HashFunction, HashingOff, HashRule
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
    Selector,
    Typed,
    recognise,
    selector_for,
    selector_from_json,
)

UUID = "26340584-f777-404c-82c5-56220667464b"
values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
selectors: st.SearchStrategy[Selector] = st.one_of(
    st.builds(PointSelector, values),
    st.builds(AgentSelector, values),
    st.builds(EmailHashSelector, values),
    st.builds(AccountSelector, values, values),
)
plainly = settings(deadline=None, database=None)


@pytest.mark.fact("§2 agents", "§2 points")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (UUID, Typed.USER_POINT),
        (f"  {UUID.upper()}\n", Typed.USER_POINT),
        ("vec:886742516", Typed.USER_AGENT),
        ("udp:-12", Typed.USER_AGENT),
        ("net:7:a@b", Typed.USER_AGENT),
        ("tech:goo:CAESE", Typed.USER_AGENT),
        ("etag:x", Typed.USER_AGENT),
        ("newthing:1", Typed.USER_AGENT),
        ("alice@example.com", Typed.EMAIL),
        ("mailto:alice@example.com", Typed.EMAIL),
        ("\u200balice@example.com\ufeff", Typed.EMAIL),
        ("é@ü", Typed.EMAIL),
        ("ab" * 16, Typed.EMAIL_HASH),
        ("AB" * 20, Typed.EMAIL_HASH),
        ("0" * 64, Typed.EMAIL_HASH),
        ("0" * 96, Typed.EMAIL_HASH),
        ("0" * 128, Typed.EMAIL_HASH),
        ("0" * 63, Typed.USER_ACCOUNT),
        ("914eb2aa", Typed.USER_ACCOUNT),
        ("1:2", Typed.USER_ACCOUNT),
        ("vec:", Typed.USER_ACCOUNT),
        ("@", Typed.USER_ACCOUNT),
        ("..", Typed.USER_ACCOUNT),
    ],
)
def test_what_was_typed_is_recognised(text: str, kind: Typed) -> None:
    assert recognise(text) is kind


@pytest.mark.parametrize(
    "text", ["", "  ", "\u200b", "a\nb", "a\x00b", "\x7f1", "x" * 513, "\ud800"]
)
def test_what_cannot_name_anybody_is_refused(text: str) -> None:
    with pytest.raises(InvalidSelector):
        recognise(text)
    with pytest.raises(InvalidSelector):
        selector_for(Typed.USER_ACCOUNT, text, "1606")


@plainly
@given(selectors)
def test_each_value_comes_back_from_the_path(selector: Selector) -> None:
    pairs = [part.partition("=") for part in selector.path().split(",")]
    stored = selector.to_json()
    del stored["kind"]
    assert [unquote(value, errors="strict") for _, _, value in pairs] == list(stored.values())


@plainly
@given(selectors)
def test_a_path_is_one_segment_that_no_parser_reads_otherwise(selector: Selector) -> None:
    path = selector.path()
    assert path.isascii()
    assert not set(path) & set("/?#|&; :\\")
    assert path.strip(".")


@plainly
@given(selectors)
def test_a_selector_comes_back_from_its_json(selector: Selector) -> None:
    assert selector_from_json(selector.to_json()) == selector


@plainly
@given(st.text(max_size=600))
def test_any_text_is_recognised_or_refused(text: str) -> None:
    try:
        kind = recognise(text)
    except InvalidSelector:
        return
    assert selector_for(kind, text, "1606", HashRule()).path()


@plainly
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40))
def test_a_form_given_by_hand_is_taken_whatever_its_shape(text: str) -> None:
    text = "x" + text + "x"
    assert selector_for(Typed.USER_POINT, text) == PointSelector(text)
    assert selector_for(Typed.USER_AGENT, text) == AgentSelector(text)
    assert selector_for(Typed.USER_ACCOUNT, text, "1") == AccountSelector("1", text)


def test_uuids_and_hashes_are_sent_in_lower_case() -> None:
    assert selector_for(Typed.USER_POINT, UUID.upper()) == PointSelector(UUID)
    assert selector_for(Typed.EMAIL_HASH, "ABC0") == EmailHashSelector("abc0")
    assert selector_for(Typed.USER_ACCOUNT, "ABC0", "1") == AccountSelector("1", "ABC0")


def test_an_address_is_hashed_by_the_rule() -> None:
    rule = HashRule(HashFunction.MD5)
    expected = EmailHashSelector(rule.hash("alice@example.com"))
    assert selector_for(Typed.EMAIL, "mailto:Alice@example.com", rule=rule) == expected


def test_an_address_where_hashing_is_off_says_so() -> None:
    with pytest.raises(HashingOff):
        selector_for(Typed.EMAIL, "a@b", rule=HashRule(HashFunction.NONE))


@pytest.mark.parametrize(
    ("kind", "text"),
    [(Typed.EMAIL, "alice"), (Typed.EMAIL_HASH, "xyz"), (Typed.USER_ACCOUNT, "914eb2aa")],
)
def test_what_cannot_be_of_that_kind_is_refused(kind: Typed, text: str) -> None:
    with pytest.raises(InvalidSelector) as caught:
        selector_for(kind, text)
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    "stored", [{}, {"kind": "USER_POINT"}, {"kind": "USER_POINT", "point": 3}, {"kind": "X"}]
)
def test_a_damaged_stored_selector_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(InvalidSelector):
        selector_from_json(stored)


@pytest.mark.parametrize("value", ["", "\ud800"])
def test_an_empty_or_unwritable_value_makes_no_selector(value: str) -> None:
    with pytest.raises(InvalidSelector):
        PointSelector(value)


@plainly
@given(st.text(st.characters(categories=["L", "N"]), min_size=12))
def test_no_value_is_in_a_repr(value: str) -> None:
    made = [PointSelector(value), AgentSelector(value), EmailHashSelector(value)]
    assert all(value not in repr(each) for each in [*made, AccountSelector("1", value)])
