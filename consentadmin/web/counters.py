"""Requests, counted over all processes of one web server.

Prometheus asks one of them, which must answer for all: each counts in a file of its own under
`PROMETHEUS_MULTIPROC_DIR`, and whoever is asked adds the files up (ADR 7). Without that folder
nothing is counted: a number of one process of several would be a lie.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Meters:
    """What is counted."""

    requests: Counter
    seconds: Histogram


@cache
def _meters() -> Meters | None:
    if not settings.METRICS_FOLDER:
        return None
    Path(settings.METRICS_FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
    return Meters(
        Counter(
            "consentadmin_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=None,
        ),
        Histogram(
            "consentadmin_request_seconds",
            "How long they took.",
            ["route", "method"],
            registry=None,
            buckets=BUCKETS,
        ),
    )


def count(*, route: str, method: str, status: int, seconds: float) -> None:
    """Count one request, if requests are counted. Only names of ours may become labels."""
    if meters := _meters():
        meters.requests.labels(route, method, str(status)).inc()
        meters.seconds.labels(route, method).observe(seconds)


def add_to(registry: CollectorRegistry) -> None:
    """Have a registry tell the sums over all processes."""
    if _meters():
        MultiProcessCollector(registry, settings.METRICS_FOLDER)  # type: ignore[no-untyped-call]
