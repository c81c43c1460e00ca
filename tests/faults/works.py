"""The works of the fault suite: real workers, sweepers and a broker on a database of its own.

Processes come from a forge (`forge.py`); they talk to the sandbox through a proxy that does harm.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from kombu import Connection

from consentadmin.changes.states import Lane
from consentadmin.local.databases import OWNER_ROLE, Databases
from consentadmin.local.valkey import ValkeyServer
from tests.faults.proxy import Proxy
from tests.fixtures.sandbox import RunningSandbox, sandbox_command

Told: TypeAlias = Mapping[str, str]
ROOT = Path(__file__).parents[2]
NOWHERE = "redis+socket:///nowhere/at/all"
LANES = "interactive,bulk,housekeeping"
HEARD = {"confirm_publish": True}
"""RabbitMQ says when it has a message; others are asked as they are written to."""
SHORT = {
    "CONSENTADMIN_CHANGE_LEASE": "3",
    "CONSENTADMIN_SWEEP_EVERY": "0.1",
    "CONSENTADMIN_CHANGE_BACKOFF": "0.05",
    "CONSENTADMIN_CHANGE_BACKOFF_MOST": "0.4",
    "CONSENTADMIN_CONNECT_TIMEOUT": "0.5",
    "CONSENTADMIN_READ_TIMEOUT": "0.5",
    "CONSENTADMIN_CALL_DEADLINE": "0.7",
    "CONSENTADMIN_BREAKER_PAUSE": "0.1",
    "CONSENTADMIN_NOT_SEEN_AFTER": "5",
    "CONSENTADMIN_DRAIN_FOR": "3",
    "CONSENTADMIN_CHANGE_HOLD_MOST": "2",
}
"""All that is waited for, short. A lease outlives the three calls of an attempt here too."""


def until(
    is_so: Callable[[], bool], seconds: float = 30.0, *, what: Callable[[], str] = lambda: "it"
) -> None:
    """Wait until something is so, or fail: the stated time of FAULTS' I7, with room to spare."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"{what()} did not come about in {seconds} s"
        time.sleep(0.02)


@dataclass(frozen=True)
class Process:
    """A process group that was forked: a worker with its children, or a sweeper."""

    pid: int
    log: Path

    @property
    def is_alive(self) -> bool:
        """Whether any process of the group still runs."""
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def send(self, number: signal.Signals) -> None:
        """Send the whole group a signal, unless it is gone."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """End all of it as kill -9 does, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self.await_end()

    def terminate(self) -> None:
        """Ask the parent process alone to end, as a deploy does."""
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            return

    def await_end(self, seconds: float = 30.0) -> None:
        """Wait until it has ended."""
        until(lambda: not self.is_alive, seconds, what=lambda: f"the end of process {self.pid}")


class Forge:
    """The process that forks ours; one for each worker of the test run."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._folder, self._count = folder, 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forge"],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._hear("ready")

    def fork(self, run: list[str], told: dict[str, str]) -> Process:
        """Start one of ours."""
        self._count += 1
        log = self._folder / f"{self._count:03d}-{run[0]}.log"
        assert self._process.stdin is not None, "it was asked for"
        self._process.stdin.write(json.dumps({"run": run, "told": told | {"FAULT_LOG": str(log)}}))
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        process = Process(int(self._hear()), log)
        until(lambda: _is_leader(process.pid))
        return process

    def close(self) -> None:
        """End, and with it all that was forked: the kernel sees to it."""
        self._process.kill()
        self._process.communicate()

    def _hear(self, word: str = "") -> str:
        assert self._process.stdout is not None, "it was asked for"
        line = self._process.stdout.readline().strip()
        assert line, "the forge has ended"
        assert not word or line == word, f"the forge said {line}"
        return line


def _is_leader(pid: int) -> bool:
    """Tell whether a child has a group of its own by now, or is gone already."""
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return True


def _is_free(port: int) -> bool:
    """Tell whether nobody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@dataclass
class Works:
    """Everything a fault can meet."""

    forge: Forge
    databases: Databases
    database: str
    broker: ValkeyServer
    sandbox: RunningSandbox
    proxy: Proxy
    begun: list[Process] = field(default_factory=list)

    def sweeper(self, *, rings: bool = False, told: Told = MappingProxyType({})) -> Process:
        """Start a sweeper; one that can't ring carries the changes out itself."""
        broker = {} if rings else {"CELERY_BROKER_URL": NOWHERE}
        return self._begin(["sweep"], {**broker, **told})

    def worker(self, *, width: int = 2, told: Told = MappingProxyType({})) -> Process:
        """Start a Celery worker for all lanes."""
        words = ["worker", "-Q", LANES, "--concurrency", str(width), "--loglevel", "WARNING"]
        return self._begin([*words, "--without-gossip", "--without-mingle"], told)

    def ring(self, *lanes: Lane, url: str = "") -> None:
        """Ring for these lanes from outside, at the broker or at `url`, until it was heard.

        Over a connection of our own: Celery would rather take the address in this process's
        environment, where nobody listens.
        """
        from consentadmin.tasks.changes import (
            drain,
        )  # it reads the settings: not before they are set

        with Connection(url or self.broker.url, transport_options=HEARD) as line:
            for lane in lanes:
                drain.app.send_task(drain.name, kwargs={"lane": lane}, queue=lane, connection=line)

    def wipe_broker(self) -> None:
        """Remove all that a halted broker had kept."""
        shutil.rmtree(self.broker.folder / "appendonlydir", ignore_errors=True)

    def restart_sandbox(self) -> None:
        """Kill the sandbox, and start it again on its port with what it had."""
        sandbox = self.sandbox
        sandbox.kill()
        command = sandbox_command(sandbox.store, sandbox.port, admin=True, parent_death=True)
        until(lambda: _is_free(sandbox.port))
        sandbox.process = subprocess.Popen(command)
        until(lambda: not _is_free(sandbox.port))

    def stop(self) -> None:
        """Kill all that was started."""
        for process in self.begun:
            process.kill()
        self.begun.clear()

    @property
    def environment(self) -> dict[str, str]:
        """What a process of these works is told that is no fork of ours."""
        return os.environ | SHORT | self._where

    @property
    def _where(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.databases.url(self.database),
            "DATABASE_OWNER_URL": self.databases.url(self.database, role=OWNER_ROLE),
            "CELERY_BROKER_URL": self.broker.url,
        }

    def _begin(self, run: list[str], told: Told) -> Process:
        self.begun.append(self.forge.fork(run, {**SHORT, **self._where, **told}))
        return self.begun[-1]
