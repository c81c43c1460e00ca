"""Tests whose rows are really committed, so that real processes can work on them."""

from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from consentadmin.accounts.models import Staff
from consentadmin.datamarts.models import Datamart
from consentadmin.local.databases import Databases
from consentadmin.local.valkey import ValkeyServer
from consentadmin.sandbox.people import Person
from tests import factories
from tests.conftest import TEMPLATE
from tests.faults.asking import Asker
from tests.faults.proxy import Proxy, running_proxy
from tests.faults.table import Row, merged, table
from tests.faults.trials import SEED, Trial
from tests.faults.works import SHORT, Forge, Works
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

ROWS = "rows of the table of faults"
FOUND: list[Row] = []
HERE = Path(__file__).parent
APART = {"test_answers", "test_memory", "test_people", "test_web"}
"""The one half of the suite that runs beside the other, where there are two cores."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this very hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and let the tests of each half follow one another."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("faults")
            half = "faults-answers" if item.path.stem in APART else "faults"
            item.add_marker(pytest.mark.xdist_group(half))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect what each test has found, from whichever process it ran in."""
    if report.when == "teardown":
        told: list[Any] = [value for name, value in report.user_properties if name == ROWS]
        FOUND.extend(Row(**row) for rows in told for row in rows)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of faults."""
    if FOUND:
        terminalreporter.write_sep("=", f"faults, seed {SEED}")
        terminalreporter.write_line(table(merged(FOUND)))


@pytest.fixture
def db(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    postgres_server: Databases,
    worker_id: str,
) -> Iterator[None]:
    """A database of this test's own, a clone of the migrated one, in place of a rolled-back one."""
    name, before = f"own_{worker_id}", dict(connections["default"].settings_dict)
    connections.close_all()
    postgres_server.clone(TEMPLATE, name)
    _point_at(name, str(postgres_server.socket_folder))
    with django_db_blocker.unblock():
        yield
        connections.close_all()
    _point_at(str(before["NAME"]), str(before["HOST"]))
    postgres_server.drop_database(name)


def _point_at(name: str, host: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].settings_dict.update(NAME=name, HOST=host)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox that tells the history of its writes."""
    running = start_sandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.db", admin=True)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """Where this worker's processes come from."""
    running = Forge(SHORT, tmp_path_factory.mktemp("logs"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A broker of this worker's own: it may be killed, as long as it is started again."""
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as running:
        yield running


@pytest.fixture
def proxy(sandbox: RunningSandbox) -> Iterator[Proxy]:
    """What stands between our processes and the sandbox."""
    with running_proxy(sandbox.port, seed=SEED) as running:
        yield running


@pytest.fixture
def asker(
    alice: Staff,
    datamart: Datamart,
    proxy: Proxy,
    sandbox: RunningSandbox,
    crowd: Iterator[Person],
) -> Asker:
    """Who asks, at the sandbox's own address; everybody else goes by the proxy."""
    direct = copy(datamart)
    factories.moved(datamart, proxy.url, sandbox.token)
    return Asker(alice, direct, crowd)


@pytest.fixture
def works(
    db: None,
    forge: Forge,
    broker: ValkeyServer,
    proxy: Proxy,
    postgres_server: Databases,
    sandbox: RunningSandbox,
) -> Iterator[Works]:
    """Workers, sweepers and a broker on this test's database; none outlives it."""
    name = str(connections["default"].settings_dict["NAME"])
    running = Works(forge, postgres_server, name, broker, sandbox, proxy)
    yield running
    running.stop()


@pytest.fixture
def trial(works: Works, asker: Asker, request: pytest.FixtureRequest) -> Iterator[Trial]:
    """A fault on trial; what is found goes into the table."""
    on = Trial(works, asker)
    yield on
    request.node.user_properties.append((ROWS, [row.told() for row in on.rows]))
