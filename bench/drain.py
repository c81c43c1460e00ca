"""Draining a queue: our pipeline beside the bare calls it makes, and an agent beside a bulk.

A change costs GET, PUT and GET. The bare side makes the same calls from as many threads as the
worker has processes. `CONSENTADMIN_BENCH_CHANGES` says how many changes are drained (300; in full
5,000), `CONSENTADMIN_BENCH_BULK` how large the bulk is that an agent works beside (2,000; 10,000).
"""

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psycopg
import requests
from celery import Celery
from playwright.sync_api import sync_playwright

from bench.changes import FLAGS, _change, _open
from bench.houses import house
from bench.measuring import Verdict, describe, percentile, seconds
from consentadmin.local.claim import Ports
from consentadmin.local.house import House
from consentadmin.local.table import Program

WIDTH = 2 * (os.cpu_count() or 1)
"""Processes of the worker, and threads of the bare side: two for each core."""

CHANGES = int(os.environ.get("CONSENTADMIN_BENCH_CHANGES", "300"))
BULK = int(os.environ.get("CONSENTADMIN_BENCH_BULK", "2000"))
UNSETTLED = "SELECT count(*) FROM changes_change WHERE settled_at IS NULL AND due_at <= now()"
LONGEST, EARLIER = 1800.0, 86_400_000


class Document(NamedTuple):
    """A choice that is written: whose, of what, and when the person chose (ms, UTC)."""

    point: str
    processing: str
    choice_ts: int


def measure(rounds: int) -> Iterator[Verdict]:
    """Count statements, drain beside bare calls at 0 and 50 ms a call, click beside a bulk."""
    _count()
    for latency, bar in ((0, 0.5), (50, 0.9)):
        ours, bare = _drain(latency)
        name = f"bare calls over the drain at {latency} ms, {WIDTH} wide"
        print(f"  drained at {latency} ms: {ours:.1f} changes/s, bare: {bare:.1f}/s", flush=True)
        yield Verdict(f"{name} (drain ≥ {bar} of bare)", bare / ours, 1 / bar, "x")
    yield from _beside_a_bulk(rounds)


def _count() -> None:
    """Print the statements that a change costs the database, the commonest first."""
    with _bare_house(0) as running:
        told = json.loads(_tell(running, "count", "20"))
    print(f"  {told['statements']:.1f} statements a change, BEGIN and COMMIT aside")
    for statement, times in told["each"].items():
        print(f"    {times:5.2f}  {statement}")


def _drain(latency: int) -> tuple[float, float]:
    """Return changes a second of ours, and of the bare calls for them."""
    with _bare_house(latency) as running:
        documents = _queue(running, CHANGES, "interactive")
        worker = _worker(running)
        running.crew.start(worker)
        bare = seconds(lambda: _bare(running, documents))
        _await_worker(running)
        with psycopg.connect(running.postgres.url("consentadmin"), autocommit=True) as database:
            database.execute("UPDATE changes_change SET due_at = now()")
            began = time.perf_counter()
            _ring(running)
            _await_settled(database)
            ours = time.perf_counter() - began
    return len(documents) / ours, len(documents) / bare


@contextmanager
def _bare_house(latency: int) -> Iterator[House]:
    """Run servers and sandbox alone: what drains is started by whoever measures."""
    with TemporaryDirectory(prefix="consentadmin-bench-") as var:
        told = {"CONSENTADMIN_SANDBOX_LATENCY": str(latency)}
        programs = ("sandbox",)
        with House(var=Path(var), ports=Ports.free(), programs=programs, environment=told) as it:
            yield it


def _worker(running: House) -> Program:
    argv = [sys.executable, "-m", "celery", "-A", "consentadmin.celery", "worker"]
    argv += ["-Q", "interactive,bulk,housekeeping", "--concurrency", str(WIDTH)]
    return Program("drainer", argv, running.wiring.environment, grace=30)


def _await_worker(running: House) -> None:
    """Wait until the worker takes messages."""
    end = time.monotonic() + 60
    while "ready" not in running.crew.log("drainer").read_text(errors="replace"):
        assert time.monotonic() < end, "the worker never was ready"
        time.sleep(0.1)


def _tell(running: House, *words: str) -> str:
    """Have the application do something in a process of its own; return the path it wrote to."""
    told = running.var / "told.json"
    argv = [sys.executable, "-m", "bench.queueing", str(told), *words]
    running.crew.run(Program("queueing", argv, running.wiring.environment))
    return told.read_text()


def _queue(running: House, number: int, lane: str) -> list[Document]:
    """Ask for so many changes, not due before they are let."""
    return [Document(*row) for row in json.loads(_tell(running, "ask", lane, str(number)))]


def _ring(running: House) -> None:
    """Wake every process of the worker."""
    with Celery(broker=running.wiring.broker_url, set_as_current=False) as bells:
        for _ in range(WIDTH):
            bells.send_task("changes.drain", kwargs={"lane": "interactive"}, queue="interactive")


def _await_settled(database: psycopg.Connection) -> None:
    end = time.monotonic() + LONGEST
    while (left := database.execute(UNSETTLED).fetchone()) and left[0]:
        assert time.monotonic() < end, f"{left[0]} were never settled"
        time.sleep(0.05)


def _bare(running: House, documents: list[Document]) -> None:
    """Make the calls that the changes will cost, for the same choices, at an earlier date."""
    here, key = threading.local(), running.wiring.keys.sandbox_token

    def one(document: Document) -> None:
        session = here.__dict__.setdefault("session", requests.Session())
        session.headers["Authorization"] = key
        url = f"{running.sandbox}/v1/datamarts/1459/user_points/user_point_id={document.point}"
        url += f"/user_choices/processing_id={document.processing}"
        body = {"$choice_ts": document.choice_ts - EARLIER, "$choice_acceptance_value": False}
        for method, sent in (("GET", None), ("PUT", body), ("GET", None)):
            session.request(method, url, json=sent, timeout=20).content  # noqa: B018

    with ThreadPoolExecutor(WIDTH) as pool:
        list(pool.map(one, documents))


def _beside_a_bulk(rounds: int) -> Iterator[Verdict]:
    """Click from Send to *Confirmed*, with nothing else to do and with a bulk under way."""
    with house() as running, sync_playwright() as playwright:
        _queue(running, BULK, "bulk")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        _open(page, running)
        idle = [_change(page, accept=bool(number % 2)) for number in range(rounds + 2)][2:]
        with psycopg.connect(running.postgres.url("consentadmin"), autocommit=True) as database:
            database.execute("UPDATE changes_change SET due_at = now() WHERE lane = 'bulk'")
            time.sleep(3)
            busy = [_change(page, accept=bool(number % 2)) for number in range(rounds)]
            left = database.execute(UNSETTLED).fetchone()
        browser.close()
    describe("from the click to confirmed, nothing else to do", idle)
    describe("from the click to confirmed, a bulk under way", busy)
    print(f"  of the bulk of {BULK} still to do afterwards: {left and left[0]}")
    ratio = percentile(busy, 95) / percentile(idle, 95)
    yield Verdict("click to confirmed beside a bulk, p95 over idle", ratio, 1.5, "x")
