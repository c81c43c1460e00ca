"""An S3-compatible store as a process of its own, over HTTP: moto's, which checks each key."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import boto3
from pytest_django import Settings

BUCKET = "trail"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}
BEFORE_KEYS_COUNT = 4
"""How many calls the store answers to anybody: those that make the key and the bucket."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class S3:
    """The store; `key` is the one pair that it knows, once it is up."""

    port: int = field(default_factory=free_port)
    key: tuple[str, str] = ("nobody", "knows")
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start it with an empty bucket, and wait until it answers."""
        told = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(BEFORE_KEYS_COUNT)}
        argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        silent = subprocess.DEVNULL
        self.process = subprocess.Popen(argv, env=told, stdout=silent, stderr=silent)
        until = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < until
            time.sleep(0.05)
        iam = self.client("iam")
        iam.create_user(UserName="house")
        made = iam.create_access_key(UserName="house")["AccessKey"]
        iam.put_user_policy(
            UserName="house", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING)
        )
        self.client("s3").create_bucket(Bucket=BUCKET)
        self.key = made["AccessKeyId"], made["SecretAccessKey"]
        return self

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def client(self, name: str) -> Any:
        """Return a client of the store, with its own key."""
        return boto3.session.Session().client(
            name,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.key[0],
            aws_secret_access_key=self.key[1],
        )

    def names(self) -> list[str]:
        """Return what is in the bucket."""
        found = self.client("s3").list_objects_v2(Bucket=BUCKET)
        return [one["Key"] for one in found.get("Contents", [])]

    def use(self, settings: Settings) -> None:
        """Have the house put its exports here."""
        settings.EXPORT_S3, settings.EXPORT_S3_ENDPOINT = (BUCKET, "house/"), self.url
        settings.EXPORT_S3_KEY = self.key

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False
