"""Filters are written so that they mean the same, or more, however they are read (§6)."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentadmin.mediarithmics.errors import InvalidFilter
from consentadmin.mediarithmics.filters import EVERYTHING, Filters
from consentadmin.mediarithmics.timelines import read_timeline_activity

TS = 1_573_134_360_000


@pytest.mark.parametrize(
    ("filters", "written"),
    [
        (EVERYTHING, ""),
        (EVERYTHING.where("$type", "SITE_VISIT"), "$type==SITE_VISIT"),
        (EVERYTHING.where("$type", "A", "B", "A"), "$type==A|$type==B"),
        (EVERYTHING.where("shop", "é b=c").where("$type", "A"), "shop==é b=c,$type==A"),
        (EVERYTHING.where("a", "1").where("b", "2", "3"), "a==1,b==2|b==3,a==1"),
        (EVERYTHING.since(TS).until(TS + 1), f"start_ts=={TS},end_ts=={TS + 1}"),
    ],
)
def test_a_filter_is_written_as_documented(filters: Filters, written: str) -> None:
    """D §6: ``field==value``, a comma for AND, a bar for OR."""
    assert filters.expression() == written


@pytest.mark.parametrize("value", ["", " ", "a,b", "a|b", "a==b", "=a", "==", "\ud800"])
def test_a_value_that_an_operator_would_cut_is_refused(value: str) -> None:
    with pytest.raises(InvalidFilter, match="A value to search for is not empty"):
        EVERYTHING.where("$unique_key", "good", value)


@pytest.mark.parametrize("name", ["", "a b", "a==", "a,b", "$", "start_ts", "end_ts", "é"])
def test_a_field_has_a_plain_name(name: str) -> None:
    with pytest.raises(InvalidFilter):
        EVERYTHING.where(name, "1")


def test_a_filter_has_a_value() -> None:
    with pytest.raises(InvalidFilter):
        EVERYTHING.where("$type")


@pytest.mark.parametrize("ts", [0, 1_573_134_360, TS * 1000])
def test_a_bound_is_in_milliseconds(ts: int) -> None:
    with pytest.raises(InvalidFilter):
        EVERYTHING.since(ts)
    with pytest.raises(InvalidFilter):
        EVERYTHING.until(ts)


def test_a_filter_shows_no_value() -> None:
    assert "needle" not in repr(EVERYTHING.where("$unique_key", "needle"))


GROUPS = st.lists(
    st.lists(st.sampled_from("12345"), min_size=1, max_size=3, unique=True), max_size=4
)


def holds(expression: str, true: set[str], *, tight: str) -> bool:
    """Evaluate an expression with one operator binding closer than the other."""
    loose = "|" if tight == "," else ","
    close, wide = (all, any) if tight == "," else (any, all)
    return wide(close(c in true for c in part.split(tight)) for part in expression.split(loose))


@settings(max_examples=100, deadline=None, database=None)
@given(groups=GROUPS)
def test_no_reading_takes_in_less_and_a_plain_one_not_more(groups: list[list[str]]) -> None:
    """S: which operator binds closer. Every assignment of the conditions is tried."""
    filters = EVERYTHING
    for name, values in zip("abcd", groups, strict=False):
        filters = filters.where(name, *values)
    conditions = [f"{name}=={value}" for name, values in filters.parts for value in values]
    for chosen in itertools.product([False, True], repeat=len(conditions)):
        true = set(itertools.compress(conditions, chosen))
        meant = all(any(f"{n}=={v}" in true for v in values) for n, values in filters.parts)
        if filters.parts:
            read = [holds(filters.expression(), true, tight=tight) for tight in (",", "|")]
            assert all(read) if meant else (not any(read) or not filters.is_plain)


@pytest.mark.parametrize(
    ("body", "is_fit"),
    [
        ({"$type": "B", "$channel_id": 12}, True),
        ({"$type": "C", "$channel_id": 12}, False),
        ({"$type": "A", "$channel_id": "13"}, False),
        ({"$type": "A"}, True),
        ({"$type": "A", "$channel_id": "12", "shop": "other"}, True),
    ],
)
def test_what_was_read_is_sorted_out_by_what_it_tells(
    body: dict[str, str | int], *, is_fit: bool
) -> None:
    filters = EVERYTHING.where("$type", "A", "B").where("$channel_id", "12").where("shop", "x")
    assert filters.fits(read_timeline_activity({"$ts": TS, **body})) is is_fit
