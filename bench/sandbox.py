"""One sandbox process: its rate over the same server's, its seed, and what the client adds."""

import contextlib
import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from bench.loads import Load, request
from bench.measuring import Verdict, describe, in_turn, median, ratio
from consentadmin.local.claim import Ports
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.selectors import PointSelector
from consentadmin.sandbox.people import DATAMART, MARIE, NO_CHOICES
from consentadmin.sandbox.seed import multitude

TOKEN = "bench-token"
READ = f"/v1/datamarts/{DATAMART}/user_points/{MARIE.point_id}/user_choices"
WRITTEN = f"/v1/datamarts/{DATAMART}/user_points/{NO_CHOICES.point_id}/user_choices"
FIRST_TS = 1_700_000_000_000
MANY = 100_000
ROUND_S = 0.4


def measure(rounds: int) -> Iterator[Verdict]:
    """Measure all of it; the seed of 100,000 people only where there are rounds enough."""
    with running_constant() as constant, running_sandbox() as sandbox:
        yield from _rates(constant, sandbox, max(rounds // 4, 3))
        yield _client(sandbox, rounds * 10)
    if rounds >= 40:
        yield from _seed(MANY)


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command)
    try:
        while not _answers(port):
            assert process.poll() is None, "it should have started"
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/", timeout=20)
        return True
    return False


@contextlib.contextmanager
def running_constant() -> Iterator[int]:
    """Run the server that answers a constant; yield its port."""
    port = Ports.free().sandbox.number
    with _running([sys.executable, "-m", "bench.constant", "--port", str(port)], port):
        yield port


@contextlib.contextmanager
def running_sandbox() -> Iterator[int]:
    """Run a sandbox as it is seeded by default; yield its port."""
    port = Ports.free().sandbox.number
    with (
        tempfile.TemporaryDirectory(prefix="consentadmin-bench-") as folder,
        _running(_sandbox_command(Path(folder), port), port),
    ):
        yield port


def _sandbox_command(folder: Path, port: int) -> list[str]:
    command = [sys.executable, "-m", "consentadmin.sandbox", "--port", str(port)]
    return [*command, "--store", str(folder / "s.db"), "--token", TOKEN, "--parent-death"]


def _rates(constant: int, sandbox: int, rounds: int) -> Iterator[Verdict]:
    """Measure the rates in turn, each round a ratio: a constant's, over the sandbox's.

    Both servers get the same calls: a PUT costs more than a GET before anybody looks at it.
    """
    idle, busy = Load(constant), Load(sandbox)
    one = itertools.repeat(request("GET", f"{READ}/processing_id=3401", TOKEN))
    every = itertools.repeat(request("GET", READ, TOKEN))
    put = _writes()
    sides = ((idle, one), (busy, one), (busy, every), (idle, put), (busy, put))
    figures = [[load.rate(asked, ROUND_S) for load, asked in sides] for _ in range(rounds + 1)]
    idle.close()
    busy.close()
    kept = figures[1:]  # the first warms up
    names = (
        *("a constant, to GETs", "one choice", "all choices of a person"),
        *("a constant, to PUTs", "PUTs of a choice, durable"),
    )
    for place, name in enumerate(names):
        print(f"  {name:<56} {median([each[place] for each in kept]):9.0f} calls/s")
    for base, place, name, least in (
        (0, 1, "one choice", 0.5),
        (0, 2, "choices", 0.5),
        (3, 4, "PUTs", 0.35),
    ):
        taken = median([each[base] / each[place] for each in kept])
        yield Verdict(f"a constant's rate over that of {name}", taken, 1 / least, "x")


def _writes() -> Iterator[bytes]:
    """Make PUTs that all differ, so that each is a record of its own."""
    for ts in itertools.count(FIRST_TS):
        body = {"$choice_ts": ts, "$choice_acceptance_value": ts % 2 == 0, "form": "form-12"}
        path = f"{WRITTEN}/processing_id={3401 + ts % 13}"
        yield request("PUT", path, TOKEN, json.dumps(body).encode())


def _client(sandbox: int, rounds: int) -> Verdict:
    """Measure one read by the app's client, over the same by a bare session of the same library."""
    base_url = f"http://127.0.0.1:{sandbox}"
    client, session = Client(base_url=base_url, token=TOKEN), requests.Session()
    session.headers["Authorization"] = TOKEN
    maries = PointSelector(MARIE.point_id or "")
    url = f"{base_url}{READ}/processing_id=3401"
    ours, bare = in_turn(
        lambda: client.choice(DATAMART, maries, "3401"),
        lambda: session.get(url, timeout=10).json(),
        rounds=rounds,
    )
    client.close()
    session.close()
    describe("one choice, by the client", ours)
    describe("the same, by a bare requests.Session", bare)
    return Verdict("a read by the client, over a bare session", ratio(ours, bare), 1.25, "x")


def _seed(people: int) -> Iterator[Verdict]:
    """Seed many people, and read each of them, so that memory holds what it ever will."""
    port = Ports.free().sandbox.number
    with tempfile.TemporaryDirectory(prefix="consentadmin-bench-") as folder:
        command = [*_sandbox_command(Path(folder), port), "--people", str(people)]
        began = time.perf_counter()
        with _running(command, port) as process:
            seconds = time.perf_counter() - began
            load = Load(port)
            load.rate(_reads_of_everybody(people), 10)
            load.close()
            status = Path(f"/proc/{process.pid}/status").read_text()
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024
    print(f"  {people} people seeded in {seconds:.1f} s, peak {peak:.0f} MB")
    yield Verdict(f"seeding {people} people", seconds, 60, "s")
    yield Verdict(f"peak memory with {people} people", peak, 300, "MB")


def _reads_of_everybody(people: int) -> Iterator[bytes]:
    """Read the choices of one after the other, over and over."""
    for person in itertools.cycle(multitude(people)):
        path = f"/v1/datamarts/{DATAMART}/user_points/{person.point_id}/user_choices"
        yield request("GET", path, TOKEN)
