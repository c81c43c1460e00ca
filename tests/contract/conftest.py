"""The contract suite: one set of assertions for every platform.

`CONTRACT_URL`, `CONTRACT_TOKEN` and `CONTRACT_DATAMART` name a platform to hold it against: a test
environment, since the suite makes people, writes about them and deletes them. Without these it is
held against the sandbox, ordinary and contrarian. Each test bears `fact(name, …)`, by the names in
`facts`, or `chosen(section)`: what is documented (D) or seen (C) must hold everywhere, what the
sandbox chose (S) in the ordinary sandbox alone.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.target import Target, encoded, eventually
from tests.fixtures.sandbox import start_sandbox

GIVEN, ORDINARY, CONTRARIAN = "given", "ordinary", "contrarian"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of what is not promised."""
    line = "chosen(section): the sandbox's own choice (S), in a section of PLATFORM"
    config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hold what is documented or seen against every target, S against the ordinary sandbox."""
    if "target" not in metafunc.fixturenames:
        return
    fact, chosen = (metafunc.definition.get_closest_marker(it) for it in ("fact", "chosen"))
    assert (fact is None) != (chosen is None), f"{metafunc.definition.nodeid}: a fact, or chosen?"
    targets = [GIVEN] if "CONTRACT_URL" in os.environ else [ORDINARY, CONTRARIAN]
    if chosen is not None:
        assert chosen.args[0].startswith("§"), "as PLATFORM numbers them"
        targets = [ORDINARY]
    metafunc.parametrize("target", targets, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the sandbox's own choices where another platform is given."""
    if "CONTRACT_URL" in os.environ:
        own = [each for each in items if each.get_closest_marker("chosen")]
        config.hook.pytest_deselected(items=own)
        items[:] = [each for each in items if each not in own]


@pytest.fixture(scope="session")
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The platform that a fact is held against."""
    if request.param == GIVEN:
        url, token, datamart = (os.environ[f"CONTRACT_{it}"] for it in ("URL", "TOKEN", "DATAMART"))
        yield Target(url, token, datamart, is_ordinary=False)
        return
    is_ordinary = request.param == ORDINARY
    store = tmp_path_factory.mktemp("contract") / "sandbox.db"
    running = start_sandbox(store, contrarian=not is_ordinary, activity_delay=20)
    yield Target(running.base_url, running.token, running.datamart, is_ordinary)
    running.stop()


@dataclass(frozen=True)
class Known:
    """A person whom the suite made: what names her, and her point."""

    compartment: str
    account: str
    agent: str
    email: str
    point: str

    @property
    def by_account(self) -> str:
        """Return the selector of her account."""
        pair = encoded(self.compartment), encoded(self.account)
        return "compartment_id={},user_account_id={}".format(*pair)

    @property
    def profile(self) -> str:
        """Return the document of the profile of her account."""
        pair = encoded(self.compartment), encoded(self.account)
        return "user_profiles/compartment_id={}/user_account_id={}".format(*pair)


@dataclass(frozen=True)
class People:
    """Makes people, by an activity each: what that does to unknown identifiers is documented."""

    target: Target
    compartment: str

    def make(self, account: str | None = None) -> Known:
        """Make a person with an account, a device and an e-mail hash."""
        name = uuid4().hex
        found = Known(self.compartment, account or name, f"vec:{int(name[:12], 16)}", name, "")
        self.post(identifiers_of(found))
        return found.__class__(
            *(found.compartment, found.account, found.agent, found.email),
            point=eventually(lambda: self.point_of(found.by_account)),
        )

    def post(self, identifiers: list[dict[str, Any]], *events: object, **more: object) -> str:
        """Post an activity of these identifiers and return its `$unique_key`."""
        body = activity(identifiers, *events) | more
        path = self.target.in_datamart("user_activities")
        assert self.target.call("POST", path, json=body).status == 200
        return str(body["$unique_key"])

    def point_of(self, selector: str) -> str:
        """Return the id of the user point that a selector names; empty for nobody."""
        rows = self.target.all(self.target.point(selector, "user_identifiers"))
        return next((row["user_point_id"] for row in rows if row["type"] == "USER_POINT"), "")


def identifiers_of(person: Known) -> list[dict[str, Any]]:
    """Name a person in an activity."""
    return [
        {
            "$type": "USER_ACCOUNT",
            "$compartment_id": person.compartment,
            "$user_account_id": person.account,
        },
        {"$type": "USER_AGENT", "$user_agent_id": person.agent},
        {"$type": "USER_EMAIL", "$hash": person.email},
    ]


def activity(identifiers: list[dict[str, Any]], *events: object) -> dict[str, Any]:
    """Make an activity of now."""
    return {
        "$type": "TOUCH",
        "$session_status": "NO_SESSION",
        "$ts": time.time_ns() // 1_000_000,
        "$unique_key": uuid4().hex,
        "$user_identifiers": identifiers,
        "$events": list(events),
    }


@pytest.fixture(scope="session")
def people(target: Target) -> People:
    """A maker of people, in the default compartment."""
    rows = target.all(target.in_datamart("compartments"))
    default = next(row for row in rows if row["default"])
    return People(target, default["compartment_id"])


@pytest.fixture
def person(people: People) -> Known:
    """A person of this test's own."""
    return people.make()


@pytest.fixture(scope="session")
def community(target: Target) -> str:
    """Find the community by the datamart and its organisation."""
    datamart = target.get(f"datamarts/{target.datamart}").data
    found: str = target.get(f"organisations/{datamart['organisation_id']}").data["community_id"]
    return found


@pytest.fixture(scope="session")
def processings(target: Target, community: str) -> list[dict[str, Any]]:
    """Read every processing of the community."""
    return target.all(f"processings?community_id={community}")


@pytest.fixture(scope="session")
def processing(processings: list[dict[str, Any]]) -> str:
    """Name a processing that rests on consent."""
    usable = (row for row in processings if row["legal_basis"] == "CONSENT" and not row["archived"])
    return str(next(usable)["id"])
