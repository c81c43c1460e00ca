"""`seal`: give each entry of the trail its place in the Merkle tree, and sign checkpoints.

One sealer leads; any other waits until the leader's session ends. It may be killed at any line.
"""

import logging
import signal
import threading
import time
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from consentadmin.audit import keeping
from consentadmin.audit.merkle import NoProof
from consentadmin.audit.sealing import Forked
from consentadmin.audit.signing import signing_keys
from consentadmin.web.models import Heartbeat

log = logging.getLogger(__name__)

BEAT_EVERY, AFTER_FAILURE = 1.0, 1.0


class Command(BaseCommand):
    """Seals until it is told to stop, and signs once more then."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--once", action="store_true", help="seal and sign what is there; end")

    def handle(self, **options: Any) -> None:  # noqa: ANN401
        """Keep the trail sealed. A database that is away for a while does not end it."""
        try:
            self.keys = signing_keys()
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=2) from None
        self.directory, self.couriers = keeping.directory(), keeping.couriers()
        if options["once"]:
            self.once()
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                self.keep(stop)
            except (DatabaseError, psycopg.Error, Forked, NoProof) as error:
                log.warning("sealing failed: %s", type(error).__name__)
                connection.close()
                stop.wait(AFTER_FAILURE)

    def keep(self, stop: threading.Event) -> None:
        """Seal over one connection until told to stop, or until it breaks."""
        keeper = self.keeper()
        beaten = 0.0
        with keeper.connection:
            while not stop.is_set():
                if time.monotonic() - beaten >= BEAT_EVERY:
                    Heartbeat.beat("sealer")
                    close_old_connections()
                    beaten = time.monotonic()
                keeper.turn(wait=settings.SEAL_EVERY)
            keeper.finish()

    def once(self) -> None:
        """Seal and sign once. Exit code 1 where another sealer leads, or nothing may be signed."""
        keeper = self.keeper()
        if not keeper.lead():
            raise CommandError("Another sealer leads.", returncode=1)
        keeper.finish()
        if keeper.refusal:
            raise CommandError(f"No checkpoint is signed: {keeper.refusal}.", returncode=1)

    def keeper(self) -> keeping.Keeper:
        """Return a keeper over a fresh connection."""
        return keeping.Keeper(
            keeping.connect(), keys=self.keys, directory=self.directory, couriers=self.couriers
        )
