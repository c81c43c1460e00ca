"""Timelines: what is read, in which order, and what filters mean (PLATFORM §6)."""

import itertools
from urllib.parse import quote

import pytest

from consentadmin.sandbox.people import ARCHIVED_PROCESSING, MARIE, MERGED_AWAY, NO_CHOICES
from tests.sandbox.conftest import Account, Caller, account_selector
from tests.sandbox.doings import (
    TS,
    by_account,
    choice_event,
    choices,
    point_of_account,
    sent,
    timeline,
    visit,
)

DAY_MS = 86_400_000


def path(point_id: object, filters: str = "") -> str:
    found = f"datamarts/1459/user_timelines/{point_id}/user_activities"
    return f"{found}?filters={quote(filters, safe='')}" if filters else found


def test_marie_has_a_life_of_years(platform: Caller) -> None:
    found = timeline(platform, MARIE.point_id, "limit=1000")
    instants = [row["$ts"] for row in found]
    assert len(found) > 100
    assert instants == sorted(instants, reverse=True)
    assert instants[0] - instants[-1] > 7 * 365 * DAY_MS
    assert {"SITE_VISIT", "APP_VISIT", "EMAIL"} == {row["$type"] for row in found}


def test_maries_choices_are_those_of_her_timeline(platform: Caller) -> None:
    events = [
        each
        for row in timeline(platform, MARIE.point_id, "limit=1000")
        for each in row["$events"]
        if each["$event_name"] == "$set_user_choice"
    ]
    told = {(it["$properties"]["$processing_id"], it["$ts"]) for it in events}
    current = choices(platform, str(MARIE.point_id)).values()
    assert {(it["$processing_id"], it["$choice_ts"]) for it in current} <= told
    assert ARCHIVED_PROCESSING not in {processing for processing, _ in told}


def test_it_pages_by_time(platform: Caller) -> None:
    whole = timeline(platform, MARIE.point_id, "limit=1000")
    found = timeline(platform, MARIE.point_id, "limit=40")
    while len(found) < len(whole):
        end = found[-1]["$ts"]
        page = timeline(platform, MARIE.point_id, f"limit=40&filters=end_ts=={end}")
        found += [row for row in page if row not in found]
    assert found == whole


def test_it_answers_fifty_unless_asked(platform: Caller) -> None:
    answer = platform.get(path(MARIE.point_id))
    assert (answer.json["count"], answer.json["max_results"]) == (50, 50)
    assert "total" not in answer.json


def test_it_is_also_a_document(platform: Caller) -> None:
    by = account_selector(MARIE.accounts[0])
    assert platform.point(by, "user_activities?limit=9").data == timeline(
        platform, MARIE.point_id, "limit=9"
    )


def test_a_known_person_may_have_done_nothing(platform: Caller) -> None:
    assert platform.get(path(NO_CHOICES.point_id)).json["data"] == []


@pytest.mark.parametrize("point_id", ["00000000-0000-4000-8000-000000000000", MERGED_AWAY, "x=y"])
def test_nobody_has_no_timeline(platform: Caller, point_id: str) -> None:
    assert platform.get(path(point_id)).status == 404
    assert platform.call("DELETE", path(point_id, "$type==TOUCH")).status == 404


LIFE = (
    {"$unique_key": "a", "colour": "red", "size": 3},
    {"$unique_key": "b", "colour": "blue", "size": 3, "is_new": True},
    {"$type": "TOUCH", "colour": "red", "size": 4},
    {"$type": "APP_VISIT", "$app_id": "2204", "is_new": False},
)


@pytest.fixture(scope="module")
def lively(ordinary: Caller) -> str:
    """Somebody who did four things, a second apart: `$ts` is TS, TS + 1,000 and so on."""
    account: Account = ("1606", "lively")
    for number, more in enumerate(LIFE):
        sent(ordinary, visit(by_account(account), ts=TS + 1_000 * number) | more)
    return point_of_account(ordinary, account)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ("$unique_key==a", [0]),
        ("$type==SITE_VISIT", [1, 0]),
        ("$channel_id==2201", [2, 1, 0]),
        ("$channel_id==2204", [3]),
        ("colour==red", [2, 0]),
        ("size==3", [1, 0]),
        ("is_new==true", [1]),
        ("is_new==false", [3]),
        ("nothing==null", []),
        ("colour==red,size==3", [0]),
        ("colour==blue|size==4", [2, 1]),
        ("colour==blue|colour==red,size==4", [2, 1]),
        (f"start_ts=={TS + 1_000}", [3, 2, 1]),
        (f"end_ts=={TS + 1_000}", [1, 0]),
        (f"start_ts=={TS + 1_000},end_ts=={TS + 2_000}", [2, 1]),
        (f"end_ts=={TS}|start_ts=={TS + 3_000}", [3, 0]),
    ],
)
def test_it_filters(ordinary: Caller, lively: str, filters: str, wanted: list[int]) -> None:
    found = ordinary.get(path(lively, filters)).data
    assert [(row["$ts"] - TS) // 1_000 for row in found] == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filters=colour", "filters"),
        ("filters===red", "filters"),
        ("filters=a==1,,b==2", "filters"),
        ("filters=start_ts==yesterday", "start_ts"),
        ("filters=end_ts==-1", "end_ts"),
        (f"filters={'|'.join(['a==1'] * 101)}", "filters"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("to=tomorrow", "to"),
        ("to=2026-13-01", "to"),
        ("to=2026-W46-1", "to"),
        ("to=", "to"),
    ],
)
def test_it_names_what_it_can_not_read(platform: Caller, query: str, field: str) -> None:
    answer = platform.get(f"{path(MARIE.point_id)}?{query}")
    assert answer.status == 400
    assert field in answer.json["error"]


@pytest.mark.parametrize(("day", "count"), [("2026-10-26", 0), ("2026-10-27", 4)])
def test_it_reads_up_to_a_day(ordinary: Caller, lively: str, day: str, count: int) -> None:
    assert len(timeline(ordinary, lively, f"to={day}")) == count


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_it_takes_any_day(platform: Caller, day: str) -> None:
    found = timeline(platform, MARIE.point_id, f"to={day}&limit=1")
    assert len(found) == (1 if day[0] == "9" else 0)


def test_activities_of_one_millisecond_come_the_last_one_first(
    ordinary: Caller, newcomer: Account
) -> None:
    for number in range(5):
        sent(ordinary, visit(by_account(newcomer), number=number))
    found = timeline(ordinary, point_of_account(ordinary, newcomer))
    assert [row["number"] for row in found] == [4, 3, 2, 1, 0]


def test_it_deletes_what_filters_mean(ordinary: Caller, newcomer: Account) -> None:
    for number, colour in zip(itertools.count(), ("red", "blue", "red"), strict=False):
        told = {"colour": colour, "$events": [choice_event(ts=TS + number)]}
        sent(ordinary, visit(by_account(newcomer), **told))
    point = point_of_account(ordinary, newcomer)
    answer = ordinary.call("DELETE", path(point, "colour==red"))
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert [row["colour"] for row in timeline(ordinary, point)] == ["blue"]
    assert choices(ordinary, point)["3413"]["$choice_ts"] == TS + 2, "what they did stays"


def test_it_deletes_nothing_without_filters(platform: Caller) -> None:
    for asked in (path(MARIE.point_id), f"{path(MARIE.point_id)}?filters="):
        answer = platform.call("DELETE", asked)
        assert (answer.status, answer.json["error"]) == (400, "filters is mandatory")
    assert timeline(platform, MARIE.point_id, "limit=1")


def test_a_deleted_point_has_no_timeline(ordinary: Caller, newcomer: Account) -> None:
    sent(ordinary, visit(by_account(newcomer)))
    point = point_of_account(ordinary, newcomer)
    ordinary.call("DELETE", f"datamarts/1459/user_points/{point}")
    assert ordinary.get(path(point)).status == 404
    sent(ordinary, visit(by_account(newcomer), ts=TS + 1))
    again = timeline(ordinary, point_of_account(ordinary, newcomer))
    assert [row["$ts"] for row in again] == [TS + 1]
