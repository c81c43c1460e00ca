"""Start and watch child processes."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from consentadmin.local.places import Owner

LAUNCH = Path(__file__).with_name("launch.py")


def become(
    argv: list[str],
    *,
    cwd: Path,
    log: IO[bytes],
    env: dict[str, str],
    number: signal.Signals = signal.SIGTERM,
    user: Owner | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that gets the signal `number` when the thread that started it is gone."""
    options = ["--parent", str(os.getpid()), "--signal", str(int(number))]
    if user:
        options += ["--user", f"{user.uid}:{user.gid}"]
    return _launch("become", options, argv, cwd=cwd, log=log, env=env)


def guard(
    argv: list[str], *, cwd: Path, log: IO[bytes], env: dict[str, str], grace: int
) -> subprocess.Popen[bytes]:
    """Start a program under a guardian that ends it, and all it forked, when we are gone."""
    options = ["--parent", str(os.getpid()), "--grace", str(grace)]
    return _launch("guard", options, argv, cwd=cwd, log=log, env=env)


def _launch(
    manner: str,
    options: list[str],
    argv: list[str],
    *,
    cwd: Path,
    log: IO[bytes],
    env: dict[str, str],
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCH), manner, *options, "--", *argv],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is for the house, which stops its children in order
    )


def end(process: subprocess.Popen[bytes], *, number: signal.Signals, within: float) -> None:
    """Ask a process to end, and make it end if it does not."""
    if process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, and all it started, where they stand."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(log: Path, *, lines: int = 12) -> str:
    """Give the last lines of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(it wrote nothing)"
