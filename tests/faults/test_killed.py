"""Processes killed, stopped and told to leave at each step (FAULTS §2, cells 1 to 4)."""

import time

from consentadmin.audit.models import Entry
from consentadmin.changes.states import ACTIONS, State
from tests.faults.harms import delay
from tests.faults.trials import SIZE, Run, Trial


def die_at(run: Run, place: str) -> None:
    """Have a sweeper carry changes out until it dies at this place."""
    run.works.sweeper(told={"CONSENTADMIN_CRASH_AT": place}).await_end()


def test_a_worker_that_dies_before_the_call_loses_nothing(trial: Trial) -> None:
    for run in trial.runs("1 kill -9 before the call"):
        run.withdraw()
        die_at(run, "claimed")
        assert run.history.writes() == []
        run.well()
        run.await_end()
        assert run.effects == SIZE


def test_a_worker_that_dies_after_the_call_was_applied_repeats_nothing(trial: Trial) -> None:
    for run in trial.runs("2 kill -9 after the call"):
        run.withdraw()
        die_at(run, "called")
        assert len(run.history.writes()) == 1
        run.well()
        run.await_end()
        assert run.states == {State.CONFIRMED}
        assert run.effects == len(run.history.writes()) == SIZE  # it was found by reading back


def test_a_state_and_its_entry_are_both_there_or_neither(trial: Trial) -> None:
    for run in trial.runs("3 kill -9 between result and entry"):
        run.withdraw()
        die_at(run, "moved")
        for change in run.changes:
            told = Entry.objects.filter(change=change.pk).latest("id").action
            queued = (State.QUEUED, "change.asked")
            assert (change.state, told) in {queued, (change.state, ACTIONS[State(change.state)])}
        run.well()


def test_a_worker_killed_whole_at_any_time_loses_nothing(trial: Trial) -> None:
    for run in trial.runs("4 kill -9 of a whole worker"):
        run.works.proxy.harm(delay(0.03))
        run.asker.ask_at_random(run.places(), SIZE * 2, run.dice)
        worker = run.works.worker()
        run.works.sweeper(rings=True)
        run.await_first_call()
        time.sleep(run.dice.random() / 2)
        worker.kill()
        run.works.stop()
        run.well()


def test_a_worker_told_to_leave_ends_its_call_first(trial: Trial) -> None:
    for run in trial.runs("4 SIGTERM in a deploy"):
        run.works.proxy.harm(delay(0.1))
        run.withdraw()
        worker = run.works.worker()
        run.works.sweeper(rings=True)
        run.await_first_call()
        worker.terminate()
        worker.await_end()
        assert State.SENDING not in run.states
        run.works.stop()
        run.well()
