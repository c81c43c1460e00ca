"""`python -m tests.faults.runner --seed N --minutes M`: faults at random, judged by the history.

Prints what was done and the table of faults; exit code 1 when anything was lost, doubled or wrong.
The same seed throws the same dice; how the processes fall in step is theirs.
"""

import argparse
import os
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import tests.environment  # noqa: F401  (sets the environment, before any settings are read)
from consentadmin.local.databases import OWNER_ROLE
from consentadmin.local.postgres import PostgresServer
from consentadmin.local.valkey import ValkeyServer
from tests.faults.proxy import running_proxy
from tests.faults.works import SHORT, Forge, Works
from tests.fixtures.sandbox import start_sandbox

if TYPE_CHECKING:
    from consentadmin.sandbox.people import Person
    from tests.faults.asking import Asker

DATABASE = "faults"
ROUND = 20.0
"""Seconds of faults before all that was asked for is judged."""


def main() -> int:
    """Rage for so many minutes, and return the exit code."""
    parser = argparse.ArgumentParser(prog="runner", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=10.0)
    told = parser.parse_args()
    print(f"seed {told.seed}", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        server = stack.enter_context(PostgresServer(folder / "postgres", durable=True))
        server.create_roles()
        server.create_database(DATABASE)
        os.environ["DJANGO_SETTINGS_MODULE"] = "consentadmin.settings"
        os.environ["DATABASE_URL"] = server.url(DATABASE)
        os.environ["DATABASE_OWNER_URL"] = server.url(DATABASE, role=OWNER_ROLE)
        import django

        from tests.conftest import migrate  # it reads the settings

        migrate(server, DATABASE)
        django.setup()
        works = _works(stack, folder, server, told.seed)
        return _rage(works, server, told.seed, until=time.monotonic() + told.minutes * 60)


def _works(stack: ExitStack, folder: Path, server: PostgresServer, seed: int) -> Works:
    (folder / "logs").mkdir()
    sandbox = start_sandbox(folder / "sandbox.db", admin=True)
    stack.callback(sandbox.stop)
    forge = Forge(SHORT, folder / "logs")
    stack.callback(forge.close)
    broker = stack.enter_context(ValkeyServer(folder / "valkey"))
    proxy = stack.enter_context(running_proxy(sandbox.port, seed=seed))
    works = Works(forge, server, DATABASE, broker, sandbox, proxy)
    stack.callback(works.stop)
    return works


def _asker(works: Works) -> "Asker":
    from copy import copy
    from itertools import cycle

    from consentadmin.accounts.permissions import Role
    from consentadmin.sandbox.people import DATAMART
    from tests import factories
    from tests.faults.asking import Asker

    datamart = factories.datamart(works.sandbox, DATAMART, "Retail EU")
    alice = factories.staff("alice", Role.AGENT, datamart)
    direct = copy(datamart)
    factories.moved(datamart, works.proxy.url, works.sandbox.token)
    return Asker(alice, direct, cycle(_people(works.sandbox.store.with_name("twin.db"))))


def _people(store: Path) -> "list[Person]":
    """Return the sandbox's unremarkable people, from a store of the same seed."""
    from consentadmin.sandbox.people import AWKWARD, CUSTOMERS, DATAMART, Person
    from consentadmin.sandbox.seed import seed
    from consentadmin.sandbox.store import opened
    from tests.fixtures.people import CROWD

    opened(store, seed=seed).close()
    with closing(sqlite3.connect(store)) as twin:
        rows = twin.execute(CROWD, [DATAMART, CUSTOMERS, len(AWKWARD)]).fetchall()
    return [Person("Somebody", "", point, ((CUSTOMERS, account),)) for point, account in rows]


def _rage(works: Works, server: PostgresServer, seed: int, *, until: float) -> int:
    from tests.faults.nemesis import Nemesis
    from tests.faults.table import merged, table
    from tests.faults.trials import Trial

    trial, number = Trial(works, _asker(works)), 0
    while time.monotonic() < until:
        number += 1
        for run in trial.runs("faults at random", times=1, within=120, judged=False):
            run.dice.seed(seed + number)
            nemesis = Nemesis(run, server)
            nemesis.rage(run.places(20), min(ROUND, max(until - time.monotonic(), 1)))
            works.stop()
            run.well()
        print(f"seed {seed} round {number}: {trial.last}; {', '.join(nemesis.log)}", flush=True)
    print(table(merged(trial.rows)))
    return int(any(row.lost or row.doubled or row.wrong for row in trial.rows))


if __name__ == "__main__":
    sys.exit(main())
