"""Health: what it says when all is well, and when a part is away, late or hangs."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from consentadmin.audit.models import Entry
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action
from consentadmin.exports.models import Export, ExportState
from consentadmin.web.models import Heartbeat
from consentadmin.web.probes import Hangs, Probe
from tests.faults.conftest import db  # its rows are seen by the probes' own threads

__all__ = ["db"]


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def parts(client: Client, status: int) -> dict[str, Any]:
    response = client.get("/healthz/ready")
    assert response.status_code == status
    told: dict[str, Any] = response.json()
    return told["parts"]  # type: ignore[no-any-return]


def test_a_process_that_answers_is_alive(client: Client) -> None:
    response = client.get("/healthz/live")
    assert response.json() == {"status": "alive"}
    assert response["Cache-Control"].startswith("max-age=0")
    assert client.post("/healthz/live").status_code == 405


def test_it_is_ready_when_database_broker_and_sweeper_are(client: Client, db: None) -> None:
    Heartbeat.beat("sweeper")
    found = parts(client, 200)
    assert found["database"] == found["broker"] == {"ok": True}
    assert found["sweeper"]["ok"]
    assert found["sweeper"]["age_seconds"] < 30
    assert client.get("/healthz").json()["status"] == "ready"


def test_a_sweeper_that_never_swept_or_is_late_is_not_ready(client: Client, db: None) -> None:
    assert parts(client, 503)["sweeper"] == {"ok": False, "age_seconds": None}
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO web_heartbeat VALUES ('sweeper', now() - interval '1 hour')")
    found = parts(client, 503)
    assert not found["sweeper"]["ok"]
    assert found["database"]["ok"]


def test_what_waits_to_be_sealed_is_not_ready(client: Client, db: None) -> None:
    Heartbeat.beat("sweeper")
    record(action=Action.SIGNED_IN, actor=HOUSE)
    assert parts(client, 200)["sealer"]["ok"]
    long_ago = timezone.now() - timedelta(hours=1)
    Entry.objects.bulk_create([Entry(at=long_ago, action=Action.SIGNED_IN, actor_name="Anna")])
    with connection.cursor() as cursor:  # the first of the two is sealed
        cursor.execute(
            "INSERT INTO audit_cursor"
            " SELECT true, 1, 1, xid, id FROM audit_entry ORDER BY id LIMIT 1"
        )
    found = parts(client, 503)["sealer"]
    assert (found["ok"], found["published"]) == (False, True)
    assert found["unsealed_seconds"] > 3000


def test_a_trail_that_is_not_as_it_was_sealed_is_told(client: Client, db: None) -> None:
    Heartbeat.beat("sweeper")
    for is_sound, status in ((False, 503), (True, 200)):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_verification (size, is_sound, why, seconds)"
                " VALUES (9, %s, 'it was deleted', 0.5)",
                [is_sound],
            )
        found = parts(client, status)["trail"]
        assert found["ok"] is is_sound
        assert found["verified_at"]


def test_a_month_that_is_not_delivered_is_told(
    client: Client, db: None, settings: Settings
) -> None:
    Heartbeat.beat("sweeper")
    assert parts(client, 200)["exports"] == {"ok": True}
    settings.EXPORT_DIR = "/nowhere"
    unwritten = {"state": ExportState.QUEUED, "error": "NobodySeals", "attempts": 3}
    Export.objects.create(month=date(2026, 10, 1), asker_role="house", **unwritten)
    assert parts(client, 503)["exports"] == {"ok": False}


def test_a_heart_beats_by_the_databases_clock(db: None) -> None:
    for _ in range(2):
        Heartbeat.beat("sweeper")
    age = Heartbeat.age("sweeper")
    assert age is not None
    assert age < 30
    assert Heartbeat.objects.count() == 1


def test_a_database_that_refuses_is_told(client: Client, db: None, settings: Settings) -> None:
    before = connections["default"].settings_dict["HOST"]
    connections["default"].settings_dict["HOST"] = "/nowhere"
    try:
        found = parts(client, 503)
    finally:
        connections["default"].settings_dict["HOST"] = before
    assert found["database"] == {"ok": False, "why": "refuses"}
    assert found["sweeper"]["age_seconds"] is None


def test_a_broker_that_hangs_is_told_within_two_seconds(
    client: Client, db: None, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{silent}")
    began = time.monotonic()
    found = parts(client, 503)
    assert time.monotonic() - began < 2
    assert found["broker"] == {"ok": False, "why": "hangs"}


def test_a_broker_that_refuses_is_told(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1")
    assert parts(client, 503)["broker"] == {"ok": False, "why": "refuses"}


def test_a_part_that_hangs_is_looked_at_once() -> None:
    looks, release = [], threading.Event()

    def look() -> str:
        looks.append(1)
        release.wait(10)
        return "seen"

    probe = Probe(look)
    for _ in range(3):
        with pytest.raises(Hangs):
            probe.ask(until=time.monotonic() + 0.05)
    assert len(looks) == 1
    release.set()
    assert probe.ask(until=time.monotonic() + 5) == "seen"


def test_what_a_look_raises_is_raised() -> None:
    def look() -> None:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        Probe(look).ask(until=time.monotonic() + 5)
