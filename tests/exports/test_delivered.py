"""Exports of months put into a directory and an S3 store: whole, once, and tried until it is so."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from consentadmin.accounts.models import Staff
from consentadmin.audit.bundles import verify_bundle
from consentadmin.audit.models import Entry
from consentadmin.audit.signing import signing_keys
from consentadmin.audit.words import Action, Outcome
from consentadmin.exports import delivering, monthly, services, writing
from consentadmin.exports.models import Delivery, Export, ExportState, Place
from consentadmin.exports.places import archive
from consentadmin.exports.queries import is_behind
from consentadmin.web.sentences import sentence
from tests.exports.store import BUCKET, S3

pytestmark = pytest.mark.xdist_group("exports")
NAME = "consentadmin-trail-2026-10.zip"


@pytest.fixture(scope="module")
def store() -> Iterator[S3]:
    """A store that is up."""
    store = S3().start()
    yield store
    store.stop()


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """The directory that is set for exports."""
    (tmp_path / "months").mkdir()
    settings.EXPORT_DIR = str(tmp_path / "months")
    return tmp_path / "months"


def written(*places: Place, content: bytes = b"PK of a month") -> Export:
    """The export of a month, written, to be put into places."""
    later = timezone.now().replace(year=2099)
    export = Export.objects.create(
        month=date(2026, 10, 1),
        asker_role="house",
        state=ExportState.DONE,
        bytes=len(content),
        sha256=sha256(content).hexdigest(),
        expires_at=later,
    )
    archive(export).write_bytes(content)
    for place in places:
        Delivery.objects.create(export=export, place=place)
    return export


def delivery() -> Delivery:
    return Delivery.objects.get()


def told() -> list[tuple[str, str]]:
    """What the trail tells of deliveries: how each ended, and why."""
    entries = Entry.objects.filter(action=Action.EXPORT_DELIVERED).order_by("pk")
    return [(entry.outcome, entry.data.get("error", "")) for entry in entries]


def hurry() -> None:
    """Let the time until the next attempt pass."""
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_month_is_written_delivered_and_verifies(
    own_database: None, sealer: None, folder: Path
) -> None:
    month = monthly.missing(timezone.now(), None)[0]
    at = datetime(month.year, month.month, 9, tzinfo=UTC)
    Entry.objects.bulk_create([Entry(at=at, action=Action.READ) for _ in range(7)])
    monthly.ask_for_missing()
    assert (writing.run_due(), delivering.run_due()) == (1, 1)
    bundle = folder / f"consentadmin-trail-{month:%Y-%m}.zip"
    assert Export.objects.get().rows == 7
    key = str(signing_keys()[0].verifier)
    argv = [sys.executable, verify_bundle.__file__, str(bundle), "--key", key]
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 0
    assert [path.name for path in folder.iterdir()] == [bundle.name]


def test_a_month_is_written_however_often_it_fails(
    own_database: None, folder: Path, settings: Settings
) -> None:
    settings.EXPORT_CHECKPOINT_WITHIN, settings.EXPORT_ATTEMPTS = 0.1, 1
    monthly.ask_for_missing()
    for _ in range(3):
        assert not is_behind()
        Export.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        writing.run_due()
    export = Export.objects.get()
    assert (export.state, export.error) == (ExportState.QUEUED, "NobodySeals")
    assert is_behind()


def test_it_is_put_into_the_store_with_its_hash(db: None, store: S3, settings: Settings) -> None:
    store.use(settings)
    export = written(Place.S3)
    assert delivering.run_due() == 1
    found = store.client("s3").get_object(
        Bucket=BUCKET, Key=f"house/{NAME}", ChecksumMode="ENABLED"
    )
    assert found["Body"].read() == archive(export).read_bytes()
    assert found["Metadata"] == {"sha256": export.sha256}
    assert found["ChecksumSHA256"]
    assert told() == [(Outcome.DONE, "")]


def test_what_is_delivered_is_not_delivered_again(
    db: None, store: S3, folder: Path, settings: Settings
) -> None:
    store.use(settings)
    export = written(Place.S3, Place.DIRECTORY)
    assert delivering.run_due() == 2
    hurry()
    assert delivering.run_due() == 0
    assert not delivering.is_due()
    assert (folder / NAME).read_bytes() == archive(export).read_bytes()
    assert store.names() == [f"house/{NAME}"]
    assert len(told()) == 2


@pytest.mark.parametrize(
    ("bucket", "key", "why"),
    [
        (BUCKET, ("nobody", "secret-of-nobody"), "Denied"),
        (BUCKET, None, "Denied"),
        ("another", (), "NoPlace"),
    ],
    ids=["another key", "a wrong secret", "no such bucket"],
)
def test_what_the_store_refuses_is_told_without_its_words(
    db: None,
    store: S3,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    bucket: str,
    key: tuple[str, str] | None,
    why: str,
) -> None:
    store.use(settings)
    settings.EXPORT_S3 = (bucket, "")
    settings.EXPORT_S3_KEY = (store.key[0], "a-wrong-secret") if key is None else key or store.key
    written(Place.S3)
    delivering.run_due()
    assert delivery().error == why
    assert told() == [(Outcome.FAILED, why)]
    assert "secret" not in caplog.text


def test_a_store_that_was_down_gets_it_later(
    db: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    store = S3()
    store.use(settings)
    written(Place.S3)
    for _ in range(2):
        hurry()
        delivering.run_due()
    assert (delivery().error, delivery().delivered_at) == ("Unreachable", None)
    assert delivery().due_at > timezone.now()
    try:
        store.start().use(settings)
        hurry()
        delivering.run_due()
        assert store.names() == [f"house/{NAME}"]
    finally:
        store.stop()
    assert told() == [(Outcome.FAILED, "Unreachable"), (Outcome.DONE, "")]


def test_a_directory_that_is_not_there_is_not_made(db: None, folder: Path) -> None:
    written(Place.DIRECTORY)
    folder.rmdir()
    delivering.run_due()
    assert delivery().error == "NoPlace"
    assert not folder.exists()
    folder.mkdir()
    hurry()
    delivering.run_due()
    assert (folder / NAME).exists()


def test_it_is_kept_until_it_is_delivered(db: None, folder: Path) -> None:
    export = written(Place.DIRECTORY)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert services.expire() == 0
    delivering.run_due()
    assert services.expire() == 1
    assert not archive(export).exists()


def test_a_place_that_is_set_no_more_holds_nothing_up(db: None, settings: Settings) -> None:
    settings.EXPORT_DIR = ""
    written(Place.DIRECTORY)
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert delivering.run_due() == 0
    assert services.expire() == 1


def test_a_file_that_is_gone_is_written_again(db: None, folder: Path) -> None:
    archive(written(Place.DIRECTORY)).unlink()
    delivering.run_due()
    assert Export.objects.get().state == ExportState.QUEUED
    assert delivery().lease_until is None


def test_one_that_another_worker_took_over_is_left_to_it(db: None, folder: Path) -> None:
    written(Place.DIRECTORY)
    claimed = delivering._claim()
    assert claimed
    Delivery.objects.update(fence=7)
    delivering._contained(claimed)
    assert not (folder / NAME).exists()
    assert delivery().delivered_at is None


def test_a_worker_that_died_loses_its_lease(db: None, folder: Path, settings: Settings) -> None:
    written(Place.DIRECTORY)
    assert delivering._claim()
    assert not delivering.is_due()
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert delivering.run_due() == 1


def test_it_is_tried_again_at_once_when_somebody_asks(db: None, folder: Path, carol: Staff) -> None:
    export = written(Place.DIRECTORY)
    Delivery.objects.update(due_at=timezone.now() + timedelta(hours=1), error="Full")
    delivering.try_again(export=export, by=carol.actor())
    assert delivering.run_due() == 1
    assert Entry.objects.get(action=Action.EXPORT_RETRIED).actor_id == carol.pk
    with pytest.raises(services.NotThere):
        delivering.try_again(export=export, by=carol.actor())


def test_each_end_is_a_sentence(db: None, folder: Path, settings: Settings) -> None:
    settings.EXPORT_S3, settings.EXPORT_S3_ENDPOINT = ("trail", ""), S3().url
    settings.EXPORT_S3_KEY = ("a", "b")
    written(Place.DIRECTORY, Place.S3)
    delivering.run_due()
    entries = Entry.objects.filter(action=Action.EXPORT_DELIVERED).order_by("data__place")
    assert [sentence(entry) for entry in entries] == [
        "The export of 2026-10 was put into the directory.",
        "The S3 store did not take the export of 2026-10; it is tried again.",
    ]
