"""Figures for Prometheus: of the whole house, read from the database when they are asked for.

They are the same whichever process answers, and true after any restart (ADR 7). A label holds a
state, a lane, the name of an address: never anything of a person.
"""

import ipaddress
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, Q
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from consentadmin.audit.clock import DatabaseNow, database_now
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.models import Change
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.web import counters
from consentadmin.web.models import Heartbeat
from consentadmin.web.probes import Hangs, Probe

AWAITS_ITS_TIME = Q(state__in=[State.QUEUED, State.SENT, State.UNKNOWN])


def may_read(request: HttpRequest) -> bool:
    """Return whether the request bears the key, or comes from an address that may read."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_KEY and scheme.lower() == "bearer":
        given, ours = key.strip().encode(), settings.METRICS_KEY.encode()
        return secrets.compare_digest(given, ours)
    try:
        address = ipaddress.ip_address(client_address(request))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_FROM)


def client_address(request: HttpRequest) -> str:
    """Return the address that the outermost proxy of ours saw, or that the connection has."""
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part]
    if settings.PROXIES and len(told) >= settings.PROXIES:
        return told[-settings.PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database tells."""

    changes: dict[tuple[str, str], int]
    oldest_due: dict[str, float]
    leases_lost: int
    paused: int
    sweeper_age: float | None
    last_entry: int


def read_facts() -> Facts:
    """Read the figures in one transaction, in which no statement may take longer than a second."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '1s'")
            return _facts(database_now())
    finally:
        connection.close()


def _facts(now: datetime) -> Facts:
    states = Change.objects.values_list("state", "lane").annotate(Count("pk"))
    waiting = Change.objects.filter(AWAITS_ITS_TIME, due_at__lte=DatabaseNow())
    due = waiting.values_list("lane").annotate(Min("due_at"))
    lost = Entry.objects.filter(action=Action.CHANGE_UNKNOWN, data__error="LeaseExpired")
    return Facts(
        changes={(state, lane): number for state, lane, number in states},
        oldest_due={lane: max((now - since).total_seconds(), 0) for lane, since in due},
        leases_lost=lost.count(),
        paused=Datamart.objects.exclude(sending_paused_at=None).count(),
        sweeper_age=Heartbeat.age("sweeper"),
        last_entry=Entry.objects.aggregate(last=Max(F("pk")))["last"] or 0,
    )


facts = Probe(read_facts)


class House(Collector):
    """Turns facts into metrics; None is a database that does not answer."""

    def __init__(self, found: Facts | None) -> None:
        self.found = found

    def collect(self) -> Iterable[Metric]:
        """Give each figure, zeros included, so that a rule never lacks its series."""
        up = 0 if self.found is None else 1
        yield _gauge("consentadmin_database_up", "Whether the figures could be read.", up)
        if self.found is not None:
            yield from _of_changes(self.found)
            yield from _of_house(self.found)


def _of_changes(found: Facts) -> Iterator[Metric]:
    changes = GaugeMetricFamily(
        "consentadmin_changes", "Changes by state and lane.", labels=["state", "lane"]
    )
    oldest = GaugeMetricFamily(
        "consentadmin_oldest_due_seconds",
        "How long the longest due change has been due, paused datamarts included.",
        labels=["lane"],
    )
    for lane in Lane:
        oldest.add_metric([lane.value], found.oldest_due.get(lane.value, 0.0))
        for state in State:
            number = found.changes.get((state.value, lane.value), 0)
            changes.add_metric([state.value, lane.value], number)
    yield changes
    yield oldest
    lost = "Leases that ran out: workers that died or hung."
    yield CounterMetricFamily("consentadmin_leases_lost", lost, value=found.leases_lost)


def _of_house(found: Facts) -> Iterator[Metric]:
    paused = "Datamarts to which nothing is sent until somebody renews the API token."
    yield _gauge("consentadmin_datamarts_paused", paused, found.paused)
    entries = "Entries in the trail, about: the number of the last one."
    yield _gauge("consentadmin_entries", entries, found.last_entry)
    if found.sweeper_age is not None:
        age = "Since the sweeper was last at work, by the database's clock."
        yield _gauge("consentadmin_sweeper_age_seconds", age, found.sweeper_age)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)


def written(*, until: float) -> tuple[bytes, str]:
    """Return the figures in Prometheus' text format, and its content type."""
    try:
        found = facts.ask(until=until)
    except (DatabaseError, Hangs):
        found = None
    registry = CollectorRegistry()
    registry.register(House(found))
    counters.add_to(registry)
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4
