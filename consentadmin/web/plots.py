"""Counts over time as bars of an SVG: places and sizes alone, the template draws them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format

from consentadmin.audit.counts import Activity, Step

WIDTH, HEIGHT = 960, 64
GAP = 0.25
MARKS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time: where its bar stands, how many there were, and when, in words.

    Places are texts, as SVG has numbers in every language.
    """

    x: str
    y: str
    width: str
    height: str
    count: int
    when: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word under the bars."""

    x: str
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars within WIDTH by HEIGHT, marks below them, and the largest count."""

    bars: Sequence[Bar]
    marks: Sequence[Mark]
    most: int


def plot_of(activity: Activity) -> Plot:
    """Return the plot of counts over time."""
    counts = activity.counts
    most = max((count for _, count in counts), default=0)
    step = WIDTH / max(len(counts), 1)
    bars = [
        _bar(number * step, step, count, most, _words(begin, activity.step))
        for number, (begin, count) in enumerate(counts)
    ]
    every = -(-len(counts) // MARKS) or 1
    marks = [
        Mark(bars[number].x, _short(counts[number][0], activity.step))
        for number in range(0, len(counts), every)
    ]
    return Plot(bars, marks, most)


def _bar(x: float, step: float, count: int, most: int, when: str) -> Bar:
    """Return a bar; one that counts anything is tall enough to be seen."""
    height = max(HEIGHT * count / most, 2.0) if count else 0.0
    return Bar(
        x=f"{x + step * GAP / 2:.2f}",
        y=f"{HEIGHT - height:.2f}",
        width=f"{step * (1 - GAP):.2f}",
        height=f"{height:.2f}",
        count=count,
        when=when,
    )


def _words(begin: datetime, step: Step) -> str:
    return date_format(begin, "j M Y" if step is Step.DAY else "j M Y H:i")


def _short(begin: datetime, step: Step) -> str:
    return date_format(begin, "j M" if step is Step.DAY else "H:i")
