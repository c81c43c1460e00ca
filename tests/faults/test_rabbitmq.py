"""RabbitMQ as the doorbell, by its address alone: rung, killed, hung and started again."""

import time
from collections.abc import Iterator

import pytest

from consentadmin.changes.states import Lane
from tests.faults.bells import rung_by_the_application
from tests.faults.harms import delay
from tests.faults.rabbit import RabbitServer
from tests.faults.trials import SIZE, Run, Trial


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    running = RabbitServer(tmp_path_factory.mktemp("rabbit"))
    running.start()
    yield running
    running.stop()


def staffed(run: Run, rabbit: RabbitServer) -> None:
    """Start a worker that listens there, and a sweeper that rings there."""
    told = {"CELERY_BROKER_URL": rabbit.url}
    run.works.worker(told=told)
    run.works.sweeper(rings=True, told=told)


def test_a_bell_that_is_refused_or_hangs_costs_a_moment(rabbit: RabbitServer) -> None:
    assert rung_by_the_application(rabbit.url)
    assert not rung_by_the_application(rabbit.url.replace("guest:guest", "guest:wrong"))
    with rabbit.hanging():
        assert not rung_by_the_application(rabbit.url, rings=2)
    assert rung_by_the_application(rabbit.url)


def test_killed_and_started_again_it_holds_nothing_up(trial: Trial, rabbit: RabbitServer) -> None:
    for run in trial.runs("6 RabbitMQ killed"):
        staffed(run, rabbit)
        run.works.proxy.harm(delay(0.03))
        run.withdraw()
        time.sleep(run.dice.random() / 2)
        rabbit.halt()
        run.withdraw()
        run.began = time.monotonic()
        run.await_end()
        rabbit.start()
        run.withdraw()


def test_a_worker_told_to_stop_ends_its_call_and_nothing_is_sent_twice(
    trial: Trial, rabbit: RabbitServer
) -> None:
    for run in trial.runs("1 told to stop, by RabbitMQ"):
        since = run.began
        run.works.proxy.harm(delay(0.2))
        run.withdraw()
        worker = run.works.worker(told={"CELERY_BROKER_URL": rabbit.url})
        run.works.ring(Lane.INTERACTIVE, url=rabbit.url)
        run.await_first_call()
        worker.terminate()
        worker.await_end()
        run.well()
        run.await_end()
        assert len(run.works.proxy.writes(since)) == SIZE
