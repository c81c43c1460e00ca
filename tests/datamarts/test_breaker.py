"""The breaker: a platform that keeps failing is left alone, but for one change at a time."""

import pytest
from pytest_django import Settings

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.datamarts.breaker import may_try, note_answer, note_failure
from consentadmin.datamarts.models import Datamart


@pytest.fixture(autouse=True)
def three_are_too_many(settings: Settings) -> None:
    """Open after three failures in a row, for a minute."""
    settings.BREAKER_FAILURES = 3
    settings.BREAKER_PAUSE = 60


def after(datamart: Datamart, failures: int) -> Datamart:
    """The datamart after so many failures in a row."""
    for _ in range(failures):
        note_failure(datamart=datamart)
    datamart.refresh_from_db()
    return datamart


def passed(datamart: Datamart) -> None:
    """Let the pause pass."""
    Datamart.objects.filter(pk=datamart.pk).update(sending_held_until="2020-01-01T00:00Z")


def actions() -> list[str]:
    found = Entry.objects.filter(action__startswith="datamart.").order_by("id")
    return list(found.values_list("action", flat=True))[-2:]


def test_it_stays_closed_below_its_number(datamart: Datamart) -> None:
    found = after(datamart, 2)
    assert found.down_since is None
    assert found.sending_held_until is None
    assert may_try(datamart=found)


def test_it_opens_and_the_trail_tells_once(datamart: Datamart) -> None:
    found = after(datamart, 5)
    assert found.down_since is not None
    assert found.sending_held_until is not None
    assert Entry.objects.filter(action=Action.DATAMART_DOWN).count() == 1


def test_while_open_one_at_a_time_may_try(datamart: Datamart) -> None:
    found = after(datamart, 3)
    assert not may_try(datamart=found)
    passed(found)
    assert [may_try(datamart=found), may_try(datamart=found)] == [True, False]


def test_an_answer_closes_it_and_what_waited_goes_on(datamart: Datamart) -> None:
    found = after(datamart, 3)
    note_answer(datamart=found)
    found.refresh_from_db()
    assert (found.failures, found.down_since, found.sending_held_until) == (0, None, None)
    assert actions() == [Action.DATAMART_DOWN, Action.DATAMART_UP]


def test_an_answer_in_between_starts_the_count_anew(datamart: Datamart) -> None:
    note_answer(datamart=after(datamart, 2))
    assert after(datamart, 2).down_since is None


def test_one_that_can_not_be_reached_counts_more(datamart: Datamart) -> None:
    note_failure(datamart=datamart, weight=3)
    datamart.refresh_from_db()
    assert datamart.down_since is not None
