"""Reads are asked again within bounds; writes never."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import (
    Busy,
    Declined,
    Garbled,
    PlatformError,
    Silent,
    Unreachable,
)
from consentadmin.mediarithmics.retry import LONGEST_WAIT, RetryPolicy, read_retry_after
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.fixtures.lies import Answer
from tests.mediarithmics.conftest import put

DATAMART = lies.ok({"id": "1", "organisation_id": "2"})


@pytest.mark.parametrize("fault", [lies.error(503), lies.error(429), lies.close(), lies.reset()])
def test_a_read_is_asked_again(liar: Liar, stubborn: Client, fault: Answer) -> None:
    liar.always(lies.in_turn(fault, fault, DATAMART))
    assert stubborn.datamart("1").id == "1"
    assert len(liar.requests) == 3


def test_a_read_gives_up_with_the_last_error(liar: Liar, stubborn: Client) -> None:
    liar.always(lies.in_turn(lies.error(429), lies.error(429), lies.error(503)))
    with pytest.raises(Busy) as caught:
        stubborn.datamart("1")
    assert (caught.value.status, len(liar.requests)) == (503, 3)


@pytest.mark.parametrize("fault", [lies.error(404), lies.error(400), lies.html()])
def test_a_final_answer_is_not_asked_again(liar: Liar, stubborn: Client, fault: Answer) -> None:
    liar.always(fault)
    with pytest.raises(PlatformError):
        stubborn.datamart("1")
    assert len(liar.requests) == 1


@pytest.mark.parametrize("fault", [lies.error(503), lies.error(429), lies.close(), lies.hang()])
def test_a_write_is_sent_once(liar: Liar, stubborn: Client, fault: Answer) -> None:
    liar.always(fault)
    with pytest.raises((Busy, Silent)):
        put(stubborn, deadline=0.5)
    assert len(liar.requests) == 1


def test_a_retry_after_that_fits_is_kept_to(liar: Liar, stubborn: Client) -> None:
    soon = lies.error(429, headers={"Retry-After": "0.25"})
    liar.always(lies.in_turn(soon, DATAMART))
    began = time.monotonic()
    stubborn.datamart("1")
    assert time.monotonic() - began >= 0.25


def test_a_retry_after_beyond_the_deadline_ends_the_read_at_once(
    liar: Liar, stubborn: Client
) -> None:
    liar.always(lies.error(429, headers={"Retry-After": "30"}))
    began = time.monotonic()
    with pytest.raises(Busy) as caught:
        stubborn.datamart("1")
    assert caught.value.retry_after == 30.0
    assert (len(liar.requests), time.monotonic() - began < 5) == (1, True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        ("1000000000", LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("9" * 5000, None),
        ("-5", None),
        ("NaN", None),
        ("soon", None),
        ("1e3", None),
        ("٣", None),
        ("Thu, 99 Foo 2026 00:00:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
    ],
)
def test_a_retry_after_is_read_or_is_nonsense(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header) == seconds


def test_a_date_is_measured_against_the_answers_own_clock() -> None:
    wrong = datetime(2001, 1, 1, tzinfo=UTC)
    then = format_datetime(wrong + timedelta(seconds=90), usegmt=True)
    assert read_retry_after(then, date=format_datetime(wrong, usegmt=True)) == 90.0


@pytest.mark.parametrize("header", ["120", "1000000000", "-5", "rubbish"])
def test_a_write_reports_the_retry_after(liar: Liar, client: Client, header: str) -> None:
    liar.always(lies.error(429, headers={"Retry-After": header}))
    with pytest.raises(Busy) as caught:
        put(client)
    assert caught.value.retry_after == read_retry_after(header)


def test_pauses_grow_and_are_bounded() -> None:
    policy = RetryPolicy(retries=50, first_pause=0.1, longest_pause=2.0)
    pauses = [policy.pause(Silent(), failures=n, left=99.0) or 0.0 for n in range(1, 51)]
    assert pauses[0] <= 0.1
    assert 0.2 < max(pauses) <= 2.0


@pytest.mark.parametrize("error", [Declined(), Garbled()])
def test_only_passing_troubles_are_worth_a_pause(error: PlatformError) -> None:
    assert RetryPolicy().pause(error, failures=1, left=99.0) is None
    assert RetryPolicy().pause(Unreachable(), failures=1, left=99.0) is not None
