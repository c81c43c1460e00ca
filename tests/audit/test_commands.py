"""`seal` and `verifyaudit` as an operator runs them, and their exit codes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consentadmin.audit.bundles.writing import write_bundle
from consentadmin.audit.filters import Filter
from tests.audit.conftest import KEY, ROOT, SEED, Trail

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def told(trail: Trail, tmp_path: Path) -> dict[str, str]:
    """The environment of a sealer of this trail, whose key has signed before."""
    trail.knows(KEY)
    return os.environ | {
        "DATABASE_URL": trail.server.url(trail.name),
        "CONSENTADMIN_SIGNING_KEY": SEED,
        "CONSENTADMIN_CHECKPOINT_DIR": str(tmp_path / "checkpoints"),
    }


@pytest.fixture
def run(told: dict[str, str]) -> Run:
    """Run a command of manage.py to its end."""

    def do(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "manage.py", *words]
        return subprocess.run(
            argv, cwd=ROOT, env=told | more, capture_output=True, text=True, check=False
        )

    return do


@pytest.fixture
def sealer(told: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A sealer at work."""
    process = subprocess.Popen([sys.executable, "manage.py", "seal"], cwd=ROOT, env=told)
    yield process
    process.kill()
    process.wait()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def leaves(trail: Trail) -> int:
    row = trail.connect().execute("SELECT count(*) FROM audit_leaf").fetchone()
    assert row
    return int(row[0])


def test_a_sealer_seals_beats_and_signs_once_more_when_stopped(
    trail: Trail, sealer: subprocess.Popen[bytes], run: Run, tmp_path: Path
) -> None:
    trail.write(3)
    until(lambda: leaves(trail) == 3)
    trail.write(2)
    until(lambda: leaves(trail) == 5)
    assert trail.connect().execute("SELECT process FROM web_heartbeat").fetchall() == [("sealer",)]
    sealer.send_signal(signal.SIGTERM)
    assert sealer.wait(30) == 0
    assert "\n5\n" in (tmp_path / "checkpoints" / "checkpoint").read_text()
    verified = run("verifyaudit")
    assert (verified.returncode, verified.stdout[:9]) == (0, "5 entries")


def test_sealing_once_needs_the_lead(trail: Trail, run: Run) -> None:
    trail.write(3)
    assert run("seal", "--once").returncode == 0
    assert leaves(trail) == 3
    trail.connect().execute("SELECT pg_advisory_lock(%s)", [0x7365616C])
    second = run("seal", "--once")
    assert (second.returncode, "Another sealer leads" in second.stderr) == (1, True)


@pytest.mark.parametrize("key", ["", "nonsense", "AAAA"])
def test_sealing_without_a_key_is_wrong_use(run: Run, key: str) -> None:
    refused = run("seal", "--once", CONSENTADMIN_SIGNING_KEY=key)
    assert refused.returncode == 2
    assert "CONSENTADMIN_SIGNING_KEY" in refused.stderr


def test_a_refusal_to_sign_is_an_answer_of_no(trail: Trail, run: Run) -> None:
    trail.write(3)
    run("seal", "--once")
    trail.tamper("UPDATE audit_leaf SET hash = sha256('x') WHERE seq = 1")
    trail.write()
    refused = run("seal", "--once")
    assert refused.returncode == 1
    assert "the tree of 3 entries is not the one signed for" in refused.stderr


def test_a_bad_trail_is_named_told_and_kept(trail: Trail, run: Run) -> None:
    _, entry, _ = trail.write(3)
    run("seal", "--once")
    trail.tamper(f"UPDATE audit_entry SET reason = 'none' WHERE id = {entry}")
    verified = run("verifyaudit")
    assert verified.returncode == 1
    assert f"First: entry {entry}: its columns are not what was written." in verified.stderr
    kept = trail.connect().execute("SELECT is_sound, first_bad, entry FROM audit_verification")
    assert kept.fetchall() == [(False, 1, entry)]


def test_a_checkpoint_seen_elsewhere_counts(trail: Trail, run: Run, tmp_path: Path) -> None:
    trail.write(3)
    seen = tmp_path / "seen"
    seen.write_text(trail.sign().note)
    trail.tamper("DELETE FROM audit_checkpoint", "DELETE FROM audit_leaf WHERE seq = 2")
    verified = run("verifyaudit", "--key", str(KEY.verifier), "--seen", str(seen))
    assert verified.returncode == 1
    assert "3 entries were signed for, and there are 2" in verified.stderr


def test_bundles_are_verified_with_the_right_key_alone(
    trail: Trail, run: Run, tmp_path: Path
) -> None:
    trail.write(3)
    write_bundle(trail.connect(), tmp_path / "b", asked=Filter(), upto=trail.sign())
    words = ["verifyaudit", "--bundle", str(tmp_path / "b")]
    assert run(*words, "--key", str(KEY.verifier)).returncode == 0
    assert run(*words, "--key", "x+1+AA==").returncode == 1
    assert run(*words).returncode == 2
    assert run(*words[:2], str(tmp_path / "none"), "--key", "x").returncode == 2
