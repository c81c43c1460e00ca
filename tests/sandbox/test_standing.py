"""Hyper points, flagged at a merge by the documented thresholds (PLATFORM §6)."""

import json
from pathlib import Path
from typing import Any

import pytest

from consentadmin.sandbox.decisions import ORDINARY
from consentadmin.sandbox.people import DATAMART, HYPER, MARIE, Person
from consentadmin.sandbox.seed import seed
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.standing import makes_hyper
from consentadmin.sandbox.store import Store, opened
from tests.sandbox.conftest import Account, Caller
from tests.sandbox.doings import by_account, by_agent, by_email, point_of_account, sent, visit
from tests.sandbox.test_decisions import ask

DAY = 86_400_000
TS = 1_793_134_365_000


def spread(kind: str, count: int, days: float) -> list[dict[str, Any]]:
    """Make identifiers that came evenly within so many days."""
    step = days * DAY / (count - 1)
    return [{"type": kind, "creation_ts": TS + int(number * step)} for number in range(count)]


@pytest.mark.fact("§6 hyper")
@pytest.mark.parametrize(
    ("kind", "count", "days", "is_hyper"),
    [
        ("USER_ACCOUNT", 4, 1, False),
        ("USER_ACCOUNT", 5, 7, True),
        ("USER_ACCOUNT", 5, 7.1, False),
        ("USER_EMAIL", 4, 1, False),
        ("USER_EMAIL", 5, 7, True),
        ("USER_EMAIL", 5, 7.1, False),
        ("USER_AGENT", 10, 1, False),
        ("USER_AGENT", 11, 2, True),
        ("USER_AGENT", 11, 2.1, False),
        ("USER_AGENT", 100, 365, False),
        ("USER_AGENT", 101, 365, True),
        ("USER_LOYALTY_CARD", 100, 365, False),
        ("USER_LOYALTY_CARD", 101, 365, True),
    ],
)
def test_too_many_identifiers_make_a_hyper_point(
    kind: str, count: int, days: float, *, is_hyper: bool
) -> None:
    assert makes_hyper(spread(kind, count, days), []) is is_hyper


def test_each_registry_counts_for_itself() -> None:
    def device(registry: int, number: int) -> dict[str, Any]:
        technical = [{"registry_id": str(registry), "creation_ts": TS + number}]
        return {"type": "USER_DEVICE_POINT", "technical_identifiers": technical}

    apart = [device(number % 2, number) for number in range(20)]
    assert not makes_hyper(apart, [])
    assert makes_hyper([*apart, device(0, 20)], [])


@pytest.mark.fact("§6 hyper")
@pytest.mark.parametrize(("merges", "days", "is_hyper"), [(8, 1, 0), (9, 14, 1), (9, 14.1, 0)])
def test_too_many_merges_make_a_hyper_point(merges: int, days: float, is_hyper: int) -> None:
    instants = [TS + int(number * days * DAY / (merges - 1)) for number in range(merges)]
    assert makes_hyper([], instants) == bool(is_hyper)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return opened(tmp_path / "sandbox.db", seed=seed)


def number_of(store: Store, person: Person) -> int:
    found = store.person(DATAMART, Selector("user_point_id", "", str(person.point_id)))
    assert found is not None
    return found


def test_one_of_the_seed_is_a_hyper_point_by_the_rule(store: Store) -> None:
    rows = store.connection.execute("SELECT person, is_hyper FROM standing").fetchall()
    by_rule = {
        person: makes_hyper([*map(_read, store.identifiers(person))], []) for person, _ in rows
    }
    assert by_rule == {person: bool(flag) for person, flag in rows}
    assert [person for person, flag in rows if flag] == [number_of(store, HYPER)]


def _read(body: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found


def test_it_is_flagged_at_the_merge(store: Store) -> None:
    person = number_of(store, MARIE)
    for number in range(5):
        email = by_email(f"hash-{number}")
        activity = visit(by_account(MARIE.accounts[0]), email)
        assert ask(store, ORDINARY, "POST", "datamarts/1459/user_activities", activity)[0] == 200
    assert not store.standing.is_hyper(person), "nothing was merged"
    for activity in (visit(by_agent("vec:1")), visit(by_agent("vec:1"), by_email("hash-0"))):
        ask(store, ORDINARY, "POST", "datamarts/1459/user_activities", activity)
    assert store.standing.is_hyper(person)


@pytest.mark.fact("§6 hyper")
def test_a_hyper_point_is_still_usable(ordinary: Caller, newcomer: Account) -> None:
    sent(ordinary, visit(by_account(newcomer), by_account(HYPER.accounts[3])))
    assert point_of_account(ordinary, newcomer) == HYPER.point_id
    body = {"$choice_ts": TS, "$choice_acceptance_value": True, "form": "new"}
    assert ordinary.put_choice(HYPER, "3413", body).data["form"] == "new"
