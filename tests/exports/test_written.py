"""Exports as a worker writes them: whole, resumable, verified by the file they carry."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pytest_django import Settings

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.bundles import verify_bundle
from consentadmin.audit.filters import Filter
from consentadmin.audit.models import Entry
from consentadmin.audit.services import record
from consentadmin.audit.signing import signing_keys
from consentadmin.audit.words import HOUSE, Action
from consentadmin.exports import services, writing
from consentadmin.exports.models import Export, ExportState
from consentadmin.exports.places import archive, folder
from tests import factories

pytestmark = pytest.mark.xdist_group("exports")
READS = 40


@pytest.fixture
def carol(own_database: None) -> Staff:
    """An auditor on all datamarts, and some entries to export."""
    for number in range(READS):
        record(action=Action.READ, actor=HOUSE, datamart="1459", data={"number": number})
    return factories.staff("carol", Role.AUDITOR, None)


def asked(carol: Staff, what: Filter | None = None) -> Export:
    return services.request_export(
        asked=what or Filter(), named=[], with_csv=True, by=carol, role=Role.AUDITOR.value
    )


def again(export: Export) -> Export:
    return Export.objects.get(pk=export.pk)


def verified(export: Export) -> int:
    """Run the shipped verifier on the bundle, as an auditor would; return its exit code."""
    key = str(signing_keys()[0].verifier)
    command = [sys.executable, verify_bundle.__file__, str(archive(export)), "--key", key]
    return subprocess.run(command, capture_output=True, check=False).returncode


def rows(export: Export) -> list[dict[str, object]]:
    with zipfile.ZipFile(archive(export)) as packed:
        return [json.loads(line)["entry"] for line in packed.open("entries.jsonl")]


def test_an_export_holds_what_was_there_and_verifies(carol: Staff, sealer: None) -> None:
    export = asked(carol)
    assert writing.run_due() == 1
    export = again(export)
    assert (export.state, export.error) == (ExportState.DONE, "")
    assert export.rows == export.total == len(rows(export))
    assert [row["action"] for row in rows(export)].count(Action.READ.value) == READS
    assert verified(export) == 0
    assert Entry.objects.filter(action=Action.EXPORT_MADE).count() == 1


def test_a_part_holds_what_passes_the_filter_and_verifies(carol: Staff, sealer: None) -> None:
    export = asked(carol, Filter(action=Action.READ))
    writing.run_due()
    assert {row["action"] for row in rows(export)} == {Action.READ.value}
    assert len(rows(export)) == READS
    assert verified(export) == 0


def test_a_worker_that_died_is_gone_on_from_with_the_same_bytes(
    carol: Staff, sealer: None, settings: Settings
) -> None:
    whole = asked(carol)
    writing.run_due()
    broken = asked(carol)
    Export.objects.filter(pk=broken.pk).update(note=again(whole).note)
    settings.EXPORT_LEASE = 0
    claimed = writing._claim()
    assert claimed is not None
    place = folder(claimed)
    place.mkdir(parents=True)
    (place / "entries.jsonl").write_text("of a bundle that was whole, and being packed")
    assert writing.run_due() == 1
    assert archive(broken).read_bytes() == archive(whole).read_bytes()
    assert again(broken).attempts == 2


def test_a_cancelled_one_stops_at_its_next_chunk(carol: Staff, sealer: None) -> None:
    export = asked(carol)
    claimed = writing._claim()
    assert claimed is not None
    services.cancel(export=export, by=carol.actor())
    writing._contained(claimed)
    assert again(export).state == ExportState.CANCELLED
    assert not archive(export).exists()


def test_without_a_sealer_it_waits_and_then_says_why(
    carol: Staff, own_database: None, settings: Settings
) -> None:
    settings.EXPORT_CHECKPOINT_WITHIN, settings.EXPORT_ATTEMPTS = 0.1, 1
    export = asked(carol)
    writing.run_due()
    export = again(export)
    assert (export.state, export.error) == (ExportState.FAILED, "NobodySeals")
    assert Entry.objects.filter(action=Action.EXPORT_FAILED).count() == 1


def test_a_full_disk_is_tried_again_later(carol: Staff, sealer: None, files: Path) -> None:
    export = asked(carol)
    (files / "exports").write_text("not a folder")
    writing.run_due()
    export = again(export)
    assert export.state == ExportState.QUEUED
    assert export.error
