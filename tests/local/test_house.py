"""A house that is used from within, as tests of other rooms use it."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from consentadmin.local.claim import Ports
from consentadmin.local.errors import CannotStart, ChildDied
from consentadmin.local.house import House
from consentadmin.local.launch import below
from consentadmin.local.table import Program, Table, Wiring
from tests.local.conftest import await_death, await_that
from tests.local.stand_ins import StandIns, notes, python


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    var = tmp_path_factory.mktemp("shared") / "var"
    with House(var=var, ports=Ports.free(), durable=False, table=StandIns()) as house:
        yield house


@pytest.fixture
def house(shared: House) -> Iterator[House]:
    """Lend the shared house; then start again what a test has ended in it."""
    yield shared
    try:
        shared.watch()
    except ChildDied:
        shared.restart("valkey")
    if "web" not in shared.crew:
        shared.restart("web")


def test_it_tells_scripts_where_it_is(house: House) -> None:
    told = json.loads((house.var / "local.json").read_text())
    assert told == house.description
    assert sorted(told) == [
        *("accounts", "database_url", "datamart", "sandbox", "sandbox_token", "web")
    ]
    assert [account["role"] for account in told["accounts"]] == [
        *("agent", "officer", "auditor", "admin")
    ]


def test_secrets_are_for_their_owner_only(house: House) -> None:
    for name in ("secrets.json", "local.json"):
        assert (house.var / name).stat().st_mode & 0o777 == 0o600


def test_it_keeps_the_owners_role_from_the_application(house: House) -> None:
    assert "DATABASE_OWNER_URL" not in house.wiring.environment
    assert house.wiring.owner_url not in house.wiring.environment.values()


def test_the_sandbox_is_told_no_secret(house: House) -> None:
    names = set(house.wiring.plain_environment)
    assert not names & {"SECRET_KEY", "DATABASE_URL", "CONSENTADMIN_FIELD_KEYS"}


@pytest.mark.parametrize("name", ["worker", "web", "postgres", "valkey"])
def test_a_killed_process_can_be_restarted(house: House, name: str) -> None:
    house.kill(name)
    house.restart(name)
    house.watch()
    assert requests.get(house.web, timeout=5).ok


def test_it_notices_a_server_that_died(house: House) -> None:
    house.kill("valkey")
    with pytest.raises(ChildDied, match=r"^valkey has ended by itself \(killed by SIGKILL\)"):
        house.watch()


def test_a_second_start_keeps_data_and_secrets_and_seeds_no_more(var: Path) -> None:
    ports = Ports.free()
    with House(var=var, ports=ports, durable=False, table=StandIns()) as house:
        house.postgres.create_database("kept")
        keys = house.wiring.keys
    with House(var=var, ports=ports, durable=False, table=StandIns()) as house:
        assert house.postgres.has_database("kept")
        assert house.wiring.keys == keys
    assert notes(var) == ["migrate", "datamarts and staff", "migrate"]


def test_a_sandbox_that_moved_is_told_to_the_datamarts(var: Path) -> None:
    for _ in range(2):
        with House(var=var, ports=Ports.free(), durable=False, table=StandIns()):
            pass
    assert notes(var) == ["migrate", "datamarts and staff", "migrate", "datamarts"]


def test_data_without_its_secrets_is_not_opened(var: Path) -> None:
    house = House(var=var, ports=Ports.free(), durable=False, table=StandIns())
    house.postgres.data.mkdir(parents=True)
    with pytest.raises(CannotStart, match=r"secrets\.json is missing"):
        house.start()


class BrokenMigration(StandIns):
    """A house whose tables can't be brought up to date."""

    def migrate(self, wiring: Wiring) -> Program:
        return python(wiring, "migrate", "raise SystemExit('this table is in the way')")


def test_a_start_that_fails_tells_why_and_leaves_nothing(var: Path) -> None:
    house = House(var=var, ports=Ports.free(), durable=False, table=BrokenMigration())
    with pytest.raises(CannotStart, match="this table is in the way"):
        house.start()
    assert house.postgres.process
    await_death([house.postgres.process.pid])
    assert not (var / "local.json").exists()


def test_a_folder_has_one_house(house: House) -> None:
    second = House(var=house.var, ports=Ports.free(), table=StandIns())
    with pytest.raises(CannotStart, match=r"already runs in .* set CONSENTADMIN_VAR"):
        second.start()
    house.watch()


def test_stopping_a_program_ends_what_it_forked(house: House) -> None:
    guardian = house.crew.find("web")
    family = below(guardian)
    house.crew.stop("web")
    await_that(lambda: "web" not in house.crew)
    await_death(family)
    assert len(family) == 3


def test_a_stopped_program_can_still_be_ended(house: House) -> None:
    family = below(house.crew.find("web"))
    house.crew.send("web", signal.SIGSTOP)
    house.crew.stop("web")
    await_death(family)


def test_the_sandbox_can_be_made_slow(house: House) -> None:
    wiring = replace(house.wiring, extra={"CONSENTADMIN_SANDBOX_LATENCY": "250"})
    argv = Table().sandbox(wiring).argv
    assert argv[argv.index("--latency") + 1] == "250"
