"""Looking at what may hang, within a bounded time.

A look runs in a thread of its own, which can be left behind. One look at a part is under way at
most: whoever asks meanwhile waits for the same one, so that a part that hangs for an hour holds one
thread and one connection of each process, not one for each time it was asked about.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from celery import current_app
from django.db import connection

from consentadmin.audit import seals
from consentadmin.exports.queries import is_behind
from consentadmin.web.models import Heartbeat

T = TypeVar("T")


class Hangs(Exception):
    """The part has not answered in time."""


class Probe(Generic[T]):
    """A way of looking at one part."""

    def __init__(self, look: Callable[[], T]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._under_way: Future[T] | None = None

    def begin(self) -> Future[T]:
        """Begin to look, or join a look that is under way."""
        with self._lock:
            if self._under_way is None or self._under_way.done():
                self._under_way = Future()
                threading.Thread(target=self._run, args=[self._under_way], daemon=True).start()
            return self._under_way

    def ask(self, *, until: float) -> T:
        """Return what is seen by this time (monotonic). Raises Hangs, and whatever the look did."""
        future = self.begin()
        try:
            return future.result(timeout=max(until - time.monotonic(), 0))
        except TimeoutError:
            if future.done():  # the look itself ran into a time limit
                raise
            raise Hangs from None

    def _run(self, future: Future[T]) -> None:
        try:
            found = self._look()
        except BaseException as error:  # noqa: BLE001  (whoever asked raises it)
            future.set_exception(error)
        else:
            future.set_result(found)


@dataclass(frozen=True, slots=True)
class Told:
    """What the database tells: how long ago the sweeper swept (None: never), and of the trail.

    `exports_are_behind`: the export of a month fails again and again.
    """

    sweeper_age: float | None
    sealing: seals.Sealing
    verification: seals.Verification | None
    exports_are_behind: bool


def _ask_database() -> Told:
    """Ask the database how the others are doing."""
    try:
        return Told(
            Heartbeat.age("sweeper"), seals.sealing(), seals.last_verification(), is_behind()
        )
    finally:
        connection.close()


def _ring_nobody() -> None:
    """Connect to the broker, as a bell does."""
    with current_app.connection_for_write(connect_timeout=1) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)


database = Probe(_ask_database)
broker = Probe(_ring_nobody)
