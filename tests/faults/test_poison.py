"""A change that kills whoever carries it, beside healthy ones (FAULTS §2, cell 21)."""

import pytest

from consentadmin.changes.states import State
from tests.faults.trials import FEW, Trial

QUICK = {"CONSENTADMIN_CHANGE_LEASE": "1"}


@pytest.mark.parametrize("signal", ["ABRT", "SEGV", "KILL"])  # KILL: as for want of memory
def test_a_change_that_kills_its_workers_is_set_aside(trial: Trial, signal: str) -> None:
    for run in trial.runs("21 poison", times=FEW):
        first, *others = run.places()
        poison = run.asker.ask(first, accepted=True)
        healthy = {change.pk for change in run.asker.withdraw(others)}
        told = QUICK | {"CONSENTADMIN_CRASH_AT": f"claimed:{poison.pk}:{signal}"}
        worker = run.works.worker(told=told)
        run.works.sweeper(rings=True, told=QUICK)
        run.await_end()
        states = {change.pk: change.state for change in run.changes}
        assert states.pop(poison.pk) == State.STUCK
        assert set(states) == healthy
        assert set(states.values()) == {State.CONFIRMED}
        assert worker.is_alive


def test_a_change_of_five_million_letters_holds_up_no_other(trial: Trial) -> None:
    for run in trial.runs("21 five million letters", times=FEW):
        first, *others = run.places()
        large = run.asker.ask(first, accepted=True, text="é" * 5_000_000)
        run.asker.withdraw(others)
        worker = run.works.worker()
        run.works.sweeper(rings=True)
        run.await_end()
        states = {change.pk: change.state for change in run.changes}
        assert states.pop(large.pk) in {State.DECLINED, State.CONFIRMED}
        assert set(states.values()) == {State.CONFIRMED}
        assert worker.is_alive
