"""An embedded PostgreSQL: a foreground child on a unix socket, gone when its owner is gone.

PostgreSQL refuses to run as root, so as root it runs as `nobody`, or as whoever owns the data
already. It reaches its data as its working folder: then it does not matter that `nobody` can't
enter the folders above, as in a clone under /root.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import psycopg

from consentadmin.local.binaries import find_binaries, move_within_reach
from consentadmin.local.databases import SUPERUSER, Databases
from consentadmin.local.errors import CannotStart
from consentadmin.local.places import Owner, make_socket_folder, nobody, others_can_use
from consentadmin.local.processes import become, end, tail

# The data folder as the server's own processes see it, whatever folders lie above.
HERE = "/proc/self/cwd" if sys.platform == "linux" else "."
READY_WITHIN = 60.0
GONE_WITHIN = 15.0
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
# A server whose data nobody needs after its run: tests.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
}


class PostgresServer(Databases):
    """One server on one data folder, for as long as the `with` lasts."""

    def __init__(self, folder: Path, *, durable: bool, log: Path | None = None) -> None:
        """Keep the data in `folder`/pgNN, where NN is the major version."""
        super().__init__(None)
        self.binaries = find_binaries()
        self.data = folder.absolute() / f"pg{self.binaries.major}"
        self.log = log or folder.absolute() / "postgres.log"
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self._owner: Owner | None = None  # None: we run it as ourselves

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Bring the server up, however the last run ended.

        1. Make the data folder, for the user that will run the server.
        2. Wait for a server of a killed owner to leave, and clear what it left.
        3. initdb, on the first start.
        4. Start, and wait until it answers.
        """
        self._prepare_folders()
        self._clear_stale_pid_file()
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        started = time.monotonic()
        while not self._run():
            if time.monotonic() - started > GONE_WITHIN or not self._is_still_in_use():
                self.stop()
                raise CannotStart(f"PostgreSQL does not start: {tail(self.log)}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the server at once but in good order, and remove its socket."""
        self.halt(signal.SIGINT if self.durable else signal.SIGQUIT)
        if self.socket_folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)
            self.socket_folder = None

    def halt(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the server's process and keep its address: it can start again."""
        if self.process:
            end(self.process, number=number, within=GONE_WITHIN)

    def _prepare_folders(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if not self.data.exists():
            self._refuse_to_leave_data_behind()
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                self._owner = self._settle_owner()
            any(self.data.iterdir())  # raises if it is another user's
        except OSError as error:
            raise CannotStart(f"{self.data} can't be used: {error.strerror}.") from error
        if self._owner and not others_can_use(self.binaries.folder / "postgres"):
            self.binaries = move_within_reach(self.binaries)

    def _refuse_to_leave_data_behind(self) -> None:
        for other in self.data.parent.glob("pg[0-9]*/PG_VERSION"):
            raise CannotStart(
                f"{other.parent} was written by PostgreSQL {other.parent.name[2:]}, and the one "
                f"found is {self.binaries.major}: install the former, or move that folder away to "
                "begin without its data."
            )

    def _settle_owner(self) -> Owner:
        there = self.data.stat()
        owner = Owner(there.st_uid, there.st_gid)
        if owner.is_root:
            owner = nobody()
            for place in (self.data, *self.data.rglob("*")):
                os.chown(place, owner.uid, owner.gid, follow_symlinks=False)
        return owner

    def _clear_stale_pid_file(self) -> None:
        file = self.data / "postmaster.pid"
        patience = time.monotonic() + GONE_WITHIN
        while True:
            try:
                pid = int(file.read_text().split("\n", 1)[0])
            except (FileNotFoundError, ValueError):
                file.unlink(missing_ok=True)
                return
            if not self._is_our_server(pid):
                file.unlink(missing_ok=True)
                return
            if time.monotonic() > patience:
                raise CannotStart(f"Another PostgreSQL (process {pid}) runs in {self.data}.")
            time.sleep(0.05)

    def _is_our_server(self, pid: int) -> bool:
        """Tell whether this process is a server at work in our data, not just a number reused."""
        try:
            return Path(f"/proc/{pid}/cwd").samefile(self.data)
        except (FileNotFoundError, PermissionError):
            return False  # gone, or another user's, who can't be at work in a folder of ours

    def _is_still_in_use(self) -> bool:
        last = tail(self.log, lines=6)
        return "still in use" in last or "already exists" in last

    def _initdb(self) -> None:
        argv = [str(self.binaries.folder / "initdb"), f"--pgdata={HERE}", "--no-sync"]
        argv += [f"--username={SUPERUSER}", "--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8"]
        with self.log.open("ab") as log:
            process = become(
                argv, cwd=self.data, log=log, user=self._owner, number=signal.SIGKILL, env=_plain()
            )
            if process.wait():
                for place in self.data.iterdir():
                    shutil.rmtree(place) if place.is_dir() else place.unlink()
                raise CannotStart(f"PostgreSQL's initdb failed: {tail(self.log)}")

    def _run(self) -> bool:
        """Start the server once; tell whether it answers."""
        if self.socket_folder is None:
            self.socket_folder = make_socket_folder(noted_in=self.data.with_suffix(".socket"))
            if self._owner:
                os.chown(self.socket_folder, self._owner.uid, self._owner.gid)
        for left in self.socket_folder.iterdir():
            left.unlink()
        settings = SETTINGS | {"unix_socket_directories": str(self.socket_folder)}
        settings |= {} if self.durable else CARELESS
        argv = [str(self.binaries.folder / "postgres"), "-D", HERE]
        argv += [f"--{name}={value}" for name, value in settings.items()]
        number = signal.SIGINT if self.durable else signal.SIGQUIT
        with self.log.open("ab") as log:
            self.process = become(
                argv, cwd=self.data, log=log, user=self._owner, number=number, env=_plain()
            )
        deadline = time.monotonic() + READY_WITHIN
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                self.connect().close()
                return True
            time.sleep(0.02)
        return False


def _plain() -> dict[str, str]:
    """Give the server no settings of whoever starts it, such as PGDATA."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
