"""Does what calls left to be done, between two calls and in steps too small to hold one up."""

import asyncio
import logging
import time
from typing import Protocol

_PAUSE_MS = 1_000  # after the sandbox itself failed
_log = logging.getLogger(__name__)


class Worker(Protocol):
    """Somebody with work to do."""

    def step(self, now: int) -> int | None:
        """Do a little; return after how many ms to come again, None for when somebody wakes."""


class Background:
    """Lets workers take their steps, one after the other, for as long as the process serves."""

    def __init__(self) -> None:
        self._workers: list[Worker] = []
        self._woken = asyncio.Event()

    def add(self, worker: Worker) -> None:
        """Let a worker take part."""
        self._workers.append(worker)

    def wake(self) -> None:
        """Say that there may be work."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled. What is left from an earlier start is found by the first steps."""
        while True:
            self._woken.clear()
            now = time.time_ns() // 1_000_000
            waits = [wait for each in self._workers if (wait := _step(each, now)) is not None]
            if waits and min(waits) <= 0:
                await asyncio.sleep(0)
                continue
            try:
                async with asyncio.timeout(min(waits) / 1000 if waits else None):
                    await self._woken.wait()
            except TimeoutError:
                continue


def _step(worker: Worker, now: int) -> int | None:
    try:
        return worker.step(now)
    except Exception:  # noqa: BLE001 (whatever happens, what is left must be done some day)
        _log.exception("The sandbox itself failed in the background")
        return _PAUSE_MS
