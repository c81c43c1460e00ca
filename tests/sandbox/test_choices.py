"""Reading, writing and deleting choices, and their change log (PLATFORM §4)."""

import json
import time
from typing import Any

import pytest

from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    DELETED_PROCESSING,
    LONG_LOG,
    NO_CHOICES,
    ODD_ACCOUNT,
    TWO_PROFILES,
    Person,
)
from tests.sandbox.conftest import Caller, account_selector, choice_path

TS = 1_793_134_365_000  # 27 Oct 2026
NOBODY = Person("Nobody", "Not there.", "00000000-0000-4000-8000-000000000000")
WRITTEN_ON = TWO_PROFILES  # nobody reads this person's choices but this module


def choice(ts: object = TS, *, accepts: object = True, **customs: object) -> dict[str, Any]:
    return {"$choice_ts": ts, "$choice_acceptance_value": accepts, **customs}


@pytest.fixture
def processing(platform: Caller) -> str:
    """Return a processing whose choice was deleted; its log keeps what it had."""
    platform.call("DELETE", choice_path(WRITTEN_ON, "3402"))
    return "3402"


def instant() -> int:
    """Return an instant no other test wrote (ms, UTC)."""
    return TS + time.monotonic_ns() // 1000 % 10**12


def test_it_shows_what_was_written(platform: Caller, processing: str) -> None:
    body = choice(instant(), accepts=False, form="form-12", where={"é": [1, None, 2.5]})
    written = platform.put_choice(WRITTEN_ON, processing, body)
    read = platform.get(choice_path(WRITTEN_ON, processing))
    assert (written.status, read.status) == (200, 200)
    assert written.data == read.data
    assert read.data == body | {
        "$processing_id": processing,
        "$creation_ts": read.data["$creation_ts"],
    }
    assert abs(read.data["$creation_ts"] / 1000 - time.time()) < 60


def test_it_lists_what_was_written(platform: Caller, processing: str) -> None:
    written = platform.put_choice(WRITTEN_ON, processing, choice(instant())).data
    assert written in platform.point(str(WRITTEN_ON.point_id), "user_choices").data


def test_it_takes_a_write_by_an_account(platform: Caller) -> None:
    selector = account_selector(ODD_ACCOUNT.accounts[0])
    path = f"datamarts/1459/user_points/{selector}/user_choices/processing_id=3413"
    assert platform.call("PUT", path, json=choice(instant())).status == 200
    assert platform.get(path).data == platform.get(choice_path(ODD_ACCOUNT, "3413")).data


def test_it_replaces_customs(platform: Caller, processing: str) -> None:
    """S: a PUT replaces, it does not merge."""
    ts = instant()
    platform.put_choice(WRITTEN_ON, processing, choice(ts, form="form-12"))
    platform.put_choice(WRITTEN_ON, processing, choice(ts + 1, channel="web"))
    read = platform.get(choice_path(WRITTEN_ON, processing)).data
    assert (read.get("form"), read["channel"]) == (None, "web")


def test_it_logs_an_older_choice_without_making_it_current(
    platform: Caller, processing: str
) -> None:
    ts = instant()
    newer = platform.put_choice(WRITTEN_ON, processing, choice(ts)).data
    older = platform.put_choice(WRITTEN_ON, processing, choice(ts - 5_000, accepts=False))
    assert (older.status, older.data) == (200, newer)
    assert platform.get(choice_path(WRITTEN_ON, processing)).data == newer
    assert ts - 5_000 in {row["$choice_ts"] for row in platform.log(WRITTEN_ON, processing)}


def test_it_logs_a_repeat_once(platform: Caller, processing: str) -> None:
    body = choice(instant(), form="form-12")
    first = platform.put_choice(WRITTEN_ON, processing, body)
    before = platform.log(WRITTEN_ON, processing)
    again = platform.put_choice(WRITTEN_ON, processing, dict(reversed(body.items())))
    assert again.data == first.data
    assert platform.log(WRITTEN_ON, processing) == before


def test_it_takes_one_and_true_for_two_things(platform: Caller, processing: str) -> None:
    ts = instant()
    before = len(platform.log(WRITTEN_ON, processing))
    for custom in (1, True, 1.0):
        platform.put_choice(WRITTEN_ON, processing, choice(ts, age_checked=custom))
    assert len(platform.log(WRITTEN_ON, processing)) == before + 3


def test_it_lets_the_last_of_one_instant_win(platform: Caller, processing: str) -> None:
    ts = instant()
    for accepts in (True, False, True):
        platform.put_choice(WRITTEN_ON, processing, choice(ts, accepts=accepts))
    read = platform.get(choice_path(WRITTEN_ON, processing)).data
    assert read["$choice_acceptance_value"] is True


@pytest.mark.parametrize("ts", [str(TS + 7), 3_500_000_000_000, 100_000_000_000])
def test_it_takes_quoted_and_future_times(platform: Caller, processing: str, ts: object) -> None:
    answer = platform.put_choice(WRITTEN_ON, processing, choice(ts))
    assert answer.status == 200
    logged = [row["$choice_ts"] for row in platform.log(WRITTEN_ON, processing)]
    assert int(str(ts)) in logged


@pytest.mark.parametrize(
    "ts",
    [1_493_118_667, 0, -1, 1.5e12, True, None, "soon", "", [TS], 2**63, 10**400, "9" * 30, "1e12"],
)
def test_it_refuses_a_time_that_is_none(platform: Caller, ts: object) -> None:
    answer = platform.put_choice(WRITTEN_ON, "3404", choice(ts))
    assert answer.status == 400
    assert "$choice_ts" in answer.json["error"]


@pytest.mark.parametrize("value", [1, 0, "true", None, [], {}])
def test_it_refuses_a_value_that_is_no_boolean(platform: Caller, value: object) -> None:
    answer = platform.put_choice(WRITTEN_ON, "3404", choice(accepts=value))
    assert answer.status == 400
    assert "$choice_acceptance_value" in answer.json["error"]


@pytest.mark.parametrize("missing", ["$choice_ts", "$choice_acceptance_value"])
def test_it_names_the_field_that_is_missing(platform: Caller, missing: str) -> None:
    body = choice()
    del body[missing]
    answer = platform.put_choice(WRITTEN_ON, "3404", body)
    assert (answer.status, answer.json["error"]) == (400, f"{missing} is mandatory")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"[]",
        b'"x"',
        b"null",
        b"3",
        b"[" * 100_000,
        b'{"$choice_ts":1793134365000,"$choice_acceptance_value":true,"x":NaN}',
        b'{"$choice_ts":1793134365000,"$choice_acceptance_value":true,"x":1e999}',
        b'{"$choice_ts":1793134365000,"$choice_acceptance_value":true,"x":"\\ud800"}',
        b'{"$choice_ts":1793134365000,"$choice_acceptance_value":true,"x":'
        + b'{"a":' * 5_000
        + b"1"
        + b"}" * 5_001,
        b'{"$choice_ts":1793134365000,"$choice_acceptance_value":true,"x":' + b"9" * 5_000 + b"}",
    ],
)
def test_it_refuses_what_is_no_json_object(platform: Caller, body: bytes) -> None:
    answer = platform.put_choice(WRITTEN_ON, "3404", body)
    assert (answer.status, answer.json["error_code"]) == (400, "BAD_REQUEST")


def test_it_takes_the_last_of_two_equal_keys(platform: Caller, processing: str) -> None:
    body = json.dumps(choice(instant(), form="a")).encode()[:-1] + b',"form":"b"}'
    assert platform.put_choice(WRITTEN_ON, processing, body).data["form"] == "b"


def test_it_ignores_what_only_the_platform_writes(platform: Caller, processing: str) -> None:
    customs = {"$processing_id": "1", "$creation_ts": 5}
    written = platform.put_choice(WRITTEN_ON, processing, choice(instant()) | customs).data
    assert written["$processing_id"] == processing
    assert written["$creation_ts"] > TS / 2


def test_it_refuses_a_body_that_is_too_big(platform: Caller) -> None:
    answer = platform.put_choice(WRITTEN_ON, "3404", choice(note="x" * 1_100_000))
    assert (answer.status, answer.json["error_code"]) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("processing", [DELETED_PROCESSING, "7", "%00", "3401%20"])
def test_it_refuses_a_choice_on_no_processing(platform: Caller, processing: str) -> None:
    answer = platform.put_choice(WRITTEN_ON, processing, choice())
    assert answer.status == 400
    assert "$processing_id" in answer.json["error"]


def test_it_takes_a_choice_on_an_archived_processing(platform: Caller) -> None:
    assert platform.put_choice(WRITTEN_ON, ARCHIVED_PROCESSING, choice()).status == 200


def test_it_refuses_a_choice_of_nobody(platform: Caller) -> None:
    answer = platform.put_choice(NOBODY, "3401", choice())
    assert (answer.status, answer.json["error"]) == (404, "Resource Not Found")


def test_it_deletes_a_choice_and_keeps_its_log(platform: Caller, processing: str) -> None:
    body = choice(instant())
    platform.put_choice(WRITTEN_ON, processing, body)
    log = platform.log(WRITTEN_ON, processing)
    deleted = platform.call("DELETE", choice_path(WRITTEN_ON, processing))
    assert (deleted.status, deleted.json) == (200, {"status": "ok"})
    assert platform.get(choice_path(WRITTEN_ON, processing)).status == 404
    assert platform.call("DELETE", choice_path(WRITTEN_ON, processing)).status == 404
    assert platform.log(WRITTEN_ON, processing) == log


def test_it_takes_a_choice_again_after_its_deletion(platform: Caller, processing: str) -> None:
    """What came before the deletion no longer makes a later write an older one."""
    ts = instant()
    platform.put_choice(WRITTEN_ON, processing, choice(ts))
    platform.call("DELETE", choice_path(WRITTEN_ON, processing))
    older = platform.put_choice(WRITTEN_ON, processing, choice(ts - 5_000)).data
    again = platform.put_choice(WRITTEN_ON, processing, choice(ts)).data
    assert (older["$choice_ts"], again["$choice_ts"]) == (ts - 5_000, ts)
    logged = [row["$choice_ts"] for row in platform.log(WRITTEN_ON, processing)]
    assert logged.count(ts) == 1


def test_it_answers_404_for_a_choice_never_made(platform: Caller) -> None:
    assert platform.get(choice_path(NO_CHOICES, "3401")).status == 404
    assert platform.call("DELETE", choice_path(NO_CHOICES, "3401")).status == 404


def test_it_answers_an_empty_log_where_nothing_was_chosen(platform: Caller) -> None:
    assert platform.log(NO_CHOICES, "3401") == []


def test_it_pages_the_change_log_only_when_asked(platform: Caller) -> None:
    path = f"{choice_path(LONG_LOG, '3401')}/change_log"
    whole = platform.get(path)
    page = platform.get(f"{path}?first_result=390&max_results=50")
    assert (whole.json["count"], "total" in whole.json) == (400, False)
    assert (page.json["count"], page.json["total"]) == (10, 400)
    assert page.data == whole.data[390:]


@pytest.mark.parametrize("document", ["3401", "processing=3401", "processing_id=", "=3401"])
def test_it_refuses_a_document_selector_it_cannot_read(platform: Caller, document: str) -> None:
    assert platform.point(str(NO_CHOICES.point_id), f"user_choices/{document}").status == 400
