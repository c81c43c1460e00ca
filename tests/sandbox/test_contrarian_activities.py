"""Each S fact of PLATFORM §6 from both sides, over HTTP."""

import time
from urllib.parse import quote
from uuid import uuid4

import pytest

from consentadmin.sandbox.people import CUSTOMERS, MARIE, QUARANTINED
from tests.sandbox.conftest import Account, Both, Caller, account_selector
from tests.sandbox.contrary import choice, shows
from tests.sandbox.doings import (
    TS,
    by_account,
    choice_event,
    choices,
    point_of,
    point_of_account,
    post,
    profile_event,
    sent,
    timeline,
    visit,
)


@shows("activity_answers_true")
def test_the_answer_to_an_activity(both: Both, newcomer: Account) -> None:
    found = both(lambda it: post(it, visit(by_account(newcomer))).json)
    assert found == ({"status": "ok", "data": True}, {"status": "ok"})


@shows("activity_needs_identifier")
def test_an_activity_of_nobody(both: Both) -> None:
    assert both(lambda it: post(it, visit()).status) == (400, 200)


@shows("unknown_session_is_refused")
def test_an_unknown_session_status(both: Both, newcomer: Account) -> None:
    told = visit(by_account(newcomer), **{"$session_status": "ASLEEP"})
    assert both(lambda it: post(it, told).status) == (400, 200)


@shows("optional_fields_are_checked")
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("$ttl", "soon"),
        ("$ttl", True),
        ("$ttl", -1),
        ("$ttl", 2**31),
        ("$session_duration", 1.5),
        ("$origin", "mail"),
        ("$channel_id", ["2201"]),
        ("$location", [48.85, 2.35]),
        ("$topics", ["wool"]),
        ("$topics", {"shelf": "wool"}),
        ("$topics", {"shelf": {"wool": "much"}}),
    ],
)
def test_an_optional_field_that_is_odd(
    both: Both, newcomer: Account, name: str, wrong: object
) -> None:
    ordinary, contrarian = both(lambda it: post(it, visit(by_account(newcomer), **{name: wrong})))
    assert (ordinary.status, contrarian.status) == (400, 200)
    assert name in ordinary.json["error"]


@shows("events_are_checked_at_once")
def test_an_event_that_lacks_a_field(both: Both, newcomer: Account) -> None:
    events = [choice_event(_choice_acceptance_value=None), choice_event("3402")]
    told = visit(by_account(newcomer), **{"$events": events})
    assert both(lambda it: post(it, told).status) == (400, 200)
    by = account_selector(newcomer)
    assert both(lambda it: sorted(choices(it, by))) == ([], ["3402"])


@shows("event_ts_is_choice_ts")
def test_the_time_of_a_choice_by_an_event(both: Both, newcomer: Account) -> None:
    def ask(caller: Caller) -> int:
        sent(caller, visit(by_account(newcomer), **{"$events": [choice_event(ts=TS + 9)]}))
        return int(choices(caller, account_selector(newcomer))["3413"]["$choice_ts"]) - TS

    assert both(ask) == (9, 0)


@shows("unique_key_deduplicates")
def test_a_key_that_comes_twice(both: Both, newcomer: Account) -> None:
    def ask(caller: Caller) -> int:
        for _ in range(2):
            sent(caller, visit(by_account(newcomer), **{"$unique_key": "once"}))
        sent(caller, visit(by_account(newcomer)))
        return len(timeline(caller, point_of_account(caller, newcomer)))

    assert both(ask) == (3, 2)


@shows("profile_event_goes_deep")
def test_a_profile_by_an_event(both: Both, newcomer: Account) -> None:
    def ask(caller: Caller) -> object:
        for size in ({"shoe": 38}, {"hat": 7}):
            told = profile_event(newcomer, size=size)
            sent(caller, visit(by_account(newcomer), **{"$events": [told]}))
        return caller.profile(newcomer).data["size"]

    assert both(ask) == ({"hat": 7}, {"shoe": 38, "hat": 7})


@shows("merge_joins_logs")
def test_the_logs_of_merged_points(both: Both, newcomer: Account) -> None:
    other = (CUSTOMERS, f"other-{uuid4()}")

    def ask(caller: Caller) -> list[str]:
        """One accepts 3402 on the form `a`, then the other on the form `b`; then they are one."""
        for form, account in (("a", newcomer), ("b", other)):
            events = [choice_event("3402", form=form)]
            sent(caller, visit(by_account(account), **{"$events": events}))
            time.sleep(0.002)
        sent(caller, visit(by_account(newcomer), by_account(other)))
        log = "user_choices/processing_id=3402/change_log?max_results=100"
        return sorted(row["form"] for row in caller.point(account_selector(other), log).data)

    assert both(ask) == (["a", "b"], ["a"])


@shows("quarantine_refuses")
def test_a_write_to_a_point_in_quarantine(both: Both) -> None:
    assert both(lambda it: it.put_choice(QUARANTINED, "3401", choice()).status) == (200, 422)
    account = QUARANTINED.accounts[0]
    assert both(lambda it: it.put_profile(account, {"a": 1}).status) == (200, 422)
    assert both(lambda it: post(it, visit(by_account(account))).status) == (200, 422)


@pytest.fixture(scope="module")
def lived(ordinary: Caller, contrarian: Caller) -> Account:
    """Somebody who did twelve things, a second apart, with numbers; three are red."""
    account = (CUSTOMERS, f"lived-{uuid4()}")
    for caller in (ordinary, contrarian):
        for number in range(12):
            colour = {"colour": "red"} if number % 4 == 0 else {}
            made = visit(by_account(account), ts=TS + 1_000 * number, number=number)
            sent(caller, made | colour)
    return account


def numbers(caller: Caller, account: Account, query: str) -> list[int]:
    found = timeline(caller, point_of_account(caller, account), query)
    return [row["number"] for row in found]


@shows("timeline_newest_first")
def test_the_order_of_a_timeline(both: Both, lived: Account) -> None:
    assert both(lambda it: numbers(it, lived, "limit=3")) == ([11, 10, 9], [0, 1, 2])


@shows("timeline_bounds_inclusive")
@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (f"start_ts=={TS + 9_000}", ([9, 10, 11], [10, 11])),
        (f"end_ts=={TS + 2_000}", ([0, 1, 2], [0, 1])),
    ],
)
def test_the_bounds_of_a_timeline(
    both: Both, lived: Account, bound: str, expected: tuple[list[int], list[int]]
) -> None:
    assert both(lambda it: sorted(numbers(it, lived, f"filters={bound}"))) == expected


@shows("timeline_limit", "timeline_largest_limit")
def test_how_much_a_timeline_answers(both: Both, lived: Account) -> None:
    def told(caller: Caller, query: str) -> int:
        point = point_of_account(caller, lived)
        path = f"datamarts/1459/user_timelines/{point}/user_activities{query}"
        answer = caller.get(path).json
        assert answer["count"] == min(answer["max_results"], 12)
        return int(answer["max_results"])

    assert both(lambda it: told(it, "")) == (50, 7)
    assert both(lambda it: told(it, "?limit=5000")) == (1_000, 100)


@shows("filters_and_binds_tighter")
def test_what_binds_tighter_in_filters(both: Both, lived: Account) -> None:
    filters = quote("number==1|number==4,colour==red", safe="")
    found = both(lambda it: sorted(numbers(it, lived, f"filters={filters}")))
    assert found == ([1, 4], [4])


@shows("bare_timeline_delete_is_refused")
def test_deleting_a_timeline_without_filters(both: Both, newcomer: Account) -> None:
    def ask(caller: Caller) -> tuple[int, int]:
        sent(caller, visit(by_account(newcomer)))
        point = point_of_account(caller, newcomer)
        path = f"datamarts/1459/user_timelines/{point}/user_activities"
        return caller.call("DELETE", path).status, len(timeline(caller, point))

    assert both(ask) == ((400, 1), (200, 0))


def test_the_documented_holds_in_both(both: Both) -> None:
    """An activity is stored under all of its identifiers, of which one was known."""
    account = (CUSTOMERS, f"known-{uuid4()}")
    sent_one = visit(by_account(MARIE.accounts[0]), by_account(account))

    def ask(caller: Caller) -> str:
        sent(caller, sent_one)
        return point_of(caller, account_selector(account))

    assert both(ask) == (MARIE.point_id, MARIE.point_id)
