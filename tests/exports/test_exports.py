"""Exports as rows: asked for, cancelled, given out, expired. (Written ones: test_written.py.)"""

import uuid
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.filters import Filter
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.exports import services
from consentadmin.exports.filters import read, stored
from consentadmin.exports.models import Export, ExportState
from consentadmin.exports.places import archive

WHOLE = Filter(
    since=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    until=datetime(2026, 2, 2, tzinfo=UTC),
    actor=7,
    action=Action.READ,
    outcome=Outcome.DONE,
    subjects=[uuid.UUID(int=5)],
    datamarts=["1459", "1460"],
    case="C-0142",
    change=12,
    reason="call",
)


@pytest.fixture
def export(carol: Staff) -> Export:
    """An export that carol asks for."""
    return services.request_export(
        asked=Filter(), named=[], with_csv=True, by=carol, role=Role.AUDITOR.value
    )


def ready(export: Export) -> Export:
    """The same export, written."""
    archive(export).write_bytes(b"PK")
    later = timezone.now().replace(year=2099)
    Export.objects.filter(pk=export.pk).update(
        state=ExportState.DONE, bytes=2, sha256="0" * 64, expires_at=later
    )
    export.refresh_from_db()
    return export


def test_the_filter_that_is_stored_here_sets_every_field() -> None:
    assert [part.name for part in fields(Filter) if getattr(WHOLE, part.name) is None] == []


@pytest.mark.parametrize("asked", [Filter(), WHOLE])
def test_a_filter_survives_being_stored(asked: Filter) -> None:
    assert read(stored(asked)) == asked


def test_asking_leaves_a_row_and_an_entry(export: Export, carol: Staff) -> None:
    entry = Entry.objects.get(action=Action.EXPORT_ASKED)
    assert (export.state, entry.actor_id) == (ExportState.QUEUED, carol.pk)
    assert entry.data["export"] == export.pk
    assert services.is_due()


def test_a_cancelled_one_is_no_longer_due_and_its_files_are_gone(
    export: Export, carol: Staff, django_capture_on_commit_callbacks: object
) -> None:
    archive(export).write_bytes(b"PK")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.cancel(export=export, by=carol.actor())
    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED
    assert not archive(export).exists()
    assert not services.is_due()


def test_a_ready_one_can_not_be_cancelled(export: Export, carol: Staff) -> None:
    with pytest.raises(services.NotThere):
        services.cancel(export=ready(export), by=carol.actor())


def test_giving_out_leaves_an_entry(export: Export, carol: Staff) -> None:
    path = services.give_out(export=ready(export), by=carol.actor())
    assert path.read_bytes() == b"PK"
    assert Entry.objects.filter(action=Action.EXPORT_DOWNLOADED, outcome=Outcome.DONE).exists()


def test_one_that_is_not_ready_is_not_given_out(export: Export, carol: Staff) -> None:
    with pytest.raises(services.NotThere):
        services.give_out(export=export, by=carol.actor())
    assert Entry.objects.get(action=Action.EXPORT_DOWNLOADED).outcome == Outcome.NOT_FOUND


def test_an_expired_one_is_dropped_and_told(export: Export, carol: Staff) -> None:
    ready(export)
    assert services.expire() == 0
    Export.objects.filter(pk=export.pk).update(expires_at="2020-01-01T00:00Z")
    assert services.expire() == 1
    assert not archive(export).exists()
    assert Entry.objects.filter(action=Action.EXPORT_EXPIRED).count() == 1
    with pytest.raises(services.NotThere):
        services.give_out(export=export, by=carol.actor())


def test_one_held_by_a_living_worker_is_not_due(export: Export) -> None:
    later = timezone.now().replace(year=2099)
    Export.objects.filter(pk=export.pk).update(state=ExportState.RUNNING, lease_until=later)
    assert not services.is_due()
