"""Exports by month: each month once, none left out, and off unless a place is set."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone
from pytest_django import Settings

from consentadmin.audit.clock import database_now
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.states import Lane
from consentadmin.exports import monthly
from consentadmin.exports.filters import read
from consentadmin.exports.models import Delivery, Export, ExportState, Place
from consentadmin.exports.monthly import ask_for_missing, missing
from consentadmin.tasks.exports import ask_by_month
from consentadmin.web.management.commands import sweep


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """The directory that is set for exports."""
    (tmp_path / "months").mkdir()
    settings.EXPORT_DIR = str(tmp_path / "months")
    return tmp_path / "months"


@pytest.mark.parametrize(
    ("now", "last", "months"),
    [
        ("2026-03-14T12:00Z", None, ["2026-02-01"]),
        ("2026-03-01T00:59Z", None, ["2026-01-01"]),
        ("2026-03-01T01:00Z", None, ["2026-02-01"]),
        ("2026-01-05T00:00Z", "2025-11-01", ["2025-12-01"]),
        ("2026-03-14T12:00Z", "2026-02-01", []),
        ("2026-03-14T12:00Z", "2025-11-01", ["2025-12-01", "2026-01-01", "2026-02-01"]),
        ("2026-01-01T02:00+02:00", "2025-10-01", ["2025-11-01"]),
        ("2026-03-14T12:00Z", "2026-06-01", []),
    ],
)
def test_which_months_are_missing(now: str, last: str | None, months: list[str]) -> None:
    found = missing(datetime.fromisoformat(now), date.fromisoformat(last) if last else None)
    assert [str(month) for month in found] == months


def test_nothing_is_asked_for_where_no_place_is_set(db: None) -> None:
    assert ask_for_missing() == 0
    assert not Export.objects.exists()


def test_the_month_before_is_asked_for_once(db: None, folder: Path, settings: Settings) -> None:
    settings.EXPORT_S3 = ("trail", "")
    ask_by_month()
    ask_by_month()
    export = Export.objects.get()
    assert [str(month) for month in missing(database_now(), None)] == [str(export.month)]
    assert (export.asked_by, export.with_parquet, export.with_csv) == (None, True, False)
    assert set(Delivery.objects.values_list("place", flat=True)) == set(Place.values)
    entry = Entry.objects.get(action=Action.EXPORT_ASKED)
    assert entry.data["month"] == f"{export.month:%Y-%m}"


def test_it_holds_the_whole_month_and_no_more(db: None, folder: Path) -> None:
    ask_for_missing()
    export = Export.objects.get()
    asked = read(export.filters)
    assert asked.since
    assert asked.until
    assert asked.since == datetime.combine(export.month, datetime.min.time(), tzinfo=UTC)  # type: ignore[arg-type]  # it has a month
    assert (asked.until - timedelta(seconds=1)).month == asked.since.month
    assert asked.until.day == 1
    assert asked.datamarts is None


def test_the_sweeper_wakes_a_worker_to_write_and_to_deliver(db: None, folder: Path) -> None:
    with current_app.connection_for_write() as broker:
        queue = broker.SimpleQueue(Lane.HOUSEKEEPING.value)
        queue.clear()
        monthly.ask_for_missing()
        for state in (ExportState.QUEUED, ExportState.DONE):
            Export.objects.update(state=state, bytes=1, sha256="0", expires_at=timezone.now())
            sweep.Command().tidy()
        woken = [queue.get(timeout=5).headers["task"] for _ in range(2)]
    assert woken == ["exports.write", "exports.deliver"]


def test_months_that_were_missed_are_made_up(db: None, folder: Path) -> None:
    newest = missing(database_now(), None)[0]
    old = (newest.replace(day=1) - timedelta(days=70)).replace(day=1)
    Export.objects.create(month=old, asker_role="house")
    assert ask_for_missing() == len(missing(database_now(), old)) >= 2
    assert Export.objects.filter(month=newest).count() == 1
    assert ask_for_missing() == 0
