"""Debian's own PostgreSQL and Redis, on ports of this machine, as ordinary users."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from consentadmin.local.places import Owner
from tests.fixtures.sandbox import free_port
from tests.production.compose import Service
from tests.production.ordinary import Ordinary

READY_WITHIN = 30.0


class Missing(Exception):
    """A server of Debian's is not installed."""

    def __init__(self, what: str, package: str) -> None:
        super().__init__(
            f"{what} of Debian is missing. Install it with: "
            f"apt-get install -y --no-install-recommends {package}"
        )


def postgres_folder() -> Path:
    """Return where Debian's newest PostgreSQL has its programs. Raises Missing."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda at: int(at.parts[-3])
    )
    if not found:
        raise Missing("The PostgreSQL", "postgresql")
    return found[-1].parent


def redis_program() -> str:
    """Return Debian's Redis. Raises Missing."""
    found = shutil.which("redis-server", path="/usr/bin")
    if found is None:
        raise Missing("The Redis", "redis-server")
    return found


class Postgres:
    """A server that is empty at first. Its superuser comes by socket, everybody else by password.

    initdb wants a user with a name: as root that is Debian's `postgres`.
    """

    def __init__(self, at: Ordinary) -> None:
        self.at, self.port = at, free_port()
        self.programs = postgres_folder()
        entry = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.user = Owner(entry.pw_uid, entry.pw_gid) if entry else None
        self.data, self.sockets = at.folder / "postgres", at.folder / "sockets"
        for folder, mode in ((self.data, 0o700), (self.sockets, 0o755)):
            folder.mkdir(mode)
            if self.user:
                os.chown(folder, self.user.uid, self.user.gid)

    @property
    def superuser(self) -> dict[str, str]:
        """The environment in which psql and its like are the superuser."""
        return {"PGHOST": str(self.sockets), "PGPORT": str(self.port), "PGUSER": "postgres"}

    def start(self) -> None:
        """Make the data, start the server, and wait until it answers."""
        initdb = [str(self.programs / "initdb"), "-D", str(self.data), "-U", "postgres"]
        initdb += ["--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"]
        initdb += ["--encoding=UTF8", "--locale=C.UTF-8"]
        self.at.start("initdb", initdb, {}, cwd=self.data, user=self.user)
        assert self.at.running.pop("initdb").wait(60) == 0, self.at.log("initdb").read_text()
        server = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        server += ["-h", "127.0.0.1", "-k", str(self.sockets)]
        server += ["-c", "fsync=off", "-c", "max_connections=60"]
        self.at.start("postgres", server, {}, cwd=self.data, user=self.user)
        until(self._answers)

    def _answers(self) -> bool:
        try:
            psycopg.connect(
                host=str(self.sockets), port=self.port, user="postgres", dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        self.at.stop("postgres", signal.SIGINT)


class Redis:
    """A broker, by the command of the compose file."""

    def __init__(self, at: Ordinary) -> None:
        self.at, self.port = at, free_port()

    def start(self, service: Service) -> None:
        """Start it on a port of its own, and wait until it answers."""
        assert service.command[0] == "redis-server"
        own = ["--port", str(self.port), "--bind", "127.0.0.1"]
        argv = [redis_program(), *service.command[1:], *own, "--dir", str(self.at.own("redis"))]
        self.at.start("redis", argv, {})
        until(self._answers)

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def until(is_so: Callable[[], bool], seconds: float = READY_WITHIN) -> None:
    """Wait until something is so, or fail."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def psql(server: Postgres, *words: str, **environment: str) -> str:
    """Run psql as the superuser, and return what it prints."""
    said = subprocess.run(
        [str(server.programs / "psql"), "-X", "-v", "ON_ERROR_STOP=1", *words],
        env={"PATH": os.defpath} | server.superuser | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()
