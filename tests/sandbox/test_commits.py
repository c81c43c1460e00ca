"""Writes that come in together share a commit, and none is acknowledged before it."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentadmin.sandbox.app import Manners, Message, Sandbox, Scope
from consentadmin.sandbox.people import MARIE
from consentadmin.sandbox.seed import seed
from consentadmin.sandbox.store import Store, opened
from tests.sandbox.conftest import choice_path
from tests.sandbox.contrary import TS, choice


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = opened(tmp_path / "s.db", seed=seed)
    yield found
    found.close()


@pytest.fixture
def statements(store: Store) -> list[str]:
    """Note what SQLite is told, and when an answer leaves."""
    found: list[str] = []
    store.connection.set_trace_callback(lambda sql: found.append(sql.split()[0]))
    return found


def put(sandbox: Sandbox, ts: int, told: list[str]) -> "asyncio.Future[None]":
    async def receive() -> Message:
        body = json.dumps(choice(ts)).encode()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if "status" in message:
            told.append(str(message["status"]))

    scope: Scope = {
        "type": "http",
        "method": "PUT",
        "raw_path": f"/v1/{choice_path(MARIE, '3413')}".encode(),
        "query_string": b"",
        "headers": [(b"authorization", b"token")],
    }
    return asyncio.ensure_future(sandbox(scope, receive, send))


def put_together(store: Store, told: list[str]) -> None:
    async def both() -> None:
        sandbox = Sandbox(store, Manners("token"))
        told.clear()
        await asyncio.gather(*(put(sandbox, TS + number, told) for number in range(3)))

    asyncio.run(both())


def test_three_writes_share_one_commit(store: Store, statements: list[str]) -> None:
    put_together(store, statements)
    done = [each for each in statements if each not in ("SELECT", "--")]
    assert done == ["BEGIN", *["INSERT"] * 3, "COMMIT", *["200"] * 3]


def test_nothing_is_acknowledged_that_could_not_be_committed(store: Store) -> None:
    store.connection.execute("PRAGMA foreign_keys = ON")
    store.connection.execute(
        "CREATE TABLE note (person INTEGER REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    store.connection.execute(
        "CREATE TRIGGER nobody AFTER INSERT ON change_log BEGIN INSERT INTO note VALUES (-1); END"
    )
    told: list[str] = []
    put_together(store, told)
    assert told == ["500"] * 3
    assert store.change_log(1, "3413") == []
    assert "3413" not in store.choices(1)
