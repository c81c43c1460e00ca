"""Measuring: two things in turn, medians and percentiles, and a bar that each is held against."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MARGIN = 0.8
"""A bar is missed in CI only by more than this factor, so that a noisy machine fails nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure beside its bar: `figure` must be at most `bar`."""

    name: str
    figure: float
    bar: float
    unit: str

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps to the bar."""
        return self.figure <= self.bar

    @property
    def is_missed_clearly(self) -> bool:
        """Whether the figure misses the bar by more than noise."""
        return self.figure * MARGIN > self.bar

    def __str__(self) -> str:
        said = "met" if self.is_met else "MISSED" if self.is_missed_clearly else "within noise"
        return f"{self.name:<58} {self.figure:8.2f} {self.unit:<3} (bar {self.bar:g}: {said})"


def seconds(act: Callable[[], object]) -> float:
    """Return how long an act takes, in seconds."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def in_turn(
    one: Callable[[], object], other: Callable[[], object], *, rounds: int, warm_up: int = 5
) -> tuple[list[float], list[float]]:
    """Do two things in turn, so that drift of the machine meets both; return their seconds."""
    for _ in range(warm_up):
        one()
        other()
    pairs = [(seconds(one), seconds(other)) for _ in range(rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def median(figures: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(figures)


def percentile(figures: Sequence[float], percent: int) -> float:
    """Return a percentile, of at least two figures."""
    return statistics.quantiles(figures, n=100, method="inclusive")[percent - 1]


def describe(name: str, figures: Sequence[float]) -> None:
    """Print how figures in seconds are spread, in milliseconds."""
    p50, p95 = median(figures) * 1000, percentile(figures, 95) * 1000
    print(f"  {name:<56} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   n {len(figures)}")


def ratio(ours: Sequence[float], limits: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median([one / other for one, other in zip(ours, limits, strict=True)])
