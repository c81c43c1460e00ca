"""The processing pipeline: what a 200 does not promise (PLATFORM §6)."""

import contextlib
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from consentadmin.sandbox.people import ANALYZED, MARIE, QUARANTINED
from tests.fixtures.sandbox import sandbox_command, start_sandbox
from tests.sandbox.conftest import Account, Caller, account_selector, caller_of
from tests.sandbox.doings import (
    TS,
    by_account,
    choice_event,
    choices,
    event,
    new_account,
    point_of_account,
    profile_event,
    sent,
    timeline,
    until,
    visit,
)

TEN_MINUTES_MS = 600_000


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A sandbox whose analyzer drops choice events, and whole activities of one type."""
    store = tmp_path_factory.mktemp("strict") / "sandbox.db"
    drops = "$set_user_choice,DISPLAY_AD"
    running = start_sandbox(store, activity_delay=0, analyzer_drops=drops)
    yield caller_of(running)
    running.stop()


@pytest.mark.fact("§6 received")
def test_it_stores_an_activity_a_moment_later(platform: Caller) -> None:
    account = new_account(f"later-{uuid4()}")
    sent(platform, visit(by_account(account), **{"$events": [choice_event()]}))
    assert platform.point(account_selector(account), "user_identifiers").status == 404
    found = until(lambda: choices(platform, account_selector(account)))
    assert found["3413"]["$choice_ts"] == TS
    assert len(timeline(platform, point_of_account(platform, account))) == 1


def test_it_loses_no_activity_in_a_restart(tmp_path: Path) -> None:
    account = new_account("patient")
    running = start_sandbox(tmp_path / "own.db", activity_delay=TEN_MINUTES_MS)
    for number in range(30):
        sent(caller_of(running), visit(by_account(account), ts=TS + number))
    running.kill()
    impatient = start_sandbox(tmp_path / "own.db", activity_delay=TEN_MINUTES_MS)
    still = caller_of(impatient).point(account_selector(account), "user_identifiers").status
    impatient.stop()
    assert still == 404, "their time has not come"


def test_it_stores_what_came_due_while_it_was_down(tmp_path: Path) -> None:
    account = new_account("patient")
    running = start_sandbox(tmp_path / "own.db", activity_delay=700)
    for number in range(30):
        sent(caller_of(running), visit(by_account(account), ts=TS + number))
    running.kill()
    caller = caller_of(start_sandbox(tmp_path / "own.db", activity_delay=TEN_MINUTES_MS))
    by = account_selector(account)
    until(lambda: caller.point(by, "user_identifiers").status, lambda status: status == 200)
    point = point_of_account(caller, account)
    found = until(lambda: timeline(caller, point), lambda rows: len(rows) >= 30)
    caller.running.stop()
    assert [row["$ts"] - TS for row in found] == list(range(29, -1, -1))


@pytest.mark.fact("§6 analyzer")
def test_the_analyzer_drops_events(strict: Caller, newcomer: Account) -> None:
    events = [choice_event(), event("$page_view"), profile_event(newcomer, city="Nice")]
    sent(strict, visit(by_account(newcomer), **{"$events": events}))
    (kept,) = timeline(strict, point_of_account(strict, newcomer))
    assert kept["$events"] == events[1:]
    assert choices(strict, account_selector(newcomer)) == {}
    assert strict.profile(newcomer).data["city"] == "Nice"


@pytest.mark.fact("§6 analyzer", "§6 received")
def test_the_analyzer_drops_whole_activities(strict: Caller, newcomer: Account) -> None:
    sent(strict, visit(by_account(newcomer), **{"$type": "DISPLAY_AD"}))
    assert strict.point(account_selector(newcomer), "user_identifiers").status == 404


def test_the_analyzer_drops_the_choices_of_one_person(ordinary: Caller) -> None:
    selector = str(ANALYZED.point_id)
    before = choices(ordinary, selector)
    events = [choice_event("3401", TS), event("$page_view")]
    sent(ordinary, visit(by_account(ANALYZED.accounts[0]), **{"$events": events}))
    assert choices(ordinary, selector) == before
    assert timeline(ordinary, ANALYZED.point_id)[0]["$events"] == events[1:]


def test_a_choice_of_that_person_written_directly_is_stored(ordinary: Caller) -> None:
    body = {"$choice_ts": TS + 7, "$choice_acceptance_value": True}
    assert ordinary.put_choice(ANALYZED, "3402", body).status == 200
    assert choices(ordinary, str(ANALYZED.point_id))["3402"]["$choice_ts"] == TS + 7


def test_it_goes_on_after_an_activity_of_somebody_in_quarantine(
    ordinary: Caller, newcomer: Account
) -> None:
    before = timeline(ordinary, QUARANTINED.point_id)
    sent(ordinary, visit(by_account(QUARANTINED.accounts[0])))
    sent(ordinary, visit(by_account(newcomer)))
    assert len(timeline(ordinary, point_of_account(ordinary, newcomer))) == 1
    assert timeline(ordinary, QUARANTINED.point_id) == before


def test_an_activity_merges_nothing_into_a_point_in_quarantine(
    ordinary: Caller, newcomer: Account
) -> None:
    sent(ordinary, visit(by_account(newcomer)))
    sent(ordinary, visit(by_account(newcomer), by_account(QUARANTINED.accounts[0])))
    points = {point_of_account(ordinary, it) for it in (newcomer, QUARANTINED.accounts[0])}
    assert len(points) == 2


@pytest.mark.fact("§6 quarantine")
def test_a_write_to_a_point_in_quarantine_looks_stored(ordinary: Caller) -> None:
    body = {"$choice_ts": TS, "$choice_acceptance_value": True, "form": "new"}
    before = choices(ordinary, str(QUARANTINED.point_id))
    answer = ordinary.put_choice(QUARANTINED, "3401", body)
    assert (answer.status, answer.data["form"]) == (200, "new")
    assert choices(ordinary, str(QUARANTINED.point_id)) == before


def test_a_profile_of_a_point_in_quarantine_looks_stored(
    ordinary: Caller, newcomer: Account
) -> None:
    account = QUARANTINED.accounts[0]
    before = ordinary.profile(account).data
    answer = ordinary.put_profile(account, {"city": "Nowhere"})
    assert (answer.status, answer.data["city"]) == (200, "Nowhere")
    assert ordinary.profile(account).data == before
    attached = ordinary.put_profile(newcomer, {"a": 1}, by=str(QUARANTINED.point_id))
    assert attached.status == 200
    assert ordinary.profile(newcomer).status == 404


def test_what_a_point_in_quarantine_has_can_be_deleted(ordinary: Caller) -> None:
    path = f"datamarts/1459/user_timelines/{QUARANTINED.point_id}/user_activities"
    kind = timeline(ordinary, QUARANTINED.point_id)[0]["$type"]
    assert ordinary.call("DELETE", f"{path}?filters=%24type=={kind}").status == 200
    assert kind not in {row["$type"] for row in timeline(ordinary, QUARANTINED.point_id)}


@pytest.mark.fact("§6 quarantine")
def test_a_point_of_ten_thousand_activities_takes_no_more(tmp_path: Path) -> None:
    """Of an empty store nearly full: the activities that are there are counted, not sent."""
    running = start_sandbox(tmp_path / "own.db", activity_delay=0)
    before = len(timeline(caller_of(running), MARIE.point_id, "limit=1000"))
    running.stop()
    fill(tmp_path / "own.db", str(MARIE.point_id), 9_999)
    caller = caller_of(start_sandbox(tmp_path / "own.db", activity_delay=0))
    for number in range(3):
        sent(caller, visit(by_account(MARIE.accounts[0]), ts=TS + number))
    after = timeline(caller, MARIE.point_id, "limit=1000")
    caller.running.stop()
    assert (len(after) - before, after[0]["$ts"]) == (1, TS)


@pytest.mark.parametrize("flag", ["activity_delay=-1", "import_pace=-1", "import_pace=nan"])
def test_it_refuses_flags_that_make_no_sense(tmp_path: Path, flag: str) -> None:
    name, _, value = flag.partition("=")
    command = sandbox_command(tmp_path / "x.db", 1, **{name: value})
    refused = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert refused.returncode == 2


def fill(store: Path, point_id: str, activities: int) -> None:
    """Let a point of a store hold so many activities."""
    with contextlib.closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(
            "UPDATE standing SET activities = ? WHERE person ="
            " (SELECT person FROM selector WHERE kind = 'user_point_id' AND value = ?)",
            (activities, point_id),
        )
