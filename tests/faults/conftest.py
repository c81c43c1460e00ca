"""Tests whose rows are really committed, so that real processes can work on them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from consentadmin.local.databases import OWNER_ROLE, Databases
from tests.conftest import TEMPLATE

ROOT = Path(__file__).parents[2]
NOWHERE = "redis+socket:///nowhere/at/all"
Start = Callable[..., subprocess.Popen[bytes]]


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
    _point_at(name)
    with django_db_blocker.unblock():
        yield
        connections.close_all()
    _point_at(str(before["NAME"]))
    postgres_server.drop_database(name)


def _point_at(name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture
def start(db: None, postgres_server: Databases) -> Iterator[Start]:
    """Start commands of manage.py on this test's database, its broker away, until the test ends."""
    name = str(connections["default"].settings_dict["NAME"])
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*command: str, **environment: str) -> subprocess.Popen[bytes]:
        surroundings = (
            os.environ
            | environment
            | {
                "DATABASE_URL": postgres_server.url(name),
                "DATABASE_OWNER_URL": postgres_server.url(name, role=OWNER_ROLE),
                "CELERY_BROKER_URL": NOWHERE,
            }
        )
        begun.append(
            subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=surroundings)
        )
        return begun[-1]

    yield begin
    for process in begun:
        process.send_signal(signal.SIGKILL)
        process.wait()
