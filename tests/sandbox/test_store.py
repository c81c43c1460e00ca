"""Stores of older versions: they keep what they hold and get what they lack."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from consentadmin.sandbox import schema
from consentadmin.sandbox.decisions import ORDINARY
from consentadmin.sandbox.people import DATAMART, MARIE
from consentadmin.sandbox.seed import seed
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store, WrongStoreError, opened
from tests.sandbox.doings import by_account, visit
from tests.sandbox.test_decisions import ask

ADDED = (
    *("received", "activity", "standing", "analyzer_rule", "archived_point"),
    *("document_import", "execution", "upload", "failed_command"),
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store as version 1 made it."""
    path = tmp_path / "old.db"
    opened(path, seed=seed).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for table in ADDED:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 1")
    return path


def tables(store: Store) -> set[str]:
    sql = "SELECT name FROM sqlite_master WHERE type IN ('table', 'index')"
    return {row[0] for row in store.connection.execute(sql)}


def test_a_store_of_version_one_gets_what_it_lacks(old: Path, tmp_path: Path) -> None:
    store = opened(old, seed=seed)
    assert tables(store) == tables(opened(tmp_path / "new.db", seed=seed))
    assert store.connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def test_it_keeps_its_people_and_takes_activities(old: Path) -> None:
    store = opened(old, seed=seed)
    person = store.person(DATAMART, Selector("user_point_id", "", str(MARIE.point_id)))
    assert person is not None
    activity = visit(by_account(MARIE.accounts[0]))
    assert ask(store, ORDINARY, "POST", "datamarts/1459/user_activities", activity)[0] == 200
    path = f"datamarts/1459/user_timelines/{MARIE.point_id}/user_activities"
    assert ask(store, ORDINARY, "GET", path)[1]["count"] == 1


@pytest.mark.parametrize("version", [schema.VERSION + 1, 77])
def test_it_opens_no_store_of_a_later_version(old: Path, version: int) -> None:
    with contextlib.closing(sqlite3.connect(old)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(WrongStoreError, match="not a store of this version"):
        opened(old, seed=seed)


def test_what_fails_inside_a_transaction_leaves_the_rest(old: Path) -> None:
    store = opened(old, seed=seed)

    def fail() -> None:
        with store.transaction():
            store.standing.flag_hyper(2)
            raise ZeroDivisionError

    with store.transaction():
        store.standing.flag_hyper(1)
        with pytest.raises(ZeroDivisionError):
            fail()
        store.standing.flag_hyper(3)
    assert [store.standing.is_hyper(number) for number in (1, 2, 3)] == [True, False, True]
