"""Whatever comes in as an activity, a filter or a command: no 500, and always an envelope."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consentadmin.sandbox.people import CUSTOMERS
from tests.sandbox.conftest import Caller
from tests.sandbox.doings import (
    by_account,
    ended,
    point_of_account,
    sent,
    start,
    visit,
)
from tests.sandbox.test_transport import JSON, fuzzed, request

SOMETIMES_RIGHT = {
    "$type": st.sampled_from(["SITE_VISIT", "APP_VISIT", "TOUCH"]),
    "$session_status": st.sampled_from(["NO_SESSION", "IN_SESSION"]),
    "$site_id": st.sampled_from(["2201", 2201]),
    "$ts": st.integers(min_value=10**11, max_value=2**63 - 1),
    "$compartment_id": st.sampled_from(["1606", 1607]),
    "$processing_id": st.sampled_from(["3413", 3401]),
    "$choice_acceptance_value": st.booleans(),
    "$hash": st.sampled_from(["a", "b"]),
    "$user_account_id": st.sampled_from(["fuzz-1", "fuzz-2", 7]),
}


def objects(*names: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Make objects whose fields are mostly right, or anything, or missing."""
    fields = {name: SOMETIMES_RIGHT.get(name, JSON) | JSON for name in names}
    return st.fixed_dictionaries({}, optional=fields | more)


IDENTIFIERS = objects(
    *("$compartment_id", "$user_account_id", "$user_agent_id", "$hash", "$email"),
    **{"$type": st.sampled_from(["USER_ACCOUNT", "USER_AGENT", "USER_EMAIL"]) | JSON},
)
PROPERTIES = objects(
    *("$processing_id", "$choice_acceptance_value", "$choice_ts", "$creation_ts", "a"),
    *("$compartment_id", "$user_account_id", "$expiration_ts"),
)
NAMES = st.sampled_from(["$set_user_choice", "$set_user_profile_properties", "$page_view"])
EVENTS = objects("$ts", **{"$event_name": NAMES | JSON, "$properties": PROPERTIES | JSON})
ACTIVITIES = objects(
    *("$type", "$session_status", "$site_id", "$app_id", "$ts", "$unique_key", "$ttl"),
    *("$session_duration", "$origin", "$location", "$topics"),
    *("$user_account_id", "$compartment_id", "$user_agent_id", "$email_hash"),
    **{
        "$user_identifiers": st.lists(IDENTIFIERS, max_size=3) | JSON,
        "$events": st.lists(EVENTS, max_size=3) | JSON,
    },
)


@fuzzed
@given(activity=ACTIVITIES)
def test_any_activity(ordinary: Caller, activity: dict[str, Any]) -> None:
    body = json.dumps(activity).encode()
    assert request(ordinary, b"POST", b"datamarts/1459/user_activities", body) in {200, 400}


@fuzzed
@given(raw=st.binary(max_size=60))
def test_any_bytes(ordinary: Caller, raw: bytes) -> None:
    for path in (b"user_activities", b"document_imports"):
        assert request(ordinary, b"POST", b"datamarts/1459/" + path, raw) == 400


PIECES = st.sampled_from(
    ["==", "=", ",", "|", "start_ts", "end_ts", "$type", "$channel_id", "colour", "1", "%", "é"]
)


@fuzzed
@given(parts=st.lists(PIECES | st.text(max_size=4), max_size=9), method=st.sampled_from(["GET"]))
def test_any_filter(ordinary: Caller, parts: list[str], method: str) -> None:
    sent(ordinary, visit(by_account((CUSTOMERS, "fuzz-timeline"))))
    point = point_of_account(ordinary, (CUSTOMERS, "fuzz-timeline"))
    path = f"datamarts/1459/user_timelines/{point}/user_activities"
    told = {"filters": "".join(parts).encode("utf-8", "replace")}
    assert ordinary.call(method, path, params=told).status in {200, 400}


COMMANDS = objects(
    "force_replace",
    "hash",
    "user_agent_id",
    operation=st.sampled_from(["UPSERT", "DELETE"]) | JSON,
    compartment_id=st.sampled_from(["1606", 1606]) | JSON,
    user_account_id=st.sampled_from(["fuzz-3", "fuzz-4"]) | JSON,
    update_strategy=st.sampled_from(["PARTIAL_UPDATE", "FORCE_REPLACE"]) | JSON,
    type=st.sampled_from(["USER_POINT", "USER_ACCOUNT", "USER_EMAIL"]) | JSON,
    user_choice=PROPERTIES | JSON,
    user_profile=PROPERTIES | JSON,
)
LINES = COMMANDS.map(json.dumps) | st.text(max_size=20).map(lambda it: " ".join(it.split()))
TYPES = st.sampled_from(["USER_CHOICE", "USER_PROFILE", "USER_POINTS_DELETION"])


@fuzzed
@given(document_type=TYPES, lines=st.lists(LINES, min_size=1, max_size=8))
def test_any_file(ordinary: Caller, document_type: str, lines: list[str]) -> None:
    told = ended(ordinary, start(ordinary, document_type, lines))
    result = told["result"]
    assert result["total_success"] + result["total_failure"] == len(lines)
    if result["error_file_uri"]:
        path = ordinary.running.url("data_file/data")
        file = ordinary.session.get(path, params={"uri": result["error_file_uri"]}).text
        assert "Internal Server Error" not in [json.loads(it)["error"] for it in file.splitlines()]


@fuzzed
@given(body=objects("document_type", "mime_type", "encoding", "name"))
def test_any_import(ordinary: Caller, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    assert request(ordinary, b"POST", b"datamarts/1459/document_imports", raw) in {200, 400}
