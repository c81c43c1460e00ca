"""Debian's RabbitMQ, the one broker that we don't bring: a server of its own, on free ports."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kombu import Connection
from kombu.exceptions import OperationalError

from consentadmin.local.processes import become, end, kill_group, tail
from tests.fixtures.sandbox import free_port

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
MISSING = (
    "The RabbitMQ of Debian is missing. Install it with: "
    "apt-get install -y --no-install-recommends rabbitmq-server"
)
READY_WITHIN = 60.0
GONE_WITHIN = 10.0


@dataclass
class RabbitServer:
    """A server whose data outlive it: it may be killed, and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    names: int = field(default_factory=free_port)  # where Erlang's nodes are registered
    nodes: int = field(default_factory=free_port)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert PROGRAM.exists(), MISSING
        epmd = shutil.which("epmd")
        assert epmd, MISSING
        self._begin([epmd, "-address", "127.0.0.1", "-port", str(self.names)])
        self._begin([str(PROGRAM)])
        until = time.monotonic() + READY_WITHIN
        while not self._answers():
            assert time.monotonic() < until, tail(self.folder / "log")
            time.sleep(0.1)

    def halt(self) -> None:
        """Kill it where it stands."""
        while self.running:
            kill_group(self.running.pop())

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Stop the server's clock, as it were, for as long as the block lasts."""
        groups = [process.pid for process in self.running]
        for group in groups:
            os.killpg(group, signal.SIGSTOP)
        yield
        for group in groups:
            os.killpg(group, signal.SIGCONT)

    def stop(self) -> None:
        """Stop it, if it runs."""
        while self.running:
            end(self.running.pop(), number=signal.SIGTERM, within=GONE_WITHIN)

    def _begin(self, argv: list[str]) -> None:
        with (self.folder / "log").open("ab") as log:
            self.running.append(become(argv, cwd=self.folder, log=log, env=self._environment()))

    def _answers(self) -> bool:
        try:
            with Connection(self.url, connect_timeout=1) as one:
                one.ensure_connection(max_retries=1, interval_start=0)
        except OperationalError:
            return False
        return True

    def _environment(self) -> dict[str, str]:
        at = self.folder
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(at),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.names),
            "RABBITMQ_CONF_ENV_FILE": str(at / "none"),
            "RABBITMQ_CONFIG_FILE": str(at / "none"),
            "RABBITMQ_DIST_PORT": str(self.nodes),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(at / "none"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(at / "generated"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(at),
            "RABBITMQ_MNESIA_BASE": str(at / "data"),
            "RABBITMQ_NODENAME": f"bell{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_PID_FILE": str(at / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }
