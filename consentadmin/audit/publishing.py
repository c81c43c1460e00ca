"""Where checkpoints leave the database: a directory, the log, a web address, a mailbox.

Whoever holds one of them can tell when the trail is rewritten, even by somebody who rules over the
database and its key. A place that fails is recorded (`audit_publication`) and stops nothing.
"""

import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

import requests
from django.core.mail import send_mail

from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.tree import Connection

log = logging.getLogger(__name__)

NOTE = re.compile(r"\S+\n[0-9]+\n\S+\n\n(?:\N{EM DASH} \S+ \S+\n)+")
RECORD = "INSERT INTO audit_publication (checkpoint, place, error) VALUES (%s, %s, %s)"
TIMEOUT = (3.0, 5.0)


class Directory:
    """A directory, best on another machine's disk: every note by month, and the latest alone."""

    name = "directory"

    def __init__(self, folder: Path) -> None:
        """Keep notes in `folder`, which is made where it is missing."""
        self.folder = folder

    def publish(self, note: str, *, vkeys: Sequence[str], at: datetime) -> None:
        """Append the note to its month, then make it the latest. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        month = self.folder / f"checkpoints-{at:%Y-%m}.txt"
        with month.open("a", encoding="utf-8") as file:
            file.write(f"{note}\n")
            file.flush()
            os.fsync(file.fileno())
        self._replace("keys", "".join(f"{vkey}\n" for vkey in vkeys))
        self._replace("checkpoint", note)

    def latest(self) -> str | None:
        """Return the latest note, or None. Raises OSError."""
        try:
            return (self.folder / "checkpoint").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def notes(self) -> Iterator[str]:
        """Return every note, oldest first; a line cut off by a crash is passed over."""
        for month in sorted(self.folder.glob("checkpoints-*.txt")):
            yield from NOTE.findall(month.read_text(encoding="utf-8"))

    def _replace(self, name: str, text: str) -> None:
        draft = self.folder / f".{name}.draft"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.folder / name)


class Courier:
    """Takes notes where it may take long, one at a time, in a thread that nobody waits for."""

    def __init__(self, name: str, deliver: Callable[[Signed], None], *, every: float = 0) -> None:
        """`deliver` raises when it fails; it is given a note each `every` seconds at most."""
        self.name, self.every = name, every
        self.results: SimpleQueue[tuple[int, str, str]] = SimpleQueue()
        self._deliver = deliver
        self._thread: threading.Thread | None = None

    def send(self, signed: Signed) -> None:
        """Begin to deliver, or note that the one before is still on its way."""
        if self._thread and self._thread.is_alive():
            self.results.put((signed.id, self.name, "the one before is still on its way"))
            return
        self._thread = threading.Thread(target=self._run, args=[signed], daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Give a delivery under way so long to end."""
        if self._thread:
            self._thread.join(seconds)

    def _run(self, signed: Signed) -> None:
        try:
            self._deliver(signed)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is recorded)
            self.results.put((signed.id, self.name, type(error).__name__))
        else:
            self.results.put((signed.id, self.name, ""))


def by_web(url: str) -> Callable[[Signed], None]:
    """Return what posts a note to an address, as text; an answer other than 2xx is a failure."""

    def deliver(signed: Signed) -> None:
        kind = {"Content-Type": "text/plain; charset=utf-8"}
        answer = requests.post(
            url, signed.note.encode(), headers=kind, timeout=TIMEOUT, allow_redirects=False
        )
        if answer.status_code // 100 != 2:
            raise OSError(f"answered {answer.status_code}")

    return deliver


def by_mail(recipients: Sequence[str]) -> Callable[[Signed], None]:
    """Return what mails a note."""

    def deliver(signed: Signed) -> None:
        told = signed.checkpoint
        send_mail(
            f"Checkpoint of {told.origin}: {told.size} entries",
            signed.note,
            from_email=None,
            recipient_list=list(recipients),
        )

    return deliver


def to_log(signed: Signed) -> None:
    """Leave the note in the log, in one line."""
    log.info("checkpoint %s", json.dumps(signed.note, ensure_ascii=False))


def record(connection: Connection, checkpoint: int, place: str, error: str) -> None:
    """Keep that a checkpoint went out, or that it didn't; the latter goes to the log, too."""
    if error:
        log.error("checkpoint %s was not published to %s: %s", checkpoint, place, error)
    connection.execute(RECORD, [checkpoint, place, error])
