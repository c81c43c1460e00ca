"""The trail: what an entry adds to a change; how fast it is sealed, searched, verified, bundled.

In a durable PostgreSQL of its own, with 100,000 rows; CONSENTADMIN_BENCH_ROWS is another number.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django

from bench.measuring import Verdict
from consentadmin.local.databases import OWNER_ROLE
from consentadmin.local.postgres import PostgresServer
from consentadmin.local.table import ROOT


def measure(rounds: int) -> Iterator[Verdict]:
    """Set Django up on a database of its own, and measure there."""
    with (
        tempfile.TemporaryDirectory(prefix="consentadmin-bench-") as folder,
        PostgresServer(Path(folder), durable=True) as server,
    ):
        server.create_roles()
        server.create_database("trail")
        told = {
            "DEBUG": "1",
            "DATABASE_URL": server.url("trail"),
            "DATABASE_OWNER_URL": server.url("trail", OWNER_ROLE),
            "CONSENTADMIN_DATABASE_POOL": "0",
            "DJANGO_SETTINGS_MODULE": "consentadmin.settings",
        }
        argv = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"]
        subprocess.run(argv, env=os.environ | told, check=True)
        before = dict(os.environ)
        os.environ.update(told)  # for the processes that measure, too
        try:
            django.setup()
            from bench import entries

            yield from entries.measure(server, rounds)
        finally:
            os.environ.clear()
            os.environ.update(before)
