"""The S3 store by itself: in parts, stopped half-way, and without a key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from consentadmin.exports.delivering import Stopped
from consentadmin.exports.stores import PART, Bucket, Undelivered
from tests.exports.store import BUCKET, S3


@pytest.fixture(scope="module")
def store() -> Iterator[S3]:
    """A store that is up."""
    store = S3().start()
    yield store
    store.stop()


def test_a_large_one_goes_in_parts(store: S3, settings: Settings, tmp_path: Path) -> None:
    store.use(settings)
    content = bytes(range(256)) * (PART // 256 * 2 + 40)
    (tmp_path / "large").write_bytes(content)
    moments: list[None] = []
    Bucket(BUCKET, "").put(
        tmp_path / "large", "large", sha256="00", tell=lambda: moments.append(None)
    )
    found = store.client("s3").get_object(Bucket=BUCKET, Key="large")
    assert found["ETag"].endswith('-3"')
    assert found["Body"].read() == content
    assert len(moments) >= 3
    store.client("s3").delete_object(Bucket=BUCKET, Key="large")


def test_an_upload_that_is_to_stop_leaves_nothing(
    store: S3, settings: Settings, tmp_path: Path
) -> None:
    store.use(settings)
    (tmp_path / "large").write_bytes(bytes(PART * 2))

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        Bucket(BUCKET, "").put(tmp_path / "large", "stopped", sha256="00", tell=stop)
    assert "stopped" not in store.names()
    assert "Uploads" not in store.client("s3").list_multipart_uploads(Bucket=BUCKET)


def test_without_a_key_anywhere_it_is_denied(
    store: S3, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    store.use(settings)
    settings.EXPORT_S3_KEY = ("", "")
    (tmp_path / "file").write_bytes(b"PK")
    with pytest.raises(Undelivered) as caught:
        Bucket(BUCKET, "").put(tmp_path / "file", "file", sha256="00", tell=lambda: None)
    assert caught.value.why == "Denied"
