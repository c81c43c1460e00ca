"""Writers of entries at full speed, with a sealer at work beside them and without; and its lag."""

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from threading import Event

import psycopg
from django.conf import settings

from bench.measuring import Verdict, describe, median, percentile
from consentadmin.audit.sealing import Sealer

SECONDS = 1.5
KINDS = ((4, 0.0, 0.90), (16, 0.0, 0.90), (16, 0.005, 0.95))
"""How many writers, the seconds of work after each entry, the share of the rate to be kept."""
ENTRY = """
INSERT INTO audit_entry (schema, action, outcome, actor_id, actor_name, actor_role, datamart,
    reason, "case", change, request_id, data, retention)
VALUES (1, 'change.sent', 'done', 7, 'Anna', 'officer', '1459',
    'call', 'C-1', 1, 'r', '{}', 'proof')
RETURNING id
"""
SEALED = "SELECT EXISTS (SELECT FROM audit_leaf WHERE entry = %s)"
PROBE_EVERY, PROBE_POLL, PATIENCE = 0.03, 0.005, 30.0


def measure(dsn: str, rounds: int) -> Iterator[Verdict]:
    """Compare the rates of writers, without a sealer over with one."""
    ours, its = multiprocessing.Pipe()
    every = settings.SEAL_EVERY
    sealer = multiprocessing.get_context("spawn").Process(target=_seal, args=(dsn, its, every))
    sealer.start()
    its.close()  # whose end is then the sealer's alone: if it dies, nobody waits
    _tell(ours, "rest")
    for writers, work, share in KINDS:
        ratios, rates = [], []
        for _ in range(rounds):
            alone = _rate(dsn, writers, work)
            _tell(ours, "rest")  # what was written meanwhile is no burden of the next
            _tell(ours, "seal")
            beside = _rate(dsn, writers, work)
            _tell(ours, "rest")
            ratios.append(alone / beside)
            rates.append(beside)
        name = f"{writers} writers" + f", {work * 1000:g} ms of work each" * bool(work)
        print(f"  {name}: {median(rates):,.0f} entries/s beside a sealer")
        yield Verdict(f"{name}, alone over beside a sealer", median(ratios), 1 / share, "x")
    _tell(ours, "seal")
    lags: list[float] = []
    for _ in range(rounds):
        _rate(dsn, KINDS[0][0], 0.0, lags)
    ours.send("end")
    sealer.join()
    describe("from the commit to the seal, under this load", lags)
    yield Verdict("lag of the seal under load, p99", percentile(lags, 99) * 1000, 250, "ms")


def _tell(sealer: Connection, what: str) -> None:
    sealer.send(what)
    sealer.recv()


def _seal(dsn: str, told: Connection, every: float) -> None:
    """Seal at each turn, or rest once all is sealed, as one is told."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        sealer = Sealer(connection)
        assert sealer.lead(), "nobody else is there"
        what = "rest"
        while what != "end":
            if told.poll(every if what == "seal" else None):
                what = told.recv()
                sealer.seal_all()
                told.send("done")
            else:
                sealer.seal()


def _rate(dsn: str, writers: int, work: float, lags: list[float] | None = None) -> float:
    """Return how many entries are committed a second, each in a transaction of its own.

    With `lags`, one more writer looks how long it takes until its entries are sealed.
    """
    begun, is_over = time.perf_counter(), Event()

    def write(_: int) -> int:
        written = 0
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not is_over.is_set():
                with connection.transaction():
                    connection.execute(ENTRY)
                    time.sleep(work)
                written += 1
        return written

    with ThreadPoolExecutor(writers + 1) as pool:
        at_work = [pool.submit(write, number) for number in range(writers)]
        looking = [] if lags is None else [pool.submit(_probe, dsn, is_over, lags)]
        time.sleep(SECONDS)
        is_over.set()
        written = sum(work.result() for work in at_work)
        taken = time.perf_counter() - begun
        for probe in looking:
            probe.result()
    return written / taken


def _probe(dsn: str, is_over: Event, lags: list[float]) -> None:
    """Write an entry now and then, and look how long it takes until it is sealed."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while not is_over.wait(PROBE_EVERY):
            row = connection.execute(ENTRY).fetchone()
            written = time.perf_counter()
            while connection.execute(SEALED, row).fetchone() != (True,):
                assert time.perf_counter() - written < PATIENCE, "the sealer is at work"
                time.sleep(PROBE_POLL)
            lags.append(time.perf_counter() - written)
