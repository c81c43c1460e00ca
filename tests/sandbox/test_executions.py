"""Executions of document imports: how they run, end, fail and are cancelled (PLATFORM §7)."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from consentadmin.sandbox.people import MARIE, NO_CHOICES
from tests.fixtures.sandbox import start_sandbox
from tests.sandbox.conftest import Account, Caller, account_selector, caller_of
from tests.sandbox.doings import (
    TS,
    by_account,
    choice_command,
    ended,
    make_import,
    sent,
    start,
    until,
    visit,
)


@pytest.fixture
def somebody(ordinary: Caller, newcomer: Account) -> Account:
    """An account that somebody has."""
    sent(ordinary, visit(by_account(newcomer)))
    return newcomer


def test_it_tells_how_it_went(ordinary: Caller, somebody: Account) -> None:
    commands = [choice_command(somebody), "{", choice_command(somebody, TS + 1)]
    told = ended(ordinary, start(ordinary, "USER_CHOICE", commands))
    assert (told["status"], told["num_tasks"], told["completed_tasks"]) == ("SUCCEEDED", 3, 3)
    assert told["creation_date"] <= told["start_date"] <= told["end_date"]
    assert (told["result"]["total_success"], told["result"]["total_failure"]) == (2, 1)


def test_where_nothing_failed_there_is_no_error_file(ordinary: Caller, somebody: Account) -> None:
    execution = start(ordinary, "USER_CHOICE", [choice_command(somebody)])
    told = ended(ordinary, execution)
    assert told["result"]["error_file_uri"] is None
    uri = f"mics://data_file/datamarts/1459/executions/{told['id']}/errors.ndjson"
    assert ordinary.get(f"data_file/data?uri={uri}").status == 404


def test_where_everything_failed_the_execution_did(ordinary: Caller) -> None:
    assert ended(ordinary, start(ordinary, "USER_CHOICE", ["{"]))["status"] == "FAILED"


def test_an_empty_file_is_refused(ordinary: Caller) -> None:
    made = make_import(ordinary, "USER_CHOICE").data["id"]
    answer = ordinary.call("POST", f"datamarts/1459/document_imports/{made}/executions", data=b"")
    assert (answer.status, answer.json["error"]) == (400, "The file is empty")


def test_it_lists_executions_newest_first(ordinary: Caller, somebody: Account) -> None:
    first = start(ordinary, "USER_CHOICE", [choice_command(somebody)])
    executions, _, number = first.rpartition("/")
    line = json.dumps(choice_command(somebody)).encode()
    again = ordinary.call("POST", executions, data=line).data["id"]
    found = ordinary.get(executions).json
    assert [row["id"] for row in found["data"]] == [again, number]
    assert (found["total"], ordinary.get(f"{executions}?max_results=1").json["count"]) == (2, 1)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Caller]:
    """A sandbox that carries out a hundred commands a second."""
    running = start_sandbox(tmp_path / "slow.db", import_pace=100)
    yield caller_of(running)
    running.stop()


def commands(count: int) -> Iterator[object]:
    """Make commands, each a choice of Marie's of another time."""
    return (choice_command(MARIE.accounts[0], TS + number) for number in range(count))


def logged(caller: Caller) -> list[int]:
    by = account_selector(MARIE.accounts[0])
    log = f"datamarts/1459/user_points/{by}/user_choices/processing_id=3413/change_log"
    return [row["$choice_ts"] - TS for row in caller.get(log).data]


def test_it_can_be_cancelled_on_the_way(slow: Caller) -> None:
    execution = start(slow, "USER_CHOICE", commands(5_000))
    until(lambda: slow.get(execution).data["completed_tasks"], lambda done: done >= 5)
    assert slow.get(execution).data["result"] is None
    told = slow.call("POST", f"{execution}/action", json={"action": "CANCEL"}).data
    assert (told["status"], told["result"]["total_failure"]) == ("CANCELED", 0)
    done = told["completed_tasks"]
    assert 5 <= done < 5_000
    assert sorted(logged(slow)) == list(range(done)), "what was done stays done"
    again = slow.call("POST", f"{execution}/action", json={"action": "CANCEL"})
    assert (again.status, "CANCELED" in again.json["error"]) == (400, True)


@pytest.mark.parametrize("body", [{}, {"action": "PAUSE"}, {"action": None}])
def test_it_knows_no_other_action(slow: Caller, body: object) -> None:
    execution = start(slow, "USER_CHOICE", commands(50))
    answer = slow.call("POST", f"{execution}/action", json=body)
    assert (answer.status, answer.json["error"]) == (400, "action must be CANCEL")


def test_one_after_the_other(slow: Caller) -> None:
    first = start(slow, "USER_CHOICE", commands(5_000))
    second = start(slow, "USER_CHOICE", commands(3))
    until(lambda: slow.get(first).data["status"], lambda status: status == "RUNNING")
    assert slow.get(second).data["status"] == "PENDING"
    slow.call("POST", f"{first}/action", json={"action": "CANCEL"})
    assert ended(slow, second)["status"] == "SUCCEEDED"


def test_it_goes_on_where_it_was_after_a_kill(tmp_path: Path) -> None:
    running = start_sandbox(tmp_path / "own.db", import_pace=200)
    execution = start(caller_of(running), "USER_CHOICE", commands(3_000))
    until(lambda: caller_of(running).get(execution).data["completed_tasks"], lambda it: it > 20)
    running.kill()
    caller = caller_of(start_sandbox(tmp_path / "own.db"))
    told = ended(caller, execution)
    found = logged(caller)
    caller.running.stop()
    assert (told["status"], told["completed_tasks"]) == ("SUCCEEDED", 3_000)
    assert told["result"]["total_success"] == 3_000
    assert sorted(found) == list(range(3_000))
    assert found == sorted(found), "each once, and in the order of the file"


@pytest.mark.fact("§7 size")
def test_it_takes_files_beyond_the_size_of_other_bodies(ordinary: Caller) -> None:
    note = "x" * 400_000
    line = {"type": "USER_EMAIL", "hash": "nobody", "note": note}
    told = ended(ordinary, start(ordinary, "USER_POINTS_DELETION", [line] * 12))
    assert (told["num_tasks"], told["result"]["total_failure"]) == (12, 12)


def test_it_answers_others_while_it_works(ordinary: Caller, somebody: Account) -> None:
    many = (choice_command(somebody, TS + number) for number in range(20_000))
    execution = start(ordinary, "USER_CHOICE", many)
    by = account_selector(NO_CHOICES.accounts[0])
    with ThreadPoolExecutor(4) as readers:
        found = readers.map(lambda _: ordinary.point(by, "user_choices").status, range(20))
    assert set(found) == {200}
    stopped = ordinary.call("POST", f"{execution}/action", json={"action": "CANCEL"})
    assert stopped.data["status"] == "CANCELED", "all of them were answered before it ended"
