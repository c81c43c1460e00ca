"""A plain HTTP caller of the sandbox, and persons that a test may write on."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests

from consentadmin.sandbox.people import CUSTOMERS, Person
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

Account: TypeAlias = tuple[str, str]
"""A compartment id and an account id."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status and the JSON."""

    status: int
    json: Any

    @property
    def data(self) -> Any:
        """Return what the envelope holds."""
        return self.json["data"]


@dataclass(frozen=True)
class Caller:
    """Calls paths under /v1 with the token."""

    running: RunningSandbox
    session: requests.Session

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Call a path as it is written."""
        response = self.session.request(method, self.running.url(path), timeout=20, **options)
        return Answer(response.status_code, response.json())

    def get(self, path: str) -> Answer:
        """Read a path."""
        return self.call("GET", path)

    def point(self, selector: str, document: str) -> Answer:
        """Read a document of a person in datamart 1459."""
        return self.get(f"datamarts/1459/user_points/{selector}/{document}")

    def put_choice(self, person: Person, processing: str, body: object) -> Answer:
        """Write a choice; `body` is JSON or the very bytes."""
        path = choice_path(person, processing)
        if isinstance(body, bytes):
            return self.call("PUT", path, data=body)
        return self.call("PUT", path, json=body)

    def put_profile(
        self, account: Account, body: object, query: str = "", *, by: str | None = None
    ) -> Answer:
        """Write a profile, by its own account unless told by what; `body` as in `put_choice`."""
        path = f"{profile_path(account, by)}{query and '?'}{query}"
        if isinstance(body, bytes):
            return self.call("PUT", path, data=body)
        return self.call("PUT", path, json=body)

    def profile(self, account: Account, *, by: str | None = None) -> Answer:
        """Read a profile, by its own account unless told by what."""
        return self.get(profile_path(account, by))

    def log(self, person: Person, processing: str) -> list[dict[str, Any]]:
        """Read the change log of a choice."""
        answer = self.get(f"{choice_path(person, processing)}/change_log")
        found: list[dict[str, Any]] = answer.data
        return found

    def raw(self, request: bytes) -> bytes:
        """Send the very bytes and return all that comes back."""
        with socket.create_connection(("127.0.0.1", self.running.port), timeout=20) as line:
            line.sendall(request)
            received = b""
            while chunk := line.recv(65_536):
                received += chunk
        return received


def choice_path(person: Person, processing: str) -> str:
    """Return the path of a choice of a person in datamart 1459."""
    return f"datamarts/1459/user_points/{person.point_id}/user_choices/processing_id={processing}"


def account_selector(account: Account) -> str:
    """Return the selector of a (compartment, account) pair, its values percent-encoded."""
    compartment, value = account
    return f"compartment_id={compartment},user_account_id={quote(value, safe='')}"


def caller_of(running: RunningSandbox) -> Caller:
    """Make a caller that bears the token."""
    session = requests.Session()
    session.headers["Authorization"] = running.token
    return Caller(running, session)


def profile_path(account: Account, by: str | None = None) -> str:
    """Return the path of a profile in datamart 1459, the person named by its account or `by`."""
    compartment, value = account
    selector = by or account_selector(account)
    document = f"compartment_id={compartment}/user_account_id={quote(value, safe='')}"
    return f"datamarts/1459/user_points/{selector}/user_profiles/{document}"


@pytest.fixture
def newcomer() -> Account:
    """Name an account that nobody has yet: who writes its profile makes the person."""
    return CUSTOMERS, f"new-{uuid4()}"


@pytest.fixture(scope="session")
def platform(sandbox: RunningSandbox) -> Iterator[Caller]:
    """Make a caller of the shared sandbox."""
    caller = caller_of(sandbox)
    yield caller
    caller.session.close()


@pytest.fixture
def own_sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """Start a sandbox that this test may stop, kill and restart."""
    running = start_sandbox(tmp_path / "own.db")
    yield running
    if running.process.poll() is None:
        running.stop()
