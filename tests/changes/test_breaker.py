"""Changes while the platform is down: they wait, use nothing up, and go out by themselves."""

import pytest
from pytest_django import Settings

from consentadmin.changes.models import Change
from consentadmin.changes.states import State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.catalogue import ADS, NEWSLETTER, SMS
from consentadmin.subjects.models import Handle
from tests import factories
from tests.changes.conftest import again, drained, hurried
from tests.fixtures.liar import Liar, error


@pytest.fixture(autouse=True)
def two_are_too_many(settings: Settings) -> None:
    """Open after two failures in a row."""
    settings.BREAKER_FAILURES = 2
    settings.BREAKER_PAUSE = 60


def later(change: Change) -> Change:
    """Let the breaker's pause pass, make the change due, and carry out what can be."""
    Datamart.objects.filter(pk=change.datamart_id).update(sending_held_until="2020-01-01T00:00Z")
    hurried(change)
    return drained(change)


def test_it_opens_and_the_others_are_not_even_tried(handle: Handle, liar: Liar) -> None:
    liar.on("GET", "/user_choices/", error(503))
    changes = [factories.change(handle, p, accepted=True) for p in (NEWSLETTER, SMS, ADS)]
    drained(changes[0])
    assert [again(change).attempts for change in changes] == [1, 1, 0]


def test_an_outage_uses_up_neither_attempts_nor_age(
    handle: Handle, liar: Liar, settings: Settings
) -> None:
    settings.CHANGE_ATTEMPTS, settings.CHANGE_AGE = 3, 1e-3
    liar.on("GET", "/user_choices/", error(503))
    change = factories.change(handle, NEWSLETTER, accepted=True)
    Datamart.objects.update(failures=9, down_since="2026-01-01T00:00Z")
    for _ in range(6):
        change = later(change)
    assert change.state == State.QUEUED
    assert change.attempts == 0


def test_the_first_answer_lets_all_the_others_go(handle: Handle, liar: Liar) -> None:
    liar.on("GET", "/user_choices/", error(503), times=2)
    changes = [factories.change(handle, p, accepted=True) for p in (NEWSLETTER, SMS, ADS)]
    drained(changes[0])
    for change in changes:
        hurried(change)
    later(changes[2])
    assert {again(change).state for change in changes} <= {State.CONFIRMED, State.CONFLICT}


def test_a_withdrawal_is_written_where_only_reading_is_out_of_order(
    handle: Handle, liar: Liar
) -> None:
    Datamart.objects.update(failures=9, down_since="2026-01-01T00:00Z")
    liar.on("GET", "/user_choices/", error(503))
    change = factories.change(handle, NEWSLETTER, accepted=False)
    for _ in range(4):
        change = later(change)
    written = [r.json() for r in liar.requests if r.method == "PUT"]
    assert written[0] == change.wish.body()
