"""`python -m consentadmin.local run`, as its own process, with stand-ins for the programs."""

import os
import pwd
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest

from consentadmin.local.claim import HOST, Port, Ports
from consentadmin.local.table import ROOT
from tests.local.conftest import Keep, Keeper, await_death, await_that, is_alive

# Keeper, PostgreSQL with 8, Valkey; guardians of sandbox, worker, beat, web; sandbox with 2,
# worker with 2, beat, web with 2.
FAMILY_OF_REAL_SERVERS = 1 + 9 + 1 + 4 + 3 + 3 + 1 + 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_everything_when_told(keep: Keep, var: Path, number: signal.Signals) -> None:
    keeper = keep()
    keeper.await_house()
    pids = keeper.find_all()
    keeper.process.send_signal(number)
    assert keeper.await_end() == 0
    assert len(pids) > 10
    assert not any(is_alive(pid) for pid in pids)
    assert not (var / "local.json").exists()


def test_it_prints_the_address_and_who_can_sign_in(keep: Keep) -> None:
    keeper = keep()
    keeper.await_house()
    keeper.process.terminate()
    keeper.await_end()
    assert f"http://127.0.0.1:{keeper.ports.web.number}" in keeper.said
    assert "officer@example.com" in keeper.said


def test_kill_9_leaves_nothing_and_the_next_start_works(keep: Keep) -> None:
    keeper = keep()
    keeper.await_house()
    pids = keeper.find_all()
    keeper.process.kill()
    keeper.await_end()
    again = keep(ports=keeper.ports)
    again.await_house()
    await_death(pids)
    assert len(pids) > 10


def test_kill_9_leaves_no_process_of_granian_or_celery(keep: Keep) -> None:
    keeper = keep("real")
    keeper.await_house()
    await_that(lambda: len(keeper.find_all()) >= FAMILY_OF_REAL_SERVERS)
    pids = keeper.find_all()
    keeper.process.kill()
    await_death(pids)


def test_it_stops_granian_and_celery_within_seconds(keep: Keep) -> None:
    keeper = keep("real")
    keeper.await_house()
    await_that(lambda: len(keeper.find_all()) >= FAMILY_OF_REAL_SERVERS)
    pids, told_at = keeper.find_all(), time.monotonic()
    keeper.process.terminate()
    assert keeper.await_end() == 0
    assert time.monotonic() - told_at < 20
    assert not any(is_alive(pid) for pid in pids)


def test_kill_9_while_it_starts_leaves_nothing(keep: Keep) -> None:
    keeper = keep()
    while len(keeper.find_all()) < 3:
        assert keeper.process.poll() is None, keeper.said
    pids = keeper.find_all()
    keeper.process.kill()
    await_death(pids)


def test_a_busy_port_is_named_with_the_variable_to_change(keep: Keep) -> None:
    with socket.create_server((HOST, 0)) as other:
        busy = other.getsockname()[1]
        web = Port(busy, "CONSENTADMIN_PORT")
        keeper = keep(ports=Ports(web=web, sandbox=Ports.free().sandbox))
        assert keeper.await_end() == 1
    assert f"Port {busy} is in use" in keeper.said
    assert "CONSENTADMIN_PORT" in keeper.said
    assert not keeper.find_all()[1:]


def test_a_program_that_dies_is_named_and_the_rest_stops(keep: Keep) -> None:
    keeper = keep("broken")
    keeper.await_house()
    pids = keeper.find_all()
    assert keeper.await_end() == 1
    assert "worker has ended by itself (exit code 3)" in keeper.said
    assert keeper.said.rstrip().endswith("no more")
    assert not any(is_alive(pid) for pid in pids)


def test_a_second_run_in_the_same_folder_says_so(keep: Keep) -> None:
    first = keep()
    first.await_house()
    second = keep()
    assert second.await_end() == 1
    assert f"already runs in {first.var} (process {first.process.pid})" in second.said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_runs_as_an_ordinary_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Run a copy of the tree as a user with one right of root's: to read where Python lies."""
    folder = tmp_path_factory.mktemp("ordinary")
    for part in ("consentadmin", "tests"):
        shutil.copytree(ROOT / part, folder / part)
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    right = "+dac_read_search"
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    prefix += [f"--inh-caps={right}", f"--ambient-caps={right}"]
    keeper = Keeper(folder / "var", Ports.free(), prefix=prefix, root=folder)
    try:
        keeper.await_house()
        assert (folder / "var" / "secrets.json").stat().st_uid == user.pw_uid
    finally:
        keeper.process.terminate()
    assert keeper.await_end() == 0
