"""Writers of entries at full speed, with a sealer at work beside them and without."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import psycopg

from bench.measuring import Verdict, median
from consentadmin.audit.sealing import Sealer

WRITERS, SECONDS, POLL = 4, 1.5, 0.1
ENTRY = """
INSERT INTO audit_entry (schema, action, outcome, actor_id, actor_name, actor_role, datamart,
    reason, "case", change, request_id, data, retention)
VALUES (1, 'change.sent', 'done', 7, 'Anna', 'officer', '1459',
    'call', 'C-1', 1, 'r', '{}', 'proof')
"""


def measure(dsn: str, rounds: int) -> Verdict:
    """Compare the rates of writers, without a sealer over with one."""
    ours, its = multiprocessing.Pipe()
    sealer = multiprocessing.get_context("spawn").Process(target=_seal, args=(dsn, its))
    sealer.start()
    _tell(ours, "rest")
    ratios = []
    for _ in range(rounds):
        alone = _rate(dsn)
        _tell(ours, "rest")  # what was written meanwhile is no burden of the next
        _tell(ours, "seal")
        beside = _rate(dsn)
        _tell(ours, "rest")
        ratios.append(alone / beside)
        print(f"  {alone:,.0f} entries/s by {WRITERS} writers, {beside:,.0f}/s beside a sealer")
    ours.send("end")
    sealer.join()
    return Verdict("writers alone over beside a sealer", median(ratios), 1 / 0.9, "x")


def _tell(sealer: Connection, what: str) -> None:
    sealer.send(what)
    sealer.recv()


def _seal(dsn: str, told: Connection) -> None:
    """Seal every tenth of a second, or rest once all is sealed, as one is told."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        sealer = Sealer(connection)
        assert sealer.lead(), "nobody else is there"
        what = "rest"
        while what != "end":
            if told.poll(POLL if what == "seal" else None):
                what = told.recv()
                sealer.seal_all()
                told.send("done")
            else:
                sealer.seal()


def _rate(dsn: str) -> float:
    """Return how many entries are committed a second, each in a transaction of its own."""

    def write(_: int) -> int:
        written, until = 0, time.perf_counter() + SECONDS
        with psycopg.connect(dsn, autocommit=True) as connection:
            while time.perf_counter() < until:
                connection.execute(ENTRY)
                written += 1
        return written

    with ThreadPoolExecutor(WRITERS) as writers:
        return sum(writers.map(write, range(WRITERS))) / SECONDS
