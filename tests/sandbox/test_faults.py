"""Faults on request: each of them as the caller meets it, and what was applied (README, Faults)."""

import email.utils
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests

from consentadmin.sandbox.people import MARIE, NO_CHOICES
from tests.fixtures.sandbox import start_sandbox
from tests.sandbox.conftest import Caller, Operator, choice_path, operator_of
from tests.sandbox.contrary import TS, choice, shows

PATH = choice_path(MARIE, "3413")


@pytest.fixture
def ts() -> int:
    """Return an instant no other test wrote (ms, UTC)."""
    return TS + time.monotonic_ns() // 1000 % 10**12


@pytest.mark.parametrize("path", ["faults", "faults/1", "history"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_it_is_off_unless_asked_for(platform: Caller, method: str, path: str) -> None:
    url = f"{platform.running.base_url}/admin/{path}"
    answer = platform.session.request(method, url, json={"fault": "hang"}, timeout=20)
    assert (answer.status_code, answer.json()["error"]) == (404, "Resource Not Found")


def test_it_wants_the_token(operator: Operator) -> None:
    url = f"{operator.running.base_url}/admin/history"
    assert requests.get(url, timeout=20).status_code == 401


def test_it_wants_all_rights(tmp_path: Path) -> None:
    running = start_sandbox(tmp_path / "s.db", admin=True, scoped_token="mine=1459")
    headers = {"Authorization": "mine"}
    answer = requests.get(f"{running.base_url}/admin/history", headers=headers, timeout=20)
    running.stop()
    assert answer.status_code == 403


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500, 502, 503, 599])
def test_it_answers_any_status(operator: Operator, ts: int, status: int) -> None:
    operator.let("status", status=status)
    answer = operator.put(ts)
    assert answer.status_code == status
    assert UUID(answer.json()["error_id"])
    assert ts not in operator.applied()


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({}, "1"),
        ({"retry_after": 7}, "7"),
        ({"retry_after": "soon"}, "soon"),
        ({"retry_after": None}, None),
        ({"retry_after": -1}, "-1"),
    ],
)
def test_it_throttles(operator: Operator, ts: int, rule: dict[str, Any], told: str | None) -> None:
    operator.let("status", status=429, **rule)
    answer = operator.put(ts)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, told)


def test_it_throttles_until_a_date(operator: Operator, ts: int) -> None:
    operator.let("status", status=429, retry_after_date=3_600)
    until = email.utils.parsedate_to_datetime(operator.put(ts).headers["Retry-After"])
    assert 3_500 < until.timestamp() - time.time() < 3_700


def test_it_answers_html(operator: Operator, ts: int) -> None:
    operator.let("html", times=1)
    operator.let("html", status=200)
    bad, good = operator.put(ts), operator.put(ts)
    assert (bad.status_code, good.status_code) == (502, 200)
    assert bad.headers["Content-Type"] == "text/html;charset=utf-8"
    assert bad.text.startswith("<html>")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", requests.ConnectionError),
        ("close", requests.ConnectionError),
        ("half", requests.exceptions.ChunkedEncodingError),
        ("hang", requests.exceptions.ReadTimeout),
    ],
)
@pytest.mark.parametrize("apply", [True, False])
def test_it_cuts_the_connection(
    operator: Operator, ts: int, fault: str, error: type[Exception], *, apply: bool
) -> None:
    operator.let(fault, apply=apply)
    with pytest.raises(error) as raised:
        operator.put(ts)
    assert ("reset by peer" in str(raised.value)) is (fault == "reset")
    assert (ts in operator.applied()) is apply


def test_it_applies_and_answers_500(operator: Operator, ts: int) -> None:
    operator.let("status", status=500, apply=True)
    assert operator.put(ts).status_code == 500
    assert ts in operator.applied()
    assert operator.get(PATH).data["$choice_ts"] == ts


def test_it_cuts_reads_in_half_too(operator: Operator) -> None:
    operator.let("half", method="GET", path="*/user_choices")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        operator.point(str(MARIE.point_id), "user_choices")


def test_it_delays_one_and_holds_up_nobody(operator: Operator, ts: int) -> None:
    operator.let("delay", delay_ms=700, times=1)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(operator.put, ts)
        while not any(rule["hits"] for rule in operator.admin("GET", "faults").json()["data"]):
            assert not slow.done()
        quick = operator_of(operator.running).get(PATH)
        assert (quick.status, slow.done()) == (200, False)
        assert slow.result().status_code == 200


def test_it_counts_calls_and_lets_the_rest_pass(operator: Operator, ts: int) -> None:
    operator.let("status", status=503, times=2)
    assert [operator.put(ts).status_code for _ in range(4)] == [503, 503, 200, 200]
    told = operator.admin("GET", "faults").json()
    assert (told["count"], told["data"][0]["hits"]) == (1, 2)


def test_it_fails_by_a_seeded_rate(operator: Operator, ts: int) -> None:
    runs = []
    for _ in range(2):
        operator.admin("DELETE", "faults")
        operator.let("status", status=503, rate=0.5, seed=11)
        runs.append([operator.put(ts).status_code for _ in range(40)])
    assert runs[0] == runs[1]
    assert 8 < runs[0].count(503) < 32


def test_it_minds_method_and_path(operator: Operator, ts: int) -> None:
    operator.let("status", status=503, path="*/user_choices/processing_id=3401")
    assert operator.put(ts).status_code == 200
    assert operator.put_choice(NO_CHOICES, "3401", choice(ts)).status == 503
    assert operator.get(choice_path(MARIE, "3401")).status == 200


def test_it_takes_rules_one_after_the_other(operator: Operator, ts: int) -> None:
    operator.let("status", status=503, times=1)
    operator.let("status", status=502, times=1)
    first = operator.admin("GET", "faults").json()["data"][0]["id"]
    assert operator.admin("DELETE", f"faults/{first}").status_code == 200
    assert operator.admin("DELETE", f"faults/{first}").status_code == 404
    assert [operator.put(ts).status_code for _ in range(2)] == [502, 200]


def test_it_reads_what_was_before(operator: Operator, ts: int) -> None:
    operator.put(ts)
    operator.let("stale", method="GET", lag_ms=400)
    operator.put(ts + 1)
    log = f"{PATH}/change_log"
    assert operator.get(PATH).data["$choice_ts"] == ts
    assert ts + 1 not in [row["$choice_ts"] for row in operator.get(log).data]
    time.sleep(0.45)
    assert operator.get(PATH).data["$choice_ts"] == ts + 1
    assert ts + 1 in [row["$choice_ts"] for row in operator.get(log).data]


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ({}, "fault"),
        ({"fault": "flood"}, "fault"),
        ({"fault": "delay", "delay_ms": -1}, "delay_ms"),
        ({"fault": "status", "status": 302}, "status"),
        ({"fault": "status", "times": 0}, "times"),
        ({"fault": "status", "rate": 2}, "rate"),
        ({"fault": "status", "apply": 1}, "apply"),
        ({"fault": "status", "retry_after": "a\r\nb"}, "retry_after"),
        ({"fault": "status", "colour": "red"}, "colour"),
        ({"fault": "stale"}, "lag_ms"),
    ],
)
def test_it_refuses_a_rule_and_names_the_field(
    operator: Operator, rule: dict[str, Any], name: str
) -> None:
    answer = operator.admin("POST", "faults", rule)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(name)
    assert operator.admin("GET", "faults").json()["data"] == []


@shows("faults_are_html", "throttling_tells_when")
def test_a_contrarian_words_its_faults_otherwise(operator: Operator, tmp_path: Path) -> None:
    running = start_sandbox(tmp_path / "c.db", admin=True, contrarian=True)
    other = operator_of(running)
    answers = []
    for each in (operator, other):
        each.let("status", status=429)
        answers.append(each.put(TS))
    running.stop()
    assert ["html" in answer.headers["Content-Type"] for answer in answers] == [False, True]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["1", None]
