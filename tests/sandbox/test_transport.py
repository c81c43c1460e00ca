"""The token, methods, unknown paths and envelopes (PLATFORM §1), whatever bytes come in."""

import gzip
import json

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentadmin.sandbox.people import MARIE, TWO_PROFILES
from tests.fixtures.sandbox import RunningSandbox
from tests.sandbox.conftest import Account, Caller, choice_path, profile_path

fuzzed = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("token", [None, "", "wrong", "Bearer sandbox-token", "sandbox-token2"])
def test_it_wants_the_bare_token(sandbox: RunningSandbox, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": token}
    for path in ("datamarts/1459", "nowhere", choice_path(MARIE, "3401")):
        response = requests.get(sandbox.url(path), headers=headers, timeout=20)
        assert response.status_code == 401
        error = response.json()
        assert (error["status"], error["error"]) == ("error", "Unauthorized")
        assert error["error_id"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "datamarts/1459", "GET"),
        ("PATCH", choice_path(MARIE, "3401"), "DELETE, GET, PUT"),
        ("POST", choice_path(MARIE, "3401"), "DELETE, GET, PUT"),
        ("PUT", f"datamarts/1459/user_points/{MARIE.point_id}/user_choices", "GET"),
        ("DELETE", f"{choice_path(MARIE, '3401')}/change_log", "GET"),
        ("OPTIONS", "processings", "GET"),
        ("GET", f"datamarts/1459/user_points/{MARIE.point_id}", "DELETE"),
        ("PUT", f"datamarts/1459/user_points/{MARIE.point_id}", "DELETE"),
        ("POST", profile_path(MARIE.accounts[0]), "DELETE, GET, PUT"),
        ("DELETE", profile_path(MARIE.accounts[0]).rpartition("/")[0], "GET"),
    ],
)
def test_it_refuses_a_method(platform: Caller, method: str, path: str, allow: str) -> None:
    response = platform.session.request(method, platform.running.url(path), timeout=20)
    assert (response.status_code, response.headers["Allow"]) == (405, allow)
    assert response.json()["error_code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nowhere",
        "datamarts/",
        "datamarts/1459/",
        "datamarts/1459/user_points",
        f"datamarts/1459/user_points/{MARIE.point_id}/user_wishes",
        f"datamarts/1459/user_points/{MARIE.point_id}/user_choices/",
        f"datamarts/1459/user_points/{MARIE.point_id}/user_choices/processing_id=3401/log",
        "datamarts/1459/user_points//user_choices",
        "datamarts/1459/:/:",
    ],
)
def test_it_knows_no_other_path(platform: Caller, path: str) -> None:
    answer = platform.get(path)
    assert (answer.status, answer.json["error"]) == (404, "Resource Not Found")


def test_it_answers_nothing_outside_its_version(sandbox: RunningSandbox) -> None:
    headers = {"Authorization": sandbox.token}
    response = requests.get(f"{sandbox.base_url}/v2/datamarts/1459", headers=headers, timeout=20)
    assert response.status_code == 404


def test_it_gives_each_error_an_id_of_its_own(platform: Caller) -> None:
    ids = {platform.get("nowhere").json["error_id"] for _ in range(3)}
    assert len(ids) == 3


def test_it_says_that_it_sends_json(platform: Caller) -> None:
    response = platform.session.get(platform.running.url("datamarts/1459"), timeout=20)
    assert response.headers["Content-Type"] == "application/json;charset=utf-8"


def status_of(answer: bytes) -> int:
    """Check that an answer is an envelope or the HTTP library's own 400, and return its status."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    if body:
        assert json.loads(body)["status"] == ("ok" if status == 200 else "error")
    else:
        assert status == 400, "refused before it reached the application"
    return status


def request(platform: Caller, method: bytes, path: bytes, body: bytes = b"") -> int:
    lines = (
        method + b" /v1/" + path + b" HTTP/1.1",
        b"Host: x",
        b"Connection: close",
        b"Authorization: " + platform.running.token.encode(),
        b"Content-Length: %d" % len(body),
    )
    return status_of(platform.raw(b"\r\n".join(lines) + b"\r\n\r\n" + body))


PIECES = st.sampled_from(
    [
        b"datamarts", b"1459", b"user_points", str(MARIE.point_id).encode(), b"user_choices",
        b"user_profiles", b"user_identifiers", b"change_log", b"processing_id=3401", b"/", b",",
        b"=", b"%2F", b"%00", b"%ff", b"%", b"%C3%AB", b"?", b"&", b"first_result=",
        b"max_results=", b"compartment_id=1606", b"user_account_id=", b"email_hash=", b":", b"..",
        b"+", b"processings", b"community_id=1126", b"keywords=", b"9" * 400,
    ]
)  # fmt: skip
BYTES = st.binary(max_size=6).map(lambda raw: bytes(b for b in raw if b > 32))


@fuzzed
@given(parts=st.lists(PIECES | BYTES, max_size=12))
def test_it_answers_any_path_in_an_envelope(platform: Caller, parts: list[bytes]) -> None:
    assert request(platform, b"GET", b"".join(parts)) < 500


@fuzzed
@given(tail=st.lists(PIECES | BYTES, max_size=6), method=st.sampled_from([b"GET", b"DELETE"]))
def test_it_answers_any_selector_in_an_envelope(
    platform: Caller, tail: list[bytes], method: bytes
) -> None:
    path = b"datamarts/1459/user_points/" + b"".join(tail).replace(b"?", b"")  # nobody goes
    assert request(platform, method, path + b"/user_choices/processing_id=7") < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "$choice_ts": JSON | st.integers(min_value=10**11, max_value=2**70),
        "$choice_acceptance_value": JSON | st.booleans(),
        "$processing_id": JSON,
        "x": JSON,
    },
)
BODIES = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())
BODIES |= FIELDS.map(lambda fields: json.dumps(fields).encode())


@fuzzed
@given(body=BODIES)
def test_it_answers_any_body_in_an_envelope(platform: Caller, body: bytes) -> None:
    path = choice_path(TWO_PROFILES, "3404").encode()
    assert request(platform, b"PUT", path, body) in {200, 400}


PROFILES = st.dictionaries(
    st.sampled_from(
        ["$compartment_id", "$user_account_id", "$creation_ts", "$expiration_ts", "$x", "a", "b"]
    ),
    JSON | st.lists(st.fixed_dictionaries({"id": JSON}, optional={"a": JSON}), max_size=3),
    max_size=4,
)
QUERIES = st.sampled_from(
    [
        b"", b"?update_strategy=PARTIAL_UPDATE", b"?update_strategy=PARTIAL_DELETE",
        b"?update_strategy=FORCE_REPLACE", b"?force_replace=true", b"?force_replace=false",
        b"?force_replace=false&merge_objects=true", b"?merge_objects=true", b"?update_strategy=",
        b"?force_replace=maybe", b"?%ff", b"?update_strategy=%00",
    ]
)  # fmt: skip


@fuzzed
@given(body=BODIES | PROFILES.map(lambda fields: json.dumps(fields).encode()), query=QUERIES)
def test_it_answers_any_profile_in_an_envelope(
    platform: Caller, newcomer: Account, body: bytes, query: bytes
) -> None:
    path = profile_path(newcomer).encode() + query
    assert request(platform, b"PUT", path, body) in {200, 400}
    assert request(platform, b"GET", profile_path(newcomer).encode()) in {200, 404}


@fuzzed
@given(tail=st.lists(PIECES | BYTES, max_size=6), method=st.sampled_from([b"PUT", b"DELETE"]))
def test_it_answers_any_profile_selector_in_an_envelope(
    platform: Caller, newcomer: Account, tail: list[bytes], method: bytes
) -> None:
    path = profile_path(newcomer).encode().partition(b"compartment_id=1606/")[0]
    assert request(platform, method, path + b"".join(tail), b"{}") < 500


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/json; charset=latin-1", "multipart/form-data"]
)
def test_it_reads_json_whatever_a_body_is_called(platform: Caller, kind: str | None) -> None:
    path, headers = choice_path(MARIE, "3411"), {} if kind is None else {"Content-Type": kind}
    body = '{"$choice_ts":1793134365000,"$choice_acceptance_value":true,"where":"Łódź"}'.encode()
    answer = platform.call("PUT", path, data=body, headers=headers)
    assert (answer.status, answer.data["where"]) == (200, "Łódź")


def test_it_reads_a_body_in_chunks(platform: Caller) -> None:
    pieces = (b'{"$choice_ts":1793134365000,', b'"$choice_acceptance', b'_value":true,"a":1}')
    answer = platform.call("PUT", choice_path(MARIE, "3411"), data=iter(pieces))
    assert (answer.status, answer.data["a"]) == (200, 1)
    large = platform.call("PUT", choice_path(MARIE, "3411"), data=iter([b"x" * 700_000] * 2))
    assert (large.status, large.json["status"]) == (413, "error")


def test_it_takes_no_compressed_body(platform: Caller) -> None:
    body = gzip.compress(b'{"$choice_ts":1793134365000,"$choice_acceptance_value":true}')
    headers = {"Content-Encoding": "gzip"}
    answer = platform.call("PUT", choice_path(MARIE, "3411"), data=body, headers=headers)
    assert (answer.status, answer.json["error"]) == (400, "Malformed JSON")
