"""`sweep`: look each second for what is due, and wake a worker; where none can be woken, do it.

The broker only wakes workers. When it is down or was wiped, this process carries changes out by
itself, so that none waits for the broker's return. It leaves a heartbeat, which `healthz` reads.
"""

import logging
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from consentadmin.changes.claims import due_lanes
from consentadmin.changes.deciding import expire_approvals
from consentadmin.changes.draining import drain
from consentadmin.changes.looking import look_again
from consentadmin.exports import delivering
from consentadmin.exports import services as exports
from consentadmin.tasks.changes import ring
from consentadmin.tasks.exports import ring_deliveries, ring_exports
from consentadmin.web.models import Heartbeat

log = logging.getLogger(__name__)

TIDY_EVERY = 10.0
"""Seconds between two looks at what is in no hurry."""


class Command(BaseCommand):
    """Sweeps until it is told to stop."""

    help = __doc__
    tidy_at = 0.0

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--once", action="store_true", help="sweep once and end")

    def handle(self, **options: Any) -> None:  # noqa: ANN401
        """Sweep, wait, sweep. A database that is away for a while does not end it."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                self.sweep()
            except DatabaseError as error:
                log.warning("sweep failed: %s", type(error).__name__)
                connection.close()
            close_old_connections()
            if options["once"] or stop.wait(settings.SWEEP_EVERY):
                return

    def sweep(self) -> None:
        """Ring for each lane in which something is due; drain it here when the bell is dead.

        A drain may take half a minute: the heart beats before the first and after each.
        """
        Heartbeat.beat("sweeper")
        for lane in due_lanes():
            if not ring(lane):
                drain(lane=lane)
                Heartbeat.beat("sweeper")
        if time.monotonic() >= self.tidy_at:
            self.tidy_at = time.monotonic() + TIDY_EVERY
            self.tidy()

    def tidy(self) -> None:
        """Do what need not be done each second: exports, and what expires."""
        expire_approvals()
        look_again()
        exports.expire()
        if exports.is_due():
            ring_exports()
        if delivering.is_due():
            ring_deliveries()
