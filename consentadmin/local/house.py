"""All processes of a local run under one roof.

`make run` and the tests that need real processes use the same `House`. It starts from the bottom
up, stops from the top down, and nothing in it outlives it, however it ends. Start it from a thread
that lives as long as it does: the kernel ends the children when that thread is gone.
"""

import http.client
import json
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from consentadmin.local.claim import HOST, Claim, Port, Ports
from consentadmin.local.crew import Crew
from consentadmin.local.databases import OWNER_ROLE
from consentadmin.local.errors import CannotStart
from consentadmin.local.keys import Keys, load_keys, write_private
from consentadmin.local.postgres import PostgresServer
from consentadmin.local.processes import tail
from consentadmin.local.table import DATAMARTS, Table, Wiring
from consentadmin.local.valkey import ValkeyServer

DATABASE = "consentadmin"
EVERYTHING = ("sandbox", "worker", "beat", "sweeper", "sealer", "bulk", "web")
ANSWERS_WITHIN = 60.0
OK = 200


def say_nothing(_: str) -> None:
    """Take a line of progress that nobody reads."""


class House:
    """The servers and programs of one folder `var`, for as long as the `with` lasts."""

    def __init__(
        self,
        *,
        var: Path,
        ports: Ports,
        seed: bool = True,
        durable: bool = True,
        programs: tuple[str, ...] = EVERYTHING,
        environment: Mapping[str, str] | None = None,
        table: Table | None = None,
        say: Callable[[str], None] = say_nothing,
    ) -> None:
        """Plan a house.

        `seed` adds the demo's datamarts and staff on the first start; `programs` names those to
        start; `environment` is told to every program; `durable` is off in tests only.
        """
        self.var, self.ports = var.absolute(), ports
        logs = self.var / "log"
        self.crew = Crew(logs)
        self.postgres = PostgresServer(self.var, durable=durable, log=logs / "postgres.log")
        self.valkey = ValkeyServer(self.var / "valkey", log=logs / "valkey.log")
        self._seeds, self._wanted, self._say = seed, programs, say
        self._extra, self._table = dict(environment or {}), table or Table()
        self._claim = Claim(self.var)
        self._wiring: Wiring | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def wiring(self) -> Wiring:
        """Where everything is."""
        assert self._wiring, "the house has been started"
        return self._wiring

    @property
    def web(self) -> str:
        return self.wiring.web

    @property
    def sandbox(self) -> str:
        return self.wiring.sandbox

    @property
    def accounts(self) -> list[dict[str, str]]:
        return self.wiring.accounts

    @property
    def description(self) -> dict[str, object]:
        """What `var/local.json` tells scripts about this house."""
        return {
            "web": self.web,
            "sandbox": self.sandbox,
            "database_url": self.wiring.database_url,
            "accounts": self.accounts,
            "datamart": next(iter(DATAMARTS)),
            "sandbox_token": self.wiring.keys.sandbox_token,
        }

    def start(self) -> None:
        """Bring everything up; if anything fails, take everything down again and raise.

        1. Claim the folder and the ports, before anything is changed.
        2. PostgreSQL and Valkey; the database and its migrations.
        3. The sandbox, then what the demo needs of it.
        4. The application. When it answers, and not before, `var/local.json` says so.
        """
        self._claim.take()
        try:
            (self.var / "local.json").unlink(missing_ok=True)
            self.ports.check(patience=self._claim.patience)
            self._set_logs_aside()
            is_new = self._start_servers()
            self._start_sandbox(is_new=is_new)
            self._start_application()
            write_private(self.var / "local.json", self.description)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, in the reverse of the order in which it started."""
        (self.var / "local.json").unlink(missing_ok=True)
        self.crew.stop_all()
        self.valkey.stop()
        self.postgres.stop()
        self._claim.give_back()

    def watch(self) -> None:
        """Raise if a process has ended that nobody told to."""
        self.crew.watch(valkey=self.valkey.process, postgres=self.postgres.process)

    def kill(self, name: str) -> None:
        """End a process and all it forked with SIGKILL, as a fault would; `restart` mends it."""
        if server := self._server(name):
            server.halt(signal.SIGKILL)
        else:
            self.crew.kill(name)

    def restart(self, name: str) -> None:
        """Start a process again, at the address it had, and wait until it answers."""
        if server := self._server(name):
            server.halt(signal.SIGTERM if name == "valkey" else signal.SIGINT)
            server.start()
        else:
            self.crew.restart(name)
            self._await(name)

    def _server(self, name: str) -> PostgresServer | ValkeyServer | None:
        servers: dict[str, PostgresServer | ValkeyServer] = {
            "postgres": self.postgres,
            "valkey": self.valkey,
        }
        return servers.get(name)

    def _set_logs_aside(self) -> None:
        self.crew.log_folder.mkdir(mode=0o700, exist_ok=True)
        for log in self.crew.log_folder.glob("*.log"):
            log.replace(log.with_suffix(".log.previous"))

    def _start_servers(self) -> bool:
        """Start PostgreSQL and Valkey and bring the tables up to date; tell if they are new."""
        self._say("PostgreSQL and Valkey")
        keys = self._load_keys()
        self.postgres.start()
        self.valkey.start()
        self.postgres.create_roles()
        is_new = not self.postgres.has_database(DATABASE)
        if is_new:
            self.postgres.create_database(DATABASE)
        self._wiring = Wiring(
            var=self.var,
            ports=self.ports,
            keys=keys,
            database_url=self.postgres.url(DATABASE),
            owner_url=self.postgres.url(DATABASE, role=OWNER_ROLE),
            broker_url=self.valkey.url,
            extra=self._extra,
        )
        self._say("Tables")
        self.crew.run(self._table.migrate(self.wiring))
        return is_new

    def _load_keys(self) -> Keys:
        file = self.var / "secrets.json"
        if not file.exists() and self.postgres.data.exists():
            raise CannotStart(
                f"{file} is missing, and what {self.postgres.data} holds can't be read without it: "
                f"put it back from a copy, or remove the whole folder {self.var} to begin anew."
            )
        return load_keys(file)

    def _start_sandbox(self, *, is_new: bool) -> None:
        """Start the sandbox and, as far as it is still to be done, add what the demo needs.

        All of it may be done twice: a start that broke off begins again.
        """
        if "sandbox" not in self._wanted:
            return
        self._say("Sandbox")
        self.crew.start(self._table.sandbox(self.wiring))
        self._await("sandbox")
        note = self.var / "seeded.json"
        done = {} if is_new or not note.exists() else json.loads(note.read_text())
        if not self._seeds or done.get("sandbox") == self.sandbox:
            return
        self._say("Datamarts" if done else "Datamarts and staff")
        self.crew.run(self._table.seed(self.wiring, is_first=not done))
        write_private(note, {"sandbox": self.sandbox})

    def _start_application(self) -> None:
        self._say("Application")
        for program in self._table.programs(self.wiring):
            if program.name in self._wanted:
                self.crew.start(program)
        self._await("web")

    def _await(self, name: str) -> None:
        """Wait until a program that listens answers; the others have nothing to wait for."""
        if name not in self.crew or name not in ("web", "sandbox"):
            return
        port = self.ports.web if name == "web" else self.ports.sandbox
        deadline = time.monotonic() + ANSWERS_WITHIN
        while not _answers(port, self._table.ready_path if name == "web" else None):
            self.watch()
            if time.monotonic() > deadline:
                log = self.crew.log(name)
                raise CannotStart(
                    f"{name} does not answer within {ANSWERS_WITHIN:.0f} seconds. "
                    f"The end of {log}:\n{tail(log)}"
                )
            time.sleep(0.05)


def _answers(port: Port, path: str | None) -> bool:
    """Tell whether GET `path` is well answered; without a path, whether anything answers."""
    connection = http.client.HTTPConnection(HOST, port.number, timeout=5)
    try:
        connection.request("GET", path or "/")
        return connection.getresponse().status == OK or path is None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
