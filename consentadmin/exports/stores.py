"""The places for the exports of months: a directory, a bucket of an S3-compatible store.

Settings are read here. What a place answers becomes an Undelivered, whose word tells what a person
can do about it; the store's own words may quote a key, and go nowhere.
"""

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from consentadmin.exports.models import Place

BLOCK = 1 << 20
PART = 16 << 20
"""Bytes of one part of an upload, which is held in memory; S3 takes 10,000 parts: 160 GB."""
REFUSED = {
    **dict.fromkeys([errno.ENOENT, errno.ENOTDIR], "NoPlace"),
    **dict.fromkeys([errno.EACCES, errno.EPERM, errno.EROFS], "Denied"),
    **dict.fromkeys([errno.ENOSPC, errno.EDQUOT], "Full"),
}
"""What a disk says, in one word."""
ANSWERED = {
    **dict.fromkeys(["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"], "Denied"),
    **dict.fromkeys(["InvalidToken", "ExpiredToken", "InvalidClientTokenId"], "Denied"),
    **dict.fromkeys(["AllAccessDisabled", "RequestTimeTooSkewed", "401", "403"], "Denied"),
    **dict.fromkeys(["NoSuchBucket", "PermanentRedirect", "404"], "NoPlace"),
    **dict.fromkeys(["BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch"], "Corrupted"),
    **dict.fromkeys(["SlowDown", "ServiceUnavailable", "InternalError"], "Unreachable"),
    **dict.fromkeys(["RequestTimeout", "500", "502", "503", "504"], "Unreachable"),
    **dict.fromkeys(["QuotaExceeded", "InsufficientStorage", "507"], "Full"),
}
"""What a store answers, in one word; what is not here has Failed."""


class Undelivered(Exception):
    """A place has not taken the file. `why` is one word, for screens and the trail."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Store(Protocol):
    """A place that takes files."""

    def put(self, path: Path, name: str, *, sha256: str, tell: Callable[[], None]) -> None:
        """Put a file there under a name; the same again does no harm. Raises Undelivered.

        `tell` is called while it is under way, and may raise in order to stop.
        """


def configured() -> list[Place]:
    """Return the places that are set."""
    found = [Place.DIRECTORY] if settings.EXPORT_DIR else []
    return found + ([Place.S3] if settings.EXPORT_S3 else [])


def store(place: Place) -> Store:
    """Return a place that is set, to put files into."""
    if place == Place.DIRECTORY:
        return Directory(Path(settings.EXPORT_DIR))
    assert settings.EXPORT_S3, "the place is set"
    return Bucket(*settings.EXPORT_S3)


class Directory:
    """A directory, best on another machine's disk. A file appears in it once it is whole.

    It must be there: one that is not is a disk that was not mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, path: Path, name: str, *, sha256: str, tell: Callable[[], None]) -> None:  # noqa: ARG002  (a disk takes no checksum)
        """Copy the file, and give it its name when it is on the disk."""
        draft = self.folder / f".{name}.part"
        with path.open("rb") as source:
            try:
                with draft.open("wb") as target:
                    while block := source.read(BLOCK):
                        target.write(block)
                        tell()
                    target.flush()
                    os.fsync(target.fileno())
                draft.replace(self.folder / name)
            except OSError as error:
                raise Undelivered(REFUSED.get(error.errno or 0, "Failed")) from None


class Bucket:
    """A bucket. Files go there in parts, each with its SHA-256, which the store checks."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket, self.prefix = bucket, prefix

    def put(self, path: Path, name: str, *, sha256: str, tell: Callable[[], None]) -> None:
        """Upload the file; its own SHA-256 goes along as metadata."""
        from boto3.s3.transfer import TransferConfig
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        parts = TransferConfig(
            multipart_threshold=PART, multipart_chunksize=PART, use_threads=False
        )
        try:
            with path.open("rb") as file:
                _client().upload_fileobj(
                    file,
                    self.bucket,
                    f"{self.prefix}{name}",
                    ExtraArgs={"ChecksumAlgorithm": "SHA256", "Metadata": {"sha256": sha256}},
                    Callback=lambda _: tell(),
                    Config=parts,
                )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            raise Undelivered(ANSWERED.get(code, "Failed")) from None
        except NoCredentialsError:
            raise Undelivered("Denied") from None
        except BotoCoreError:
            raise Undelivered("Unreachable") from None


def _client() -> Any:  # noqa: ANN401  (boto3 has no types)
    """Return a client of the store; without a key of ours, boto3 looks for one where AWS has it."""
    import boto3
    from botocore.config import Config

    logging.getLogger("botocore").setLevel(logging.INFO)  # below, it tells what it signs
    key_id, secret = settings.EXPORT_S3_KEY
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.EXPORT_S3_ENDPOINT or None,
        region_name=settings.EXPORT_S3_REGION,
        aws_access_key_id=key_id or None,
        aws_secret_access_key=secret or None,
        config=Config(
            connect_timeout=settings.CONNECT_TIMEOUT,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 3},
            proxies=None if settings.TRUST_ENV else {},
            s3={"addressing_style": "path" if settings.EXPORT_S3_ENDPOINT else "auto"},
        ),
    )
