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
"""Every third entry: what lies between them is proved by as many subtrees."""


def measure(dsn: str, signed: Signed) -> Iterator[Verdict]:
    """Compare the peaks of memory: all entries, and a third of them, against the oldest few."""
    few, few_packed = (_peak(dsn, signed, FEW, packed=packed) for packed in (False, True))
    for name, asked in (("all", Filter()), ("every third", MANY)):
        more = _peak(dsn, signed, asked) - few
        yield Verdict(f"memory to export {name}, beyond a few", more, 16.0, "MiB")
    packed = _peak(dsn, signed, Filter(), packed=True)
    print(f"  with Parquet: {few_packed:.0f} MiB for a few, {packed:.0f} MiB for all")


def _peak(dsn: str, signed: Signed, asked: Filter, *, packed: bool = False) -> float:
    """Return the most memory, in MiB, that a process takes to make a bundle with CSV."""
    with multiprocessing.get_context("spawn").Pool(1, django.setup) as pool:
        return pool.apply(_export, (dsn, signed, asked), {"packed": packed})


def _export(dsn: str, signed: Signed, asked: Filter, *, packed: bool) -> float:
    with (
        tempfile.TemporaryDirectory(prefix="consentadmin-bench-") as folder,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        write_bundle(
            connection, Path(folder), asked=asked, upto=signed, with_csv=True, with_parquet=packed
        )
    status = Path("/proc/self/status").read_text(encoding="ascii")  # its own, and no parent's
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
