"""What memory an export takes: many entries against few, each in a process of its own."""

import math
import multiprocessing
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import psycopg

from bench.filling import MONTHS, ROWS
from bench.measuring import Verdict
from consentadmin.audit.bundles.writing import write_bundle
from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.filters import Filter
from consentadmin.audit.words import Action

MONTH = timedelta(days=30.4)
FEW = Filter(until=datetime.now(UTC) - MONTH * (MONTHS - math.ceil(10_000 * MONTHS / ROWS)))
"""The oldest 10,000 or somewhat more, and the oldest month at least."""
MANY = Filter(action=Action.CHANGE_SENT)
"""Every other entry: what lies between them is proved by as many subtrees."""


def measure(dsn: str, signed: Signed) -> Iterator[Verdict]:
    """Compare the peaks of memory: all entries, and half of them, against the oldest few."""
    few = _peak(dsn, signed, FEW)
    for name, asked in (("all", Filter()), ("every other", MANY)):
        more = _peak(dsn, signed, asked) - few
        yield Verdict(f"memory to export {name}, beyond a few", more, 16.0, "MiB")


def _peak(dsn: str, signed: Signed, asked: Filter) -> float:
    """Return the most memory, in MiB, that a process takes to make a bundle in all its forms."""
    with multiprocessing.get_context("spawn").Pool(1, django.setup) as pool:
        return pool.apply(_export, (dsn, signed, asked))


def _export(dsn: str, signed: Signed, asked: Filter) -> float:
    with (
        tempfile.TemporaryDirectory(prefix="consentadmin-bench-") as folder,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        write_bundle(
            connection, Path(folder), asked=asked, upto=signed, with_csv=True, with_parquet=True
        )
    status = Path("/proc/self/status").read_text(encoding="ascii")  # its own, and no parent's
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
