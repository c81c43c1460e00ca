"""The total deadline of a call, kept by shutting its socket (FAULTS cell 16).

A time-out of the HTTP library bounds each read, not the call: a server that sends a byte a second
keeps one busy for ever. So each attempt tells one watchdog thread when it must end; at that time
the watchdog shuts down the connection, and the blocked read ends.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import socket
import threading
import time


class Attempt:
    """One request on its way: what is known of it, and a hold on its connection.

    `sent`: at least one byte of the request was given to the network. `connected`: it made a
    connection of its own. `expired`: the watchdog ended it. `ends_at` is of `time.monotonic()`.
    """

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.connecting = False
        self.connected = False
        self.sent = False
        self.expired = False
        self._lock = threading.Lock()
        self._hold: int | None = None
        self._over = False

    @property
    def left(self) -> float:
        """Seconds until the end, never quite 0 (which would mean "don't block")."""
        return max(self.ends_at - time.monotonic(), 0.001)

    @property
    def is_over(self) -> bool:
        """Whether it has finished."""
        return self._over

    def hold(self, descriptor: int) -> None:
        """Take hold of the connection by a duplicate of its descriptor.

        A duplicate, since TLS takes the socket object away in its handshake and the HTTP library
        may close its own at any time; closing ours never shuts what another thread just opened.
        """
        with self._lock:
            self._let_go()
            if not self._over:
                self._hold = os.dup(descriptor)
            if self.expired:
                self._shut()

    def expire(self) -> None:
        """End the attempt if it isn't over. Called by the watchdog."""
        with self._lock:
            if not self._over:
                self.expired = True
                self._shut()

    def finish(self) -> None:
        """Let go of the connection; from here on the watchdog leaves it alone."""
        with self._lock:
            self._over = True
            self._let_go()

    def _shut(self) -> None:
        if self._hold is not None:
            wire = socket.socket(fileno=self._hold)
            self._hold = None
            with wire, contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None


class Watchdog:
    """One daemon thread and a heap of ends, however many calls there are."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._ends: list[tuple[float, int, Attempt]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def watch(self, attempt: Attempt) -> None:
        """Expire the attempt at its end, unless it finishes before."""
        entry = (attempt.ends_at, next(self._numbers), attempt)
        with self._changed:
            heapq.heappush(self._ends, entry)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="mediarithmics-watchdog", daemon=True
                )
                self._thread.start()
            elif self._ends[0] is entry:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                due = self._take_due()
            for attempt in due:
                attempt.expire()

    def _take_due(self) -> list[Attempt]:
        """Wait until at least one attempt is due; drop those that are over on the way."""
        while True:
            while self._ends and self._ends[0][2].is_over:
                heapq.heappop(self._ends)
            wait = self._ends[0][0] - time.monotonic() if self._ends else None
            if wait is None or wait > 0:
                self._changed.wait(wait)
                continue
            return [heapq.heappop(self._ends)[2]]


WATCHDOG = Watchdog()
os.register_at_fork(after_in_child=WATCHDOG._reset)  # noqa: SLF001 - a child has no such thread
