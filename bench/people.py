"""The person's page: one round trip to the platform, and little of our own on top."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench.houses import Desk, house, platform
from bench.measuring import Verdict, describe, in_turn, median, ratio
from consentadmin.mediarithmics.selectors import PointSelector
from consentadmin.sandbox.people import DATAMART, MARIE

MARIES = PointSelector(MARIE.point_id or "")


def measure(rounds: int) -> Iterator[Verdict]:
    """Measure the page at 100 ms a call and at none."""
    yield _round_trip(rounds)
    yield _on_top(rounds)


def _round_trip(rounds: int) -> Verdict:
    """The page at 100 ms a call, over one such call."""
    with house(latency=100) as running:
        desk, client = Desk(running), platform(running)
        pages, calls = in_turn(
            lambda: desk.get(desk.person),
            lambda: client.choices(DATAMART, MARIES),
            rounds=rounds,
        )
    describe("the person's page, 100 ms a call", pages)
    describe("one such call", calls)
    return Verdict("person's page at 100 ms, over one call", ratio(pages, calls), 1.35, "x")


def _on_top(rounds: int) -> Verdict:
    """The page at 0 ms, less the three calls it makes, made side by side in the same way."""
    with house() as running, ThreadPoolExecutor(3) as pool:
        desk, client = Desk(running), platform(running)

        def three() -> None:
            asked = (client.identifiers, client.choices, client.profiles)
            for found in [pool.submit(ask, DATAMART, MARIES) for ask in asked]:
                found.result()

        pages, calls = in_turn(lambda: desk.get(desk.person), three, rounds=rounds * 4)
    describe("the person's page, 0 ms a call", pages)
    describe("its three calls side by side", calls)
    own = median([page - call for page, call in zip(pages, calls, strict=True)]) * 1000
    return Verdict("the page's own time on top of its calls, p50", own, 35, "ms")
