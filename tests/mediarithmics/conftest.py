"""Clients of the liar: patient ones, so that a slow machine fails no test, and a hasty one."""

from collections.abc import Callable, Iterator

import pytest

from consentadmin.mediarithmics.client import Client, RetryPolicy, Timeouts
from consentadmin.mediarithmics.selectors import AccountSelector
from tests.fixtures.liar import Liar

TOKEN = "api:7c1f-secret-token"
ALICE = AccountSelector("1606", "alice-914eb2aa")

PATIENT = Timeouts(connect=5.0, read=5.0, total=10.0)
SHORT = Timeouts(connect=0.3, read=0.3, total=0.6)
ONCE = RetryPolicy(retries=0)


@pytest.fixture
def client(liar: Liar) -> Iterator[Client]:
    """Asks the liar, each thing once."""
    made = Client(base_url=liar.base_url, token=TOKEN, timeouts=PATIENT, reads=ONCE)
    yield made
    made.close()


@pytest.fixture
def hasty(liar: Liar) -> Iterator[Client]:
    """Asks the liar, each thing once, and waits a third of a second."""
    made = Client(base_url=liar.base_url, token=TOKEN, timeouts=SHORT, reads=ONCE)
    yield made
    made.close()


@pytest.fixture
def stubborn(liar: Liar) -> Iterator[Client]:
    """Asks the liar, each read up to three times."""
    made = Client(base_url=liar.base_url, token=TOKEN, timeouts=PATIENT, reads=RetryPolicy())
    yield made
    made.close()


@pytest.fixture(params=["read", "write"])
def call(request: pytest.FixtureRequest, client: Client) -> Callable[[], object]:
    """One read and one write of a choice: what holds for both is tested with both."""
    return calling(request.param, client)


@pytest.fixture(params=["read", "write"])
def hasty_call(request: pytest.FixtureRequest, hasty: Client) -> Callable[[], object]:
    """The same in haste."""
    return calling(request.param, hasty)


def calling(kind: str, client: Client) -> Callable[[], object]:
    if kind == "read":
        return lambda: client.choice("1", ALICE, "7")
    return lambda: put(client)


def put(client: Client, **more: float) -> None:
    """Send a plain choice."""
    client.put_choice(
        "1",
        ALICE,
        "7",
        accepted=False,
        choice_ts=1_573_134_360_000,
        customs={"form": "f-12"},
        **more,
    )
