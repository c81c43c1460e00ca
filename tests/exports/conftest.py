"""A database of a server of its own, and a sealer at work in it.

What may be sealed depends on every transaction of a cluster: beside other tests it would wait.
"""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import dj_database_url
import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker, Settings

from consentadmin.audit.keeping import Keeper, connect
from consentadmin.audit.signing import signing_keys
from consentadmin.local.postgres import PostgresServer
from tests.conftest import migrate
from tests.fixtures.scratch import scratch_folder


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> Path:
    """A folder for this test's exports."""
    settings.FILES = str(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that nothing else works on."""
    folder = scratch_folder("consentadmin-exports-")
    with PostgresServer(folder, durable=False) as server:
        server.create_roles()
        server.create_database("template_exports")
        migrate(server, "template_exports")
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_database(
    own_server: PostgresServer, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Point Django at a fresh database of that server, where commits are commits."""
    own_server.clone("template_exports", "exports")
    default = connections["default"]
    before = dict(default.settings_dict)
    connections.close_all()
    default.settings_dict.update(dj_database_url.parse(own_server.url("exports")))
    with django_db_blocker.unblock():
        yield
        connections.close_all()
    default.settings_dict.update(before)
    own_server.drop_database("exports")


@pytest.fixture
def sealer(own_database: None) -> Iterator[None]:
    """A sealer at work, as `manage.py seal` has it."""
    stop, ready = threading.Event(), threading.Event()

    def work() -> None:
        keeper = Keeper(connect(), keys=signing_keys(), directory=None)
        while not stop.is_set():
            keeper.turn(wait=0.02)
            ready.set()
        keeper.finish()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    ready.wait(10)
    yield
    stop.set()
    worker.join(10)
