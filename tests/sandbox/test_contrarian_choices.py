"""Each S fact of PLATFORM §4 from both sides, over HTTP."""

from typing import Any

import pytest

from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    DELETED_PROCESSING,
    LONG_LOG,
    MARIE,
    NO_CHOICES,
    TWO_PROFILES,
    Person,
)
from tests.sandbox.conftest import Account, Both, Caller, account_selector, choice_path
from tests.sandbox.contrary import TS, choice, shows

WRITTEN_ON = TWO_PROFILES
PEOPLE = f"datamarts/1459/user_points/{WRITTEN_ON.point_id}"


def current(caller: Caller, person: Person, processing: str) -> dict[str, Any]:
    """Read one choice from the list of all."""
    rows = caller.point(str(person.point_id), "user_choices?max_results=100").data
    return next(row for row in rows if row["$processing_id"] == processing)


def writes(caller: Caller, processing: str, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        assert caller.put_choice(WRITTEN_ON, processing, body).status == 200


@shows("one_choice_in_a_list")
def test_one_choice(both: Both) -> None:
    one, listed = both(lambda it: it.get(choice_path(MARIE, "3401")).data)
    assert [one] == listed


@shows("no_choice_is_404")
def test_a_choice_that_is_not_there(both: Both) -> None:
    path = choice_path(MARIE, "3405")
    assert both(lambda it: it.get(path).status) == (404, 200)
    assert both.contrarian.get(path).data == []


@shows("own_fields_refused")
@pytest.mark.parametrize("own", [{"$creation_ts": 1}, {"$processing_id": "3401"}])
def test_what_is_the_platforms(both: Both, own: dict[str, object]) -> None:
    assert both(lambda it: it.put_choice(LONG_LOG, "3410", choice(**own)).status) == (200, 422)
    mine = choice(**{"$processing_id": 3410})
    assert both(lambda it: it.put_choice(LONG_LOG, "3410", mine).status) == (200, 200)


@shows("put_merges_customs")
def test_the_customs_of_a_second_write(both: Both) -> None:
    def ask(caller: Caller) -> dict[str, Any]:
        writes(caller, "3402", choice(TS, form="a"), choice(TS + 1, channel="b"))
        found = current(caller, WRITTEN_ON, "3402")
        return {name: value for name, value in found.items() if name in ("form", "channel")}

    assert both(ask)[0] == {"channel": "b"}
    assert both(ask)[1] == {"form": "a", "channel": "b"}


@shows("older_becomes_current")
def test_an_older_choice(both: Both) -> None:
    def ask(caller: Caller) -> int:
        writes(caller, "3403", choice(TS), choice(TS - 5_000))
        return int(current(caller, WRITTEN_ON, "3403")["$choice_ts"])

    assert both(ask) == (TS, TS - 5_000)


@shows("repeat_is_logged_again", "change_log_newest_first")
def test_the_change_log(both: Both) -> None:
    def ask(caller: Caller) -> list[int]:
        writes(caller, "3413", choice(TS + 7), choice(TS + 7), choice(TS + 6), choice(TS + 9))
        path = f"{choice_path(WRITTEN_ON, '3413')}/change_log?max_results=100"
        rows = caller.get(path).data
        return [row["$choice_ts"] - TS for row in rows if TS + 6 <= row["$choice_ts"] <= TS + 9]

    assert both(ask) == ([7, 6, 9], [9, 7, 7, 6])


@shows("change_log_page")
def test_the_page_of_a_long_change_log(both: Both) -> None:
    counts = both(lambda it: it.get(f"{choice_path(LONG_LOG, '3401')}/change_log").json["count"])
    assert counts == (400, 20)


@shows("write_answers_a_body", "write_answers_with_data")
def test_what_a_write_answers(both: Both, alone: Caller) -> None:
    ordinary, contrary = both(lambda it: it.put_choice(WRITTEN_ON, "3404", choice(TS + 20)))
    assert ordinary.data == current(both.ordinary, WRITTEN_ON, "3404")
    assert (contrary.status, contrary.json) == (200, None)
    assert alone.put_choice(WRITTEN_ON, "3404", choice()).json == {"status": "ok"}


@shows("delete_answers_with_data")
def test_what_a_delete_answers(both: Both) -> None:
    def ask(caller: Caller) -> tuple[object, Any]:
        writes(caller, "3409", choice(TS + 30))
        was = current(caller, WRITTEN_ON, "3409")
        return was, caller.call("DELETE", choice_path(WRITTEN_ON, "3409")).json

    (_, ordinary), (was, contrary) = both(ask)
    assert ordinary == {"status": "ok"}
    assert contrary == {"status": "ok", "data": was}


@shows("archived_takes_choices", "unknown_takes_choices")
def test_a_processing_of_the_past(both: Both) -> None:
    def ask(caller: Caller) -> list[int]:
        past = (ARCHIVED_PROCESSING, DELETED_PROCESSING, "x%22")
        return [caller.put_choice(WRITTEN_ON, each, choice(TS)).status for each in past]

    assert both(ask) == ([200, 400, 400], [422, 200, 200])
    assert current(both.contrarian, WRITTEN_ON, 'x"')["$choice_ts"] == TS


@shows("choice_makes_person")
@pytest.mark.parametrize("kind", ["account", "email", "vector", "device"])
def test_a_choice_of_somebody_unknown(both: Both, newcomer: Account, kind: str) -> None:
    by = {
        "account": account_selector(newcomer),
        "email": f"email_hash={newcomer[1]}",
        "vector": f"user_agent_id=vec%3A{newcomer[1]}",
        "device": f"user_agent_id=udp%3A{newcomer[1]}",
    }[kind]
    path = f"datamarts/1459/user_points/{by}/user_choices/processing_id=3401"
    assert both(lambda it: it.call("PUT", path, json=choice()).status) == (404, 200)
    assert both(lambda it: it.point(by, "user_identifiers").status) == (404, 200)
    types = {row["type"] for row in both.contrarian.point(by, "user_identifiers").data}
    assert ("USER_POINT" in types, len(types)) == (True, 2)


def test_nobody_is_made_in_a_compartment_that_is_not_there(both: Both) -> None:
    for compartment in ("7", "x"):
        by = account_selector((compartment, "a"))
        path = f"datamarts/1459/user_points/{by}/user_choices/processing_id=3401"
        answers = [
            each.call("PUT", path, json=choice()) for each in (both.ordinary, both.contrarian)
        ]
        assert [answer.status for answer in answers] == [404, 422]


@shows("pointless_takes_choices")
def test_a_choice_of_a_device_without_a_point(both: Both) -> None:
    path = "datamarts/1459/user_points/user_agent_id=vec%3A900100200/user_choices"
    written = both(lambda it: it.call("PUT", f"{path}/processing_id=3401", json=choice()).status)
    assert written == (200, 404)


@shows("delete_forgets_log")
def test_the_log_of_a_deleted_choice(both: Both) -> None:
    def ask(caller: Caller) -> int:
        writes(caller, "3406", choice(TS + 40))
        caller.call("DELETE", choice_path(WRITTEN_ON, "3406"))
        answer = caller.get(f"{choice_path(WRITTEN_ON, '3406')}/change_log")
        return len(answer.data) if answer.status == 200 else 0

    ordinary, contrary = both(ask)
    assert (ordinary > 0, contrary) == (True, 0)


@shows("keywords_mind_case")
def test_keywords_in_another_case(both: Both) -> None:
    path = "processings?community_id=1126&keywords=NEWSLETTER"
    assert both(lambda it: it.get(path).json["total"]) == (1, 0)
    exact = "processings?community_id=1126&keywords=Newsletter"
    assert both(lambda it: it.get(exact).json["total"]) == (1, 1)


def test_both_find_nothing_of_somebody_without_choices(both: Both) -> None:
    assert both(lambda it: it.get(choice_path(NO_CHOICES, "3401")).status) == (404, 200)
