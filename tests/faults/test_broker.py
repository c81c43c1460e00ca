"""The doorbell broken, wiped and rung too often (FAULTS §2, cells 6 and 7)."""

import time

from consentadmin.changes.states import Lane, State
from consentadmin.local.valkey import ValkeyServer
from consentadmin.web.models import Heartbeat
from tests.faults.bells import rung_by_the_application
from tests.faults.harms import delay
from tests.faults.trials import FEW, SIZE, Run, Trial
from tests.faults.web import deaf_bell
from tests.faults.works import Works, until

PATIENT = {"CONSENTADMIN_CHANGE_LEASE": "60"}
"""A lease that nobody loses, however slow the machine: any second call would be a mistake."""


def ring_often(run: Run, times: int) -> None:
    """Publish each lane's bell so many times, shuffled, as a broker that doubles would."""
    lanes = list(Lane) * times
    run.dice.shuffle(lanes)
    run.works.ring(*lanes)


def test_a_bell_alone_wakes_a_worker(trial: Trial) -> None:
    for run in trial.runs("6 a bell, and no sweeper", times=FEW):
        run.withdraw()
        run.works.worker()
        run.works.ring(Lane.INTERACTIVE)
        run.await_end()


def test_a_bell_that_hangs_costs_a_moment(broker: ValkeyServer) -> None:
    assert rung_by_the_application(broker.url)
    with deaf_bell() as url:
        assert not rung_by_the_application(url)


def test_a_broker_that_dies_holds_nothing_up(trial: Trial) -> None:
    for run in trial.runs("6 broker down"):
        run.works.worker()
        run.works.sweeper(rings=True)
        run.works.proxy.harm(delay(0.03))
        run.withdraw()
        time.sleep(run.dice.random() / 2)
        run.works.broker.halt()
        run.withdraw()
        run.began = time.monotonic()
        run.await_end()
        run.works.broker.start()


def test_a_broker_that_comes_back_empty_holds_nothing_up(trial: Trial) -> None:
    for run in trial.runs("6 broker restarted empty"):
        run.works.worker()
        run.works.proxy.harm(delay(0.03))
        run.withdraw()
        ring_often(run, 1)
        time.sleep(run.dice.random() / 4)
        run.works.broker.halt()
        run.works.wipe_broker()
        run.works.broker.start()
        run.withdraw()
        run.works.sweeper(rings=True)
        run.began = time.monotonic()


def test_bells_that_ring_five_times_send_once(trial: Trial) -> None:
    for run in trial.runs("7 bells doubled and shuffled"):
        run.works.proxy.harm(delay(0.01))
        run.withdraw()
        run.works.worker(width=4, told=PATIENT)
        run.works.sweeper(rings=True, told=PATIENT)
        ring_often(run, 5)
        run.await_end()
        assert run.states == {State.CONFIRMED}
        assert len(run.works.proxy.writes(run.began)) == SIZE


def test_many_sweepers_carry_each_change_out_once(trial: Trial) -> None:
    for run in trial.runs("7 several workers on one change"):
        run.works.proxy.harm(delay(0.01))
        run.withdraw()
        for _ in range(3):
            run.works.sweeper(told=PATIENT)
        run.await_end()
        assert len(run.works.proxy.writes(run.began)) == SIZE


def test_a_sweeper_that_is_told_to_stop_stops(works: Works) -> None:
    sweeper = works.sweeper()
    until(Heartbeat.objects.exists)
    sweeper.terminate()
    sweeper.await_end(5)
