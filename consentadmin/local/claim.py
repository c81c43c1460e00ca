"""What a house needs for itself alone: its folder and its two ports."""

import errno
import fcntl
import os
import random
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from consentadmin.local.errors import CannotStart

HOST = "127.0.0.1"
HIGHEST_PORT = 65535
BELOW_THE_EPHEMERAL = range(12000, 32000)
# After a kill -9 the last house's programs are given this long to let go of the ports.
LEFT_WITHIN = 10.0


@dataclass(frozen=True)
class Port:
    """A port, and the variable that changes it."""

    number: int
    variable: str

    def is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.number))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
                raise CannotStart(
                    f"Port {self.number} can't be used ({error.strerror}): "
                    f"set {self.variable} to another."
                ) from error
            return True


@dataclass(frozen=True)
class Ports:
    """Where web and sandbox listen, both on this machine only."""

    web: Port
    sandbox: Port

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        return cls(
            web=_read_port(environment, "CONSENTADMIN_PORT", 8000),
            sandbox=_read_port(environment, "CONSENTADMIN_SANDBOX_PORT", 8090),
        )

    @classmethod
    def free(cls) -> Self:
        """Pick two that nobody uses now, and that no outgoing connection is given. For tests."""
        numbers = random.SystemRandom().sample(BELOW_THE_EPHEMERAL, len(BELOW_THE_EPHEMERAL))
        ports = (Port(number, "CONSENTADMIN_PORT") for number in numbers)
        free = (port.number for port in ports if port.is_free())
        return cls(
            web=Port(next(free), "CONSENTADMIN_PORT"),
            sandbox=Port(next(free), "CONSENTADMIN_SANDBOX_PORT"),
        )

    def check(self, *, patience: float) -> None:
        """Raise unless both are free within so many seconds."""
        if self.web.number == self.sandbox.number:
            raise CannotStart(
                f"{self.web.variable} and {self.sandbox.variable} are both {self.web.number}: "
                "set one of them to another port."
            )
        deadline = time.monotonic() + patience
        for port in (self.web, self.sandbox):
            while not port.is_free():
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"Port {port.number} is in use by another program: "
                        f"stop it, or set {port.variable} to a free port."
                    )
                time.sleep(0.1)


def _read_port(environment: Mapping[str, str], variable: str, default: int) -> Port:
    given = environment.get(variable) or str(default)
    if not given.isdecimal() or not 0 < int(given) <= HIGHEST_PORT:
        raise CannotStart(f"{variable} is {given!r}: set it to a port between 1 and 65535.")
    return Port(int(given), variable)


class Claim:
    """The right to work in a folder. The kernel gives it back when its holder dies."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.patience = 0.0  # how long the last house's programs may still need to leave
        self._file: int | None = None

    def take(self) -> None:
        """Take the folder, or say who has it."""
        try:
            self.var.mkdir(mode=0o755, parents=True, exist_ok=True)
            file = os.open(self.var / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise CannotStart(
                f"{self.var} can't be written to ({error.strerror}): "
                "set CONSENTADMIN_VAR to a folder of yours."
            ) from error
        holder = os.read(file, 20).decode().strip()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise CannotStart(
                f"consentadmin already runs in {self.var} (process {holder or 'unknown'}): "
                "stop it first, or set CONSENTADMIN_VAR to another folder."
            ) from None
        self._file, self.patience = file, LEFT_WITHIN if holder else 0.0
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)

    def give_back(self) -> None:
        """Let the next house in, and tell it that all was left in order."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None
