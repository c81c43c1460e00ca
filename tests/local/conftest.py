"""Houses of stand-ins in processes of their own, and what is left of them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from consentadmin.local.claim import Ports
from consentadmin.local.launch import below
from consentadmin.local.table import ROOT

PATIENCE = 30.0
Keep = Callable[..., "Keeper"]


class Keeper:
    """A process that keeps a house, as `make run` does."""

    def __init__(
        self,
        var: Path,
        ports: Ports,
        table: str = "stand-ins",
        *,
        prefix: Sequence[str] = (),
        root: Path = ROOT,
    ) -> None:
        self.var, self.ports = var, ports
        self.output = var.with_name(f"{var.name}.out")
        told: Mapping[str, str] = {
            "CONSENTADMIN_VAR": str(var),
            "CONSENTADMIN_PORT": str(ports.web.number),
            "CONSENTADMIN_SANDBOX_PORT": str(ports.sandbox.number),
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "tests.local.stand_ins", table],
                cwd=root,
                env=os.environ | told,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def await_house(self) -> None:
        await_that(lambda: (self.var / "local.json").exists() or self.process.poll() is not None)
        assert (self.var / "local.json").exists(), self.said

    def await_end(self) -> int:
        return self.process.wait(PATIENCE)

    def find_all(self) -> list[int]:
        """Find every process of the house, its keeper first."""
        return [self.process.pid, *below(self.process.pid)]


def await_that(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Tell whether a process still runs; one that only awaits its burial does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def await_death(pids: list[int]) -> None:
    await_that(lambda: not any(is_alive(pid) for pid in pids))


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def keep(var: Path) -> Iterator[Keep]:
    """Keep a house of stand-ins in another process: `keep()`, `keep("broken")`, `keep(ports=…)`."""
    kept: list[Keeper] = []

    def start(table: str = "stand-ins", *, ports: Ports | None = None) -> Keeper:
        kept.append(Keeper(var, ports or Ports.free(), table))
        return kept[-1]

    yield start
    for keeper in kept:
        keeper.process.terminate()
        keeper.await_end()
    for note in (*var.glob("*.socket"), *var.glob("valkey/socket")):
        shutil.rmtree(note.read_text(), ignore_errors=True)  # of a keeper that was killed
