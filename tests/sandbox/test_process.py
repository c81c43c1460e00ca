"""The process: restart, kill, busy port, signals, latency and faults (PLATFORM §1)."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from consentadmin.sandbox.people import MARIE
from tests.fixtures.sandbox import RunningSandbox, free_port, sandbox_command, start_sandbox
from tests.sandbox.conftest import Caller, caller_of, choice_path

TS = 1_793_000_000_000


def choice(number: int) -> dict[str, object]:
    return {"$choice_ts": TS + number, "$choice_acceptance_value": True, "number": number}


def refused(store: Path, port: int) -> subprocess.CompletedProcess[str]:
    command = sandbox_command(store, port)
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def logged(caller: Caller) -> set[int]:
    return {row["$choice_ts"] - TS for row in caller.log(MARIE, "3413")}


def test_it_keeps_everything_over_a_restart(own_sandbox: RunningSandbox) -> None:
    caller = caller_of(own_sandbox)
    caller.put_choice(MARIE, "3413", choice(1))
    caller.call("DELETE", choice_path(MARIE, "3401"))
    before = caller.point(str(MARIE.point_id), "user_choices").data
    assert own_sandbox.stop() == 0
    again = start_sandbox(own_sandbox.store)
    after = caller_of(again).point(str(MARIE.point_id), "user_choices").data
    again.stop()
    key = "$processing_id"
    assert sorted(after, key=lambda row: row[key]) == sorted(before, key=lambda row: row[key])


def test_it_keeps_what_it_acknowledged_when_killed(own_sandbox: RunningSandbox) -> None:
    acknowledged: list[int] = []

    def write(first: int) -> None:
        caller = caller_of(own_sandbox)
        for number in range(first, 100_000, 4):
            try:
                answer = caller.put_choice(MARIE, "3413", choice(number))
            except requests.RequestException:
                return
            assert answer.status == 200
            acknowledged.append(number)

    with ThreadPoolExecutor(4) as writers:
        running = [writers.submit(write, first) for first in range(4)]
        time.sleep(0.5)
        own_sandbox.kill()
    for one in running:
        one.result()
    again = start_sandbox(own_sandbox.store)
    kept = logged(caller_of(again))
    again.stop()
    assert len(acknowledged) > 20
    assert set(acknowledged) <= kept


def test_it_refuses_a_busy_port(sandbox: RunningSandbox, tmp_path: Path) -> None:
    result = refused(tmp_path / "other.db", sandbox.port)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [f"sandbox: port {sandbox.port} on 127.0.0.1 is not free"]


def test_it_shares_no_port_with_a_twin(tmp_path: Path) -> None:
    """Started at the same moment on one port, one serves and the other says why it does not."""
    port = free_port()
    twins = [
        subprocess.Popen(
            sandbox_command(tmp_path / f"{name}.db", port, parent_death=True),
            stderr=subprocess.DEVNULL,
        )
        for name in ("one", "two")
    ]
    deadline = time.monotonic() + 10
    while all(twin.poll() is None for twin in twins) and time.monotonic() < deadline:
        time.sleep(0.02)
    codes = sorted(str(twin.poll()) for twin in twins)
    for twin in twins:
        twin.terminate()
        twin.wait(timeout=10)
    assert codes == ["2", "None"]


def test_it_refuses_a_store_in_use(sandbox: RunningSandbox) -> None:
    result = refused(sandbox.store, free_port())
    assert result.returncode == 2
    assert "another process has it open" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_it_refuses_a_file_that_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 100)
    result = refused(tmp_path / "letter.db", free_port())
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    "flags", [["--latency", "-1"], ["--error-rate", "2"], ["--port", "0"], ["--token", ""]]
)
def test_it_refuses_flags_that_make_no_sense(tmp_path: Path, flags: list[str]) -> None:
    command = [*sandbox_command(tmp_path / "x.db", 1), *flags]
    assert subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_promptly_with_open_connections(
    own_sandbox: RunningSandbox, number: signal.Signals
) -> None:
    caller = caller_of(own_sandbox)
    assert caller.get("datamarts/1459").status == 200
    began = time.monotonic()
    own_sandbox.process.send_signal(number)
    assert own_sandbox.process.wait(timeout=10) == 0
    assert time.monotonic() - began < 3


PARENT = """
import subprocess, sys, time
process = subprocess.Popen(sys.argv[1:])
print(process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is of Linux")
def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    port = free_port()
    command = sandbox_command(tmp_path / "orphan.db", port, parent_death=True)
    parent = subprocess.Popen([sys.executable, "-c", PARENT, *command], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    while not is_answering(port):
        time.sleep(0.05)
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_answering(port: int) -> bool:
    try:
        requests.get(f"http://127.0.0.1:{port}", timeout=5)
    except requests.ConnectionError:
        return False
    return True


def test_it_delays_calls_without_holding_up_others(tmp_path: Path) -> None:
    running = start_sandbox(tmp_path / "slow.db", latency=300)
    caller = caller_of(running)
    began = time.monotonic()
    with ThreadPoolExecutor(5) as callers:
        answers = list(callers.map(caller.get, ["datamarts/1459"] * 5))
    took = time.monotonic() - began
    running.stop()
    assert {answer.status for answer in answers} == {200}
    assert 0.3 <= took < 1.2


def test_it_fails_before_it_writes(tmp_path: Path) -> None:
    running = start_sandbox(tmp_path / "faulty.db", error_rate=0.5)
    caller = caller_of(running)
    answers = {number: caller.put_choice(MARIE, "3413", choice(number)) for number in range(60)}
    running.stop()
    again = start_sandbox(running.store)
    kept = logged(caller_of(again))
    again.stop()
    assert {answer.status for answer in answers.values()} == {200, 500, 503}
    assert kept == {number for number, answer in answers.items() if answer.status == 200}
    assert all(it.json["error_id"] for it in answers.values() if it.status != 200)


def test_it_takes_seconds_when_told_to(tmp_path: Path) -> None:
    running = start_sandbox(tmp_path / "seconds.db", accept_seconds=True)
    body = {"$choice_ts": 1_493_118_667, "$choice_acceptance_value": True}
    answer = caller_of(running).put_choice(MARIE, "3413", body)
    running.stop()
    assert (answer.status, answer.data["$choice_ts"]) == (200, 1_493_118_667)


def test_it_leaves_nothing_running(own_sandbox: RunningSandbox) -> None:
    own_sandbox.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(own_sandbox.process.pid, 0)
