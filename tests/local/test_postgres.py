"""The embedded PostgreSQL, with real servers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from consentadmin.local.databases import OWNER_ROLE
from consentadmin.local.errors import CannotStart
from consentadmin.local.launch import below
from consentadmin.local.places import LONGEST_SOCKET_PATH, copy_for_others, others_can_use
from consentadmin.local.postgres import PostgresServer
from consentadmin.local.table import ROOT
from tests.local.conftest import await_death

OWNER = """
import signal, sys
from pathlib import Path
from consentadmin.local.postgres import PostgresServer
server = PostgresServer(Path(sys.argv[1]), durable=True)
server.start()
print("up", flush=True)
signal.pause()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path, durable=False) as server:
        server.create_roles()
        yield server


def test_it_names_the_data_folder_by_major_version(server: PostgresServer) -> None:
    with server.connect() as connection:
        assert server.data.name == f"pg{connection.info.server_version // 10000}"


def test_the_app_creates_nothing_and_the_owner_does(server: PostgresServer) -> None:
    server.create_database("house")
    with psycopg.connect(server.url("house", role=OWNER_ROLE)) as connection:
        connection.execute("CREATE TABLE entry (id int)")
    with (
        psycopg.connect(server.url("house")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE mine (id int)")


def test_a_clone_has_what_its_template_has(server: PostgresServer) -> None:
    server.create_database("template")
    with psycopg.connect(server.url("template", role=OWNER_ROLE)) as connection:
        connection.execute("CREATE TABLE entry AS SELECT 7 AS id")
    server.clone("template", "copy")
    server.clone("template", "copy")
    with psycopg.connect(server.url("copy", role=OWNER_ROLE)) as connection:
        assert connection.execute("SELECT id FROM entry").fetchone() == (7,)


def test_it_leaves_no_data_of_another_version_behind(tmp_path: Path) -> None:
    (tmp_path / "pg9").mkdir()
    (tmp_path / "pg9" / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match="was written by PostgreSQL 9"):
        PostgresServer(tmp_path, durable=False).start()


def test_two_servers_run_side_by_side(server: PostgresServer, tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "other", durable=False) as other:
        other.create_roles()
        other.create_database("only_here")
        assert not server.has_database("only_here")


def test_a_second_start_keeps_the_data(server: PostgresServer) -> None:
    server.create_database("kept")
    server.stop()
    server.start()
    assert server.has_database("kept")


def test_a_killed_server_starts_again_at_the_same_address(server: PostgresServer) -> None:
    server.create_database("kept")
    address = server.url("kept")
    server.halt(signal.SIGKILL)
    server.start()
    assert server.url("kept") == address
    psycopg.connect(address).close()


def test_a_stale_pid_file_stops_nothing(server: PostgresServer) -> None:
    server.stop()
    # The number now belongs to somebody else: to this very test.
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n0\n5432\n\n\n\n")
    server.start()
    assert not server.has_database("nothing")


def test_kill_9_of_the_owner_leaves_no_server(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == b"up\n"
        servers = below(owner.pid)
        owner.kill()
    await_death(servers)
    assert servers
    with PostgresServer(tmp_path, durable=True) as server:
        assert not server.has_database("nothing")


def test_a_long_path_to_the_data_leaves_the_socket_short(tmp_path: Path) -> None:
    folder = tmp_path / "-".join(["somewhere"] * 12) / "-".join(["deeper"] * 12)
    with PostgresServer(folder, durable=False) as server:
        assert server.socket_folder
        longest = len(os.fsencode(server.socket_folder / ".s.PGSQL.5432"))
        assert longest <= LONGEST_SOCKET_PATH
        assert server.socket_folder.stat().st_mode & 0o777 == 0o700


def test_stopping_removes_the_socket(tmp_path: Path) -> None:
    with PostgresServer(tmp_path, durable=False) as server:
        folder = server.socket_folder
    assert folder
    assert not folder.exists()


def test_a_copy_for_others_can_be_used_by_others(tmp_path: Path) -> None:
    program = tmp_path / "package" / "bin" / "program"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    copy = copy_for_others([tmp_path / "package"], name="package-1", cache=tmp_path / "cache")
    mode = (copy / "package" / "bin" / "program").stat().st_mode
    assert mode & 0o005 == 0o005
    assert copy == copy_for_others([tmp_path / "gone"], name="package-1", cache=tmp_path / "cache")
    assert not others_can_use(program)
