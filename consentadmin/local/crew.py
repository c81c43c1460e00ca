"""The programs of a house at work: start, watch, stop, and end them as a fault would."""

import os
import signal
import subprocess
from pathlib import Path

from consentadmin.local.errors import CannotStart, ChildDied
from consentadmin.local.launch import below
from consentadmin.local.processes import become, end, guard, kill_group, tail
from consentadmin.local.table import ROOT, Program

FIRST_SIGNAL = 128  # how shells, and our guardian, tell a signal in an exit code


class Crew:
    """Programs by name, each with its guardian and its log."""

    def __init__(self, log_folder: Path) -> None:
        self.log_folder = log_folder
        self._programs: dict[str, Program] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def find(self, name: str) -> int:
        """Give the process id of a program's guardian."""
        return self._running[name].pid

    def log(self, name: str) -> Path:
        return self.log_folder / f"{name}.log"

    def start(self, program: Program) -> None:
        """Start a program under a guardian."""
        self._programs[program.name] = program
        with self.log(program.name).open("ab") as log:
            self._running[program.name] = guard(
                program.argv,
                cwd=ROOT,
                log=log,
                env=dict(program.environment),
                grace=program.grace,
            )

    def run(self, program: Program) -> None:
        """Run a program that does one thing, to its end."""
        with self.log(program.name).open("ab") as log:
            process = become(
                program.argv,
                cwd=ROOT,
                log=log,
                env=dict(program.environment),
                number=signal.SIGKILL,
            )
        try:
            code = process.wait()
        except BaseException:
            kill_group(process)
            raise
        if code:
            file = self.log(program.name)
            raise CannotStart(
                f"{program.name} failed ({describe(code)}). The end of {file}:\n{tail(file)}"
            )

    def stop(self, name: str) -> None:
        """Stop a program as a deploy would: politely, then not."""
        process = self._running.pop(name)
        end(process, number=signal.SIGTERM, within=self._programs[name].grace + 3)

    def stop_all(self) -> None:
        """Stop every program, in the reverse of the order in which they first started."""
        for name in reversed(self._programs):
            if name in self._running:
                self.stop(name)

    def kill(self, name: str) -> None:
        """Kill a program, its guardian and all it forked where they stand."""
        kill_group(self._running.pop(name))

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a program and all it forked a signal, such as SIGSTOP; its guardian stays awake."""
        for pid in below(self._running[name].pid):
            os.kill(pid, number)

    def restart(self, name: str) -> None:
        """Start a program again with what it was told, whether or not it still runs."""
        if name in self._running:
            self.stop(name)
        self.start(self._programs[name])

    def watch(self, **servers: subprocess.Popen[bytes] | None) -> None:
        """Raise if a program, or one of the servers, has ended that nobody told to."""
        for name, process in (*self._running.items(), *servers.items()):
            code = process.poll() if process else None
            if code is not None:
                log = self.log(name)
                raise ChildDied(
                    f"{name} has ended by itself ({describe(code)}). The end of {log}:\n{tail(log)}"
                )


def describe(code: int) -> str:
    """Say what an exit code means."""
    number = -code if code < 0 else code - FIRST_SIGNAL
    if number in {int(known) for known in signal.Signals}:
        return f"killed by {signal.Signals(number).name}"
    return f"exit code {code}"
