"""A process that has loaded the application once, and forks workers and sweepers from it.

    python -m tests.faults.forge          one JSON order a line in, one process id a line out

What it forks is as real as what `make run` starts (a session of its own, settings read anew from
its own environment, its own connections), but begins in hundredths of a second. An order is
`{"run": [...], "told": {...}}`: `["sweep", …]` is a command of manage.py, `["worker", …]` one of
Celery. `FAULT_CLOCK` in `told` puts the process's clock so many seconds ahead. All of it is killed
when whoever started the forge ends.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

SET_PARENT_DEATH_SIGNAL = 1
SET_CHILD_SUBREAPER = 36
LOG = "FAULT_LOG"
CLOCK = "FAULT_CLOCK"


def main() -> None:
    """Load the application, then fork for each order until the orders end."""
    _die_with(os.getppid())
    import django

    django.setup()
    _load()
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # a killed worker's children are ours
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: they bury themselves
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(order["run"], order["told"])
        print(pid, flush=True)


def _load() -> None:
    """Import all that a worker or a sweeper would, and connect to nothing."""
    import celery.apps.worker
    import celery.bin.worker
    import celery.concurrency.prefork
    import kombu.transport.redis

    import consentadmin.tasks.changes
    import consentadmin.web.management.commands.sweep

    assert celery.apps.worker
    assert celery.bin.worker
    assert celery.concurrency.prefork
    assert kombu.transport.redis
    assert consentadmin.tasks.changes
    assert consentadmin.web.management.commands.sweep


def _become(run: list[str], told: dict[str, str]) -> None:
    """Be the process that was ordered, and never return."""
    code = 1
    try:
        parent = os.getppid()
        os.setsid()
        _die_with(parent)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _speak_into(told.get(LOG, os.devnull))
        os.environ.update(told)
        _read_settings_anew()
        _set_clock(float(told.get(CLOCK, "0")))
        _run(run)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _speak_into(log: str) -> None:
    silence, said = os.open(os.devnull, os.O_RDONLY), Path(log).open("ab")  # noqa: SIM115 (stays open)
    os.dup2(silence, 0)
    for number in (1, 2):
        os.dup2(said.fileno(), number)


def _read_settings_anew() -> None:
    from django.conf import settings
    from django.db import connections

    importlib.reload(importlib.import_module("consentadmin.settings"))
    cast("Any", settings)._setup()
    connections.__dict__.pop("settings", None)
    cast("Any", connections)._settings = None
    for alias in [one.alias for one in connections.all(initialized_only=True)]:
        del connections[alias]


def _set_clock(seconds: float) -> None:
    if seconds:
        import time_machine

        time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()


def _run(run: list[str]) -> None:
    if run[0] == "worker":
        from consentadmin.celery import app

        app.worker_main(argv=run)
        return
    from django.core.management import call_command

    call_command(*run)


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main()
