"""The sealer at work: signing, publishing, refusing, and dying at any step."""

import http.server
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings

from consentadmin.audit.keeping import Keeper, couriers
from consentadmin.audit.notes import opened
from consentadmin.audit.publishing import Courier, Directory
from consentadmin.audit.seals import CHANNEL
from tests.audit.conftest import KEY, Trail, take_the_lead

KILLED_AT = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
import psycopg
from consentadmin.audit.keeping import Keeper
from consentadmin.audit.publishing import Directory
from tests.audit.conftest import KEY
def die(step):
    if step == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
connection = psycopg.connect(sys.argv[1], autocommit=True)
Keeper(connection, keys=[KEY], directory=Directory(Path(sys.argv[2])), step=die).turn(wait=0)
"""


@pytest.fixture
def keep(trail: Trail, tmp_path: Path) -> Iterator[Callable[..., Keeper]]:
    """Make keepers, each over a connection of its own; their key has signed before."""
    trail.knows(KEY)
    made: list[psycopg.Connection] = []

    def make(*carriers: Courier, folder: Path = tmp_path) -> Keeper:
        made.append(psycopg.connect(trail.server.url(trail.name), autocommit=True))
        return Keeper(made[-1], keys=[KEY], directory=Directory(folder), couriers=carriers)

    yield make
    for connection in made:
        connection.close()


def notes(folder: Path) -> list[int]:
    return [opened(note, [KEY.verifier]).size for note in Directory(folder).notes()]


def publications(trail: Trail) -> list[tuple[str, str]]:
    found = trail.connect().execute("SELECT place, error FROM audit_publication ORDER BY id")
    return found.fetchall()


def test_it_seals_signs_and_publishes(
    trail: Trail, keep: Callable[..., Keeper], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "consentadmin.audit.publishing")
    trail.write(5)
    keep().turn(wait=0)
    assert notes(tmp_path) == [5]
    assert (tmp_path / "keys").read_text() == f"{KEY.verifier}\n"
    assert publications(trail) == [("directory", "")]
    assert r"consentadmin\n5\n" in caplog.text


def test_it_signs_no_more_often_than_it_is_told(
    trail: Trail, keep: Callable[..., Keeper], tmp_path: Path, settings: Settings
) -> None:
    keeper = keep()
    for _ in range(3):
        trail.write()
        keeper.turn(wait=0)
    assert notes(tmp_path) == [1]
    keeper.finish()
    assert notes(tmp_path) == [1, 3]


def test_it_signs_on_request(trail: Trail, keep: Callable[..., Keeper], tmp_path: Path) -> None:
    keeper = keep()
    keeper.turn(wait=0)
    trail.write(2)
    trail.connect().execute(f"NOTIFY {CHANNEL}")
    keeper.turn(wait=5)
    assert notes(tmp_path) == [0, 2]


def test_only_the_leader_seals(trail: Trail, keep: Callable[..., Keeper], tmp_path: Path) -> None:
    first, second = keep(), keep()
    first.turn(wait=0)
    trail.write(2)
    second.turn(wait=0)
    assert notes(tmp_path) == [0]
    first.finish()
    second.turn(wait=0)
    assert notes(tmp_path) == [0, 2]


def test_it_seals_on_and_refuses_to_sign_a_database_put_back(
    trail: Trail, keep: Callable[..., Keeper], tmp_path: Path
) -> None:
    trail.write(4)
    keep().turn(wait=0)
    trail.tamper("DELETE FROM audit_leaf WHERE seq > 1", "DELETE FROM audit_publication")
    trail.tamper("DELETE FROM audit_checkpoint", "DELETE FROM audit_entry WHERE id > 2")
    trail.close()
    trail.connect("postgres").execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    keeper = keep()
    trail.write()
    keeper.turn(wait=0)
    assert "4 entries were signed for, and there are 3" in keeper.refusal
    assert notes(tmp_path) == [4]
    assert trail.connect().execute("SELECT count(*) FROM audit_leaf").fetchone() == (3,)


def test_it_signs_nothing_while_the_directory_can_not_be_read(
    trail: Trail, keep: Callable[..., Keeper], tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    keeper = keep(folder=folder)
    keeper.turn(wait=0)
    (folder / "checkpoint").unlink()
    (folder / "checkpoint").mkdir()
    trail.write(3)
    assert keeper.sign() is None
    (folder / "checkpoint").rmdir()
    assert keeper.sign()
    assert notes(folder) == [0, 3]


def test_it_signs_once_the_directory_is_one_again(
    trail: Trail, keep: Callable[..., Keeper], tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.write_text("in the way")
    keeper = keep(folder=folder)
    take_the_lead(keeper)
    trail.write(3)
    assert keeper.sign() is None
    folder.unlink()
    keeper.sign()
    assert notes(folder) == [3]


def test_a_directory_that_fails_is_recorded_and_stops_nothing(
    trail: Trail, keep: Callable[..., Keeper], tmp_path: Path
) -> None:
    (tmp_path / f"checkpoints-{datetime.now(UTC):%Y-%m}.txt").mkdir()
    trail.write(3)
    keeper = keep()
    keeper.turn(wait=0)
    assert not keeper.refusal
    assert publications(trail) == [("directory", "Is a directory")]


class Mailbox(http.server.BaseHTTPRequestHandler):
    """Takes what is posted, and answers as the path says."""

    taken: list[str] = []

    def do_POST(self) -> None:
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def mailbox() -> Iterator[str]:
    Mailbox.taken.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mailbox) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("answer", "error"), [(204, ""), (500, "OSError"), (302, "OSError")])
def test_a_web_address_is_told_and_its_answer_recorded(
    trail: Trail,
    keep: Callable[..., Keeper],
    settings: Settings,
    mailbox: str,
    answer: int,
    error: str,
) -> None:
    settings.CHECKPOINT_URL = f"{mailbox}/{answer}"
    keeper = keep(*couriers())
    trail.write(3)
    keeper.turn(wait=0)
    keeper.finish()
    assert opened(Mailbox.taken[0], [KEY.verifier]).size == 3
    assert ("web", error) in publications(trail)


def test_a_slow_place_holds_up_nothing(
    trail: Trail, keep: Callable[..., Keeper], tmp_path: Path
) -> None:
    go_on = threading.Event()
    slow = Courier("slow", lambda _: assert_true(go_on.wait(30)))
    keeper = keep(slow)
    keeper.turn(wait=0)
    trail.write()
    assert keeper.sign()
    go_on.set()
    slow.wait(30)
    keeper.turn(wait=0)
    assert sorted(publications(trail))[-2:] == [
        ("slow", ""),
        ("slow", "the one before is still on its way"),
    ]
    assert notes(tmp_path) == [0, 1]


def assert_true(is_so: bool) -> None:  # noqa: FBT001  (it says what it is)
    assert is_so


def test_a_mail_goes_out_once_a_day(
    trail: Trail, keep: Callable[..., Keeper], settings: Settings, mailoutbox: list[object]
) -> None:
    settings.CHECKPOINT_MAIL = ["auditor@example.com"]
    carriers = couriers()
    keeper = keep(*carriers)
    keeper.turn(wait=0)
    carriers[0].wait(30)
    trail.write()
    assert keeper.sign()
    carriers[0].wait(30)
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("step", ["taken", "written", "committed", "signed", "published"])
def test_kill_9_at_any_step_leaves_no_gap_and_no_fork(
    trail: Trail, keep: Callable[..., Keeper], tmp_path: Path, step: str
) -> None:
    entries = trail.write(40)
    argv = [sys.executable, "-c", KILLED_AT, trail.server.url(trail.name), str(tmp_path), step]
    assert subprocess.run(argv, check=False).returncode == -signal.SIGKILL
    entries += trail.write(7)
    keeper, until = keep(), time.monotonic() + 30
    while not keeper.lead():
        assert time.monotonic() < until
    keeper.finish()
    trail.outside = list(Directory(tmp_path).notes())
    report = trail.verify()
    assert (report.is_sound, report.size, notes(tmp_path)[-1]) == (True, 47, 47)
