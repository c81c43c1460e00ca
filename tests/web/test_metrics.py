"""Figures for Prometheus: who may read them, and that they are true."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from consentadmin.accounts.models import Staff
from consentadmin.audit.words import HOUSE, Action
from consentadmin.changes.models import Change
from consentadmin.changes.moves import entry
from consentadmin.datamarts.models import Datamart
from consentadmin.datamarts.services import pause_sending
from consentadmin.environment import networks
from consentadmin.sandbox.people import Person
from consentadmin.web.models import Heartbeat
from tests import factories
from tests.faults.conftest import db  # its rows are seen by the probes' own threads

__all__ = ["db"]
KEY = "a key of this test alone"


@pytest.fixture
def keyed(settings: Settings) -> None:
    settings.METRICS_KEY = KEY


def ask(client: Client, key: str = KEY) -> Any:
    return client.get("/metrics", headers={"Authorization": f"Bearer {key}"})


def figures(client: Client) -> dict[str, float]:
    text = ask(client).content.decode()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _, value in lines}


def test_they_are_not_there_until_a_key_or_an_address_is_set(client: Client, db: None) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("key", ["", "another", KEY + "x", "é"])
def test_a_wrong_key_is_refused(client: Client, db: None, keyed: None, key: str) -> None:
    response = ask(client, key.encode().decode("latin-1"))
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert client.get("/metrics").status_code == 401


def test_the_key_opens(client: Client, db: None, keyed: None) -> None:
    response = ask(client)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize(
    "case",
    [
        ("10.1.2.3", 0, "", 200),
        ("203.0.113.7", 0, "", 401),
        ("203.0.113.7", 0, "10.1.2.3", 401),  # anybody can say so
        ("127.0.0.1", 1, "10.1.2.3", 200),
        ("127.0.0.1", 1, "10.1.2.3, 203.0.113.7", 401),  # the proxy saw the last one
        ("127.0.0.1", 2, "10.1.2.3, 192.0.2.1", 200),
        ("2001:db8::1", 0, "", 200),
        ("not an address", 0, "", 401),
    ],
)
def test_an_address_of_the_list_opens(
    client: Client,
    db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[str, int, str, int],
) -> None:
    address, proxies, forwarded, status = case
    monkeypatch.setenv("NETS", "10.0.0.0/8, 2001:db8::/32")
    settings.METRICS_FROM, settings.PROXIES = networks("NETS"), proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


def test_they_tell_changes_leases_pauses_and_the_sweeper(
    client: Client,
    keyed: None,
    alice: Staff,
    datamart: Datamart,
    crowd: Iterator[Person],
) -> None:
    first, second = (
        factories.change(factories.handle(next(crowd), alice, datamart), "3401", accepted=False)
        for _ in range(2)
    )
    Change.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(minutes=10))
    entry(second, Action.CHANGE_UNKNOWN, by=HOUSE, data={"error": "LeaseExpired"})
    entry(second, Action.CHANGE_UNKNOWN, by=HOUSE, data={"error": "Silent"})
    pause_sending(datamart=datamart, why="401")
    Heartbeat.beat("sweeper")
    told = figures(client)
    assert told['consentadmin_changes{lane="interactive",state="queued"}'] == 2
    assert told['consentadmin_changes{lane="bulk",state="queued"}'] == 0
    assert 590 < told['consentadmin_oldest_due_seconds{lane="interactive"}'] < 700
    assert told["consentadmin_leases_lost_total"] == 1
    assert told["consentadmin_datamarts_paused"] == 1
    assert told["consentadmin_sweeper_age_seconds"] < 30
    assert told["consentadmin_entries"] > 5
    assert told["consentadmin_database_up"] == 1


def test_no_label_holds_anything_of_a_person(client: Client, db: None, keyed: None) -> None:
    text = ask(client).content.decode()
    labels = set(re.findall(r'(\w+)="', text))
    assert labels <= {"lane", "state", "route", "method", "status", "le"}
