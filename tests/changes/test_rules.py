"""What choices mean, and what a change must keep to (DESIGN §2; PLATFORM §§1, 4)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentadmin.changes.rules import (
    BadWish,
    Standing,
    Wish,
    check,
    extras,
    is_withdrawal,
    milliseconds,
    moment,
    needs_log,
    shows,
    standing,
)
from consentadmin.mediarithmics.shapes import Choice, LegalBasis

NOW = datetime(2026, 11, 24, 14, 2, 11, tzinfo=UTC)
TS = milliseconds(NOW) - 1000
CONSENT, INTEREST = LegalBasis.CONSENT, LegalBasis.LEGITIMATE_INTEREST
PUBLIC, CONTRACT = LegalBasis.PUBLIC_INTEREST, LegalBasis.CONTRACTUAL_PERFORMANCE


def choice(*, accepted: bool, ts: int = TS, **customs: object) -> Choice:
    return Choice("1", accepted, ts, None, customs, {})  # type: ignore[arg-type]


YES, NO = choice(accepted=True), choice(accepted=False)
EARLIER_YES = choice(accepted=True, ts=TS - 5)


@pytest.mark.parametrize(
    ("current", "basis", "log", "words"),
    [
        (None, CONSENT, None, Standing.NEVER_ASKED),
        (None, INTEREST, [], Standing.NEVER_ASKED),
        (YES, CONSENT, None, Standing.CONSENTED),
        (NO, CONSENT, None, Standing.NOT_CONSENTED),
        (NO, CONSENT, [NO], Standing.REFUSED),
        (NO, CONSENT, [NO, EARLIER_YES], Standing.WITHDRAWN),
        (YES, INTEREST, None, Standing.NO_OBJECTION),
        (NO, INTEREST, None, Standing.OBJECTED),
        (NO, PUBLIC, [EARLIER_YES], Standing.OBJECTED),
        (YES, CONTRACT, None, Standing.RECORDED_YES),
        (NO, LegalBasis.LEGAL_OBLIGATION, None, Standing.RECORDED_NO),
        (NO, "A_BASIS_NOBODY_KNOWS", None, Standing.RECORDED_NO),
        (NO, "", None, Standing.RECORDED_NO),
    ],
)
def test_it_says_a_choice_in_words(
    current: Choice | None, basis: str, log: list[Choice] | None, words: Standing
) -> None:
    assert standing(current, basis, log) is words


def test_a_consent_given_later_does_not_make_a_refusal_a_withdrawal() -> None:
    later = choice(accepted=True, ts=TS + 5)
    assert standing(NO, CONSENT, [later, NO]) is Standing.REFUSED


@pytest.mark.parametrize(
    ("accepted", "basis", "withdraws"),
    [
        (False, CONSENT, True),
        (False, INTEREST, True),
        (False, PUBLIC, True),
        (False, CONTRACT, False),
        (False, LegalBasis.LEGAL_OBLIGATION, False),
        (False, "", True),
        (False, "A_BASIS_NOBODY_KNOWS", True),
        (True, CONSENT, False),
        (True, INTEREST, False),
    ],
)
def test_it_knows_a_withdrawal(*, accepted: bool, basis: str, withdraws: bool) -> None:
    assert is_withdrawal(accepted=accepted, basis=basis) is withdraws


def test_only_a_false_under_consent_needs_its_log() -> None:
    assert needs_log(NO, CONSENT)
    assert not needs_log(YES, CONSENT)
    assert not needs_log(NO, INTEREST)
    assert not needs_log(None, CONSENT)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(accepted=True, choice_ts=milliseconds(NOW) + 1), "at"),
        (Wish(accepted=True, choice_ts=1_573_134_365), "at"),
        (Wish(accepted=True, choice_ts=-1), "at"),
        (Wish(accepted=True, choice_ts=TS, customs={"$choice_ts": 1}), "customs"),
        (Wish(accepted=True, choice_ts=TS, customs={"": "x"}), "customs"),
    ],
)
def test_it_rejects_a_wish_that_must_not_be_sent(wish: Wish, field: str) -> None:
    with pytest.raises(BadWish) as caught:
        check(wish, now=NOW)
    assert caught.value.field == field


@given(ago=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=19_000)))
def test_it_takes_any_moment_of_the_past(ago: timedelta) -> None:
    check(Wish(accepted=True, choice_ts=milliseconds(NOW - ago)), now=NOW)


def test_a_wish_is_shown_even_among_other_fields() -> None:
    wish = Wish(accepted=True, choice_ts=TS, customs={"form": "12"})
    shown = choice(accepted=True, form="12", channel="web")
    assert shows(shown, wish)
    assert extras(shown, wish) == ["channel"]


@pytest.mark.parametrize(
    "other",
    [
        choice(accepted=False, form="12"),
        choice(accepted=True, ts=TS + 1, form="12"),
        choice(accepted=True, form="13"),
        choice(accepted=True),
    ],
)
def test_anything_else_does_not_show_a_wish(other: Choice) -> None:
    assert not shows(other, Wish(accepted=True, choice_ts=TS, customs={"form": "12"}))


@given(ts=st.integers(min_value=10**11, max_value=10**13))
def test_milliseconds_survive_the_way_to_a_date_and_back(ts: int) -> None:
    assert milliseconds(moment(ts) or NOW) == ts


def test_a_number_that_no_date_holds_is_no_date() -> None:
    assert moment(10**20) is None
