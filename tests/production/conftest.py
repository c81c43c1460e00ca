"""One house for all tests of this folder that need one: built once, by an ordinary user."""

from collections.abc import Iterator

import pytest

from tests.fixtures.sandbox import start_sandbox
from tests.production.house import House, running_house
from tests.production.ordinary import ordinary_user


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything that docker-compose.yml starts, at work on an empty database."""
    sandbox = start_sandbox(
        tmp_path_factory.mktemp("platform") / "sandbox.db", token="demo-sandbox-token"
    )
    with ordinary_user() as user, running_house(user, sandbox) as running:
        yield running
    sandbox.stop()
