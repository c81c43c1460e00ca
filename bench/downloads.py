"""How long a finished export's first byte takes, over HTTP, from the click on *Download*."""

import re
import time
from collections.abc import Iterator

from bench.houses import Desk, house
from bench.measuring import Verdict, describe, percentile, seconds

READY = re.compile(r'action="(/trail/exports/[^"/]+/download)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PATIENCE = 30.0


def measure(rounds: int) -> Iterator[Verdict]:
    """Export the trail of a house once, and download that again and again."""
    with house() as running:
        desk = Desk(running)
        page = desk.get(f"{desk.web}/trail").text
        fields = {"form": "csv", "csrfmiddlewaretoken": _found(TOKEN, page)}
        desk.session.post(f"{desk.web}/trail/export", fields).raise_for_status()
        until = time.monotonic() + PATIENCE
        while not READY.search(page):
            assert time.monotonic() < until, "the worker makes it in a moment"
            time.sleep(0.2)
            page = desk.get(f"{desk.web}/trail/exports").text
        address, token = (
            f"{desk.web}{_found(READY, page)}",
            {"csrfmiddlewaretoken": _found(TOKEN, page)},
        )

        def first_byte() -> None:
            with desk.session.post(address, token, stream=True) as answer:
                answer.raise_for_status()
                assert next(answer.iter_content(1)), "a ZIP has bytes"

        taken = [seconds(first_byte) for _ in range(rounds + 3)][3:]
    describe("the first byte of a download", taken)
    yield Verdict("first byte of a download, p50", percentile(taken, 50) * 1000, 25, "ms")


def _found(pattern: re.Pattern[str], page: str) -> str:
    match = pattern.search(page)
    assert match, f"the page has {pattern.pattern}"
    return match[1]
