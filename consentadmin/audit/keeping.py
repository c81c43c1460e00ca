"""The sealer at work: it leads, seals what is settled, signs each minute, on request, at its end.

Sealing does not wait for signing, nor signing for publishing: each failure is logged and recorded,
and what is next goes on. When the tree is not what was signed for, sealing goes on and signing
stops: an operator decides (docs/operating.md).
"""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections

from consentadmin.audit import key_use, publishing
from consentadmin.audit.checkpoints import (
    Inconsistent,
    KeyNotVouchedFor,
    Signed,
    known_keys,
    latest,
    sign,
)
from consentadmin.audit.merkle import NoProof
from consentadmin.audit.notes import SigningKey
from consentadmin.audit.publishing import Courier, Directory
from consentadmin.audit.sealing import Sealer
from consentadmin.audit.seals import CHANNEL
from consentadmin.audit.tree import Connection

log = logging.getLogger(__name__)

DAY = 24 * 3600.0


def connect(alias: str = "default") -> Connection:
    """Return a connection of its own, not of the pool: it holds the leader's lock.

    `alias` is `owner` for what only the owner of the tables may do.
    """
    parameters = connections[alias].get_connection_params()
    parameters |= {"cursor_factory": psycopg.Cursor, "prepare_threshold": 5}
    return psycopg.connect(**parameters, autocommit=True)


def directory() -> Directory | None:
    """Return the checkpoint directory, where one is set."""
    return Directory(Path(settings.CHECKPOINT_DIR)) if settings.CHECKPOINT_DIR else None


def couriers() -> list[Courier]:
    """Return those who carry checkpoints to slow places, where such are set."""
    found = []
    if settings.CHECKPOINT_URL:
        found.append(Courier("web", publishing.by_web(settings.CHECKPOINT_URL)))
    if settings.CHECKPOINT_MAIL:
        deliver = publishing.by_mail(settings.CHECKPOINT_MAIL)
        found.append(Courier("mail", deliver, every=DAY))
    return found


class Keeper:
    """Keeps the trail sealed over one connection; when that breaks, a new keeper goes on."""

    def __init__(
        self,
        connection: Connection,
        *,
        keys: Sequence[SigningKey],
        directory: Directory | None,
        couriers: Sequence[Courier] = (),
        step: Callable[[str], None] | None = None,
    ) -> None:
        """Plan to keep it; `step` is told what has been reached (for faults)."""
        self.connection, self.keys = connection, keys
        self.sealer = Sealer(connection, step=step) if step else Sealer(connection)
        self._directory, self._couriers, self._step = directory, couriers, step
        self.refusal = ""
        self._due = 0.0
        self._sent: dict[str, float] = {}
        self._is_leader = False
        connection.execute(f"LISTEN {CHANNEL}".encode())

    def turn(self, *, wait: float) -> None:
        """Seal a batch; sign if it is time; then wait for a request, `wait` seconds at most.

        Without the lead, only wait. Raises what the database raises, and Forked.
        """
        is_busy = self.lead() and bool(self.sealer.seal())
        if self._is_leader and time.monotonic() >= self._due:
            self.sign()
        self._collect()
        if is_busy:
            wait = 0
        # All at once: while the generator lives, the connection does nothing else.
        if list(self.connection.notifies(timeout=wait, stop_after=1)) and self._is_leader:
            self.sign(again=True)

    def lead(self) -> bool:
        """Become the leader, or tell that another sealer is."""
        self._is_leader = self._is_leader or self.sealer.lead()
        return self._is_leader

    def sign(self, *, again: bool = False) -> Signed | None:
        """Seal all that is settled, sign, and publish.

        Where nothing may be signed, `refusal` says why, and the log: sealing goes on.
        """
        self._due = time.monotonic() + settings.CHECKPOINT_EVERY
        self.sealer.seal_all()
        assert self.sealer.frontier is not None, "the leader has one"
        try:
            outside = self._directory.latest() if self._directory else None
            done = sign(
                self.connection,
                self.sealer.frontier,
                keys=self.keys,
                outside=[outside] if outside else [],
                again=again,
                first_used=key_use.used,
            )
        except (Inconsistent, KeyNotVouchedFor, NoProof, OSError) as error:
            is_news, self.refusal = str(error) != self.refusal, str(error)
            if is_news and isinstance(error, KeyNotVouchedFor):
                key_use.refused(self.connection, self.keys[0].verifier)
            log.error("no checkpoint is signed: %s", error)  # noqa: TRY400  (a sentence, no trace)
            return None
        self.refusal = ""
        self._reach("signed")
        missing = None if done else self._unpublished(outside)
        if done or missing:
            self._publish(done or missing)
            self._reach("published")
        return done

    def finish(self) -> None:
        """Sign what is there, and let go: the next leader needs not wait for this session's end."""
        if self._is_leader:
            self.sign()
            for courier in self._couriers:
                courier.wait(sum(publishing.TIMEOUT))
            self._collect()
        self.connection.close()

    def _unpublished(self, outside: str | None) -> Signed | None:
        """Return the latest checkpoint if the directory lacks it: a crash came between the two."""
        if self._directory is None:
            return None
        last = latest(self.connection, self.keys[0].verifier.name)
        return last if last and last.note != outside else None

    def _publish(self, signed: Signed | None) -> None:
        assert signed, "there is something to publish"
        publishing.to_log(signed)
        if self._directory:
            vkeys = [str(key) for key in known_keys(self.connection)]
            try:
                self._directory.publish(signed.note, vkeys=vkeys, at=signed.at)
            except OSError as error:
                publishing.record(
                    self.connection, signed.id, "directory", error.strerror or "failed"
                )
            else:
                publishing.record(self.connection, signed.id, "directory", "")
        now = time.monotonic()
        for courier in self._couriers:
            if now - self._sent.get(courier.name, -courier.every) >= courier.every:
                self._sent[courier.name] = now
                courier.send(signed)

    def _collect(self) -> None:
        """Record how deliveries ended."""
        for courier in self._couriers:
            while not courier.results.empty():
                publishing.record(self.connection, *courier.results.get())

    def _reach(self, step: str) -> None:
        if self._step:
            self._step(step)
