"""Real processes and real faults, in short form (FAULTS §2: cells 1, 2, 6, 7; I1 to I5)."""

import time
from collections.abc import Callable, Iterator

import pytest

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.models import Change
from consentadmin.changes.states import SETTLED, State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import Person
from consentadmin.web.models import Heartbeat
from tests import factories
from tests.faults.conftest import Start
from tests.fixtures.liar import Liar, carry_out_then, hang

pytestmark = pytest.mark.faults
NEWSLETTER = "3401"
SHORT = {"CONSENTADMIN_CHANGE_LEASE": "1", "CONSENTADMIN_SWEEP_EVERY": "0.1"}


def until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is so, or fail."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def asked(people: int, by: Staff, on: Datamart, crowd: Iterator[Person]) -> list[Change]:
    """A withdrawal for each of so many people."""
    handles = [factories.handle(next(crowd), by, on) for _ in range(people)]
    return [factories.change(handle, NEWSLETTER, accepted=False) for handle in handles]


def writes(liar: Liar) -> int:
    return len([request for request in liar.requests if request.method == "PUT"])


def states() -> set[str]:
    return set(Change.objects.values_list("state", flat=True))


def test_a_dead_broker_holds_nothing_up(
    alice: Staff, lying_datamart: Datamart, crowd: Iterator[Person], start: Start
) -> None:
    asked(3, alice, lying_datamart, crowd)
    assert start("sweep", "--once").wait(timeout=30) == 0
    assert states() == {State.CONFIRMED}


def test_many_workers_carry_each_change_out_once(
    alice: Staff, lying_datamart: Datamart, liar: Liar, crowd: Iterator[Person], start: Start
) -> None:
    changes = asked(12, alice, lying_datamart, crowd)
    workers = [start("sweep", "--once") for _ in range(3)]
    assert [worker.wait(timeout=30) for worker in workers] == [0, 0, 0]
    assert states() == {State.CONFIRMED}
    assert writes(liar) == len(changes)
    assert Entry.objects.filter(action=Action.CHANGE_CONFIRMED).count() == len(changes)


def test_a_worker_killed_while_it_waits_for_the_answer_loses_nothing(
    alice: Staff, lying_datamart: Datamart, liar: Liar, crowd: Iterator[Person], start: Start
) -> None:
    asked(1, alice, lying_datamart, crowd)
    liar.on("PUT", "/user_choices/", carry_out_then(hang()), times=1)
    first = start("sweep", CONSENTADMIN_CALL_DEADLINE="20", CONSENTADMIN_READ_TIMEOUT="20", **SHORT)
    until(lambda: writes(liar) == 1)
    first.kill()
    start("sweep", **SHORT)
    until(lambda: states() <= SETTLED)
    assert states() == {State.CONFIRMED}
    assert writes(liar) == 1  # it was found by reading back, not sent again


def test_a_worker_killed_before_the_call_loses_nothing(
    alice: Staff, lying_datamart: Datamart, liar: Liar, crowd: Iterator[Person], start: Start
) -> None:
    asked(1, alice, lying_datamart, crowd)
    liar.on("GET", "/user_choices/", hang(), times=1)
    first = start("sweep", CONSENTADMIN_CALL_DEADLINE="20", CONSENTADMIN_READ_TIMEOUT="20", **SHORT)
    until(lambda: Change.objects.get().state == State.SENDING)
    first.kill()
    start("sweep", **SHORT)
    until(lambda: states() <= SETTLED)
    assert states() == {State.CONFIRMED}
    assert writes(liar) == 1


def test_a_sweeper_that_is_told_to_stop_stops(start: Start, db: None) -> None:
    sweeper = start("sweep")
    until(Heartbeat.objects.exists)
    sweeper.terminate()
    assert sweeper.wait(timeout=5) == 0
