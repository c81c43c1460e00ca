"""A plain HTTP caller of the sandbox, and persons that a test may write on."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests

from consentadmin.sandbox.people import CUSTOMERS, MARIE, Person
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

_T = TypeVar("_T")
HIDDEN = ("write_answers_with_data", "ids_compare_as_text", "told_max_results")
"""Facts whose opposite another opposite hides."""
Account: TypeAlias = tuple[str, str]
"""A compartment id and an account id."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status and the JSON; None where nothing came or no JSON."""

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
        is_json = "json" in response.headers.get("Content-Type", "") and response.content
        return Answer(response.status_code, response.json() if is_json else None)

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


@dataclass(frozen=True)
class Both:
    """Asks both sandboxes the same: `both(ask)` is what came of it, ordinary first."""

    ordinary: Caller
    contrarian: Caller

    def __call__(self, ask: Callable[[Caller], _T]) -> tuple[_T, _T]:
        """Ask both."""
        return ask(self.ordinary), ask(self.contrarian)


class Operator(Caller):
    """A caller who may ask for faults and read the history."""

    def admin(self, method: str, path: str, body: object = None) -> requests.Response:
        """Call a path under /admin."""
        url = f"{self.running.base_url}/admin/{path}"
        return self.session.request(method, url, json=body, timeout=20)

    def let(self, fault: str, **rule: object) -> None:
        """Ask for a fault on each PUT, unless told for what."""
        asked = self.admin("POST", "faults", {"method": "PUT", "fault": fault, **rule})
        assert asked.status_code == 200, asked.text

    def history(self) -> list[dict[str, Any]]:
        """Read the writes that were applied, the oldest first."""
        found: list[dict[str, Any]] = self.admin("GET", "history").json()["data"]
        return found

    def applied(self) -> list[int]:
        """Return the instants of the choices that the history tells of."""
        bodies = [json.loads(row["body"] or "{}") for row in self.history()]
        return [body["$choice_ts"] for body in bodies if "$choice_ts" in body]

    def put(self, ts: int) -> requests.Response:
        """Write a choice of Marie's, of this instant (ms, UTC), and wait for 2 seconds at most."""
        body = {"$choice_ts": ts, "$choice_acceptance_value": True}
        url = self.running.url(choice_path(MARIE, "3413"))
        return self.session.put(url, json=body, timeout=2)


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


def operator_of(running: RunningSandbox) -> Operator:
    """Make an operator of a sandbox that was started with `admin`."""
    caller = caller_of(running)
    return Operator(caller.running, caller.session)


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


def _sandbox_for_two(
    folder: Path, name: str, *, contrarian: bool | str = False
) -> Iterator[Caller]:
    running = start_sandbox(folder / f"{name}.db", contrarian=contrarian, activity_delay=0)
    caller = caller_of(running)
    yield caller
    caller.session.close()
    running.stop()


@pytest.fixture(scope="session")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """An ordinary sandbox for the tests that compare it with the contrarian one."""
    yield from _sandbox_for_two(tmp_path_factory.mktemp("two"), "ordinary")


@pytest.fixture(scope="session")
def contrarian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A sandbox that turns every S fact round."""
    yield from _sandbox_for_two(tmp_path_factory.mktemp("two"), "contrarian", contrarian=True)


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A sandbox that turns round only facts which other opposites hide."""
    facts = ",".join(HIDDEN)
    yield from _sandbox_for_two(tmp_path_factory.mktemp("two"), "alone", contrarian=facts)


@pytest.fixture
def both(ordinary: Caller, contrarian: Caller) -> Both:
    """The two side by side."""
    return Both(ordinary, contrarian)


@pytest.fixture(scope="module")
def haunted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """A sandbox that takes rules for faults."""
    running = start_sandbox(tmp_path_factory.mktemp("haunted") / "sandbox.db", admin=True)
    yield operator_of(running)
    running.stop()


@pytest.fixture
def operator(haunted: Operator) -> Operator:
    """The operator of it, no rule being left from before."""
    haunted.admin("DELETE", "faults")
    return haunted
