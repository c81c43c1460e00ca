"""Memory that runs out: a child of the pool is killed, or gets no more (FAULTS §2, cells 4, 21)."""

import os
import signal
import time

from consentadmin.changes.states import State
from tests.faults.harms import delay, say
from tests.faults.limits import children, keep_short_of_memory
from tests.faults.trials import FEW, SIZE, Trial

LARGE = b'{"status":"ok","data":"' + b"x" * 19_000_000 + b'"}'
"""More than the child can hold, and less than what is refused unread."""


def test_a_child_of_the_pool_that_the_kernel_kills_is_replaced(trial: Trial) -> None:
    for run in trial.runs("4 kill -9 of a child of the pool"):
        run.works.proxy.harm(delay(0.05))
        run.withdraw()
        worker = run.works.worker(width=1)
        run.works.sweeper(rings=True)
        run.await_first_call()
        time.sleep(run.dice.random() / 4)
        (child,) = children(worker.pid)
        os.kill(child, signal.SIGKILL)
        run.began = time.monotonic()
        run.await_end()
        assert run.states == {State.CONFIRMED}
        assert worker.is_alive
        assert child not in children(worker.pid)


def test_a_child_that_gets_no_more_memory_loses_nothing(trial: Trial) -> None:
    for run in trial.runs("21 memory used up", times=FEW):
        run.withdraw()
        run.works.proxy.harm(say(200, LARGE), method="GET", times=SIZE // 2)
        run.works.proxy.harm(delay(0.3), times=1)
        worker = run.works.worker(width=1)
        run.works.sweeper(rings=True)
        run.await_first_call()
        (child,) = children(worker.pid)
        keep_short_of_memory(child, spare=8_000_000)
        run.await_end()
        assert run.states == {State.CONFIRMED}
        assert "MemoryError" in worker.log.read_text()
        assert worker.is_alive
