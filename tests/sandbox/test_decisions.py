"""Each S fact turned round on its own: the table in `decisions` is where it is decided (§4, §5)."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consentadmin.sandbox.app import Manners, Message, Sandbox
from consentadmin.sandbox.decisions import ORDINARY, Decisions
from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    LONG_LOG,
    MARIE,
    NESTED_PROFILE,
    NO_CHOICES,
    Person,
)
from consentadmin.sandbox.seed import seed
from consentadmin.sandbox.store import Store, opened
from tests.sandbox.conftest import choice_path, profile_path

TS = 1_793_134_365_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened_one = opened(tmp_path / "sandbox.db", seed=seed)
    yield opened_one
    opened_one.close()


def ask(
    store: Store,
    decisions: Decisions,
    method: str,
    path: str,
    body: object = None,
    query: str = "",
) -> tuple[int, dict[str, Any]]:
    """Call the application without a server between."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "raw_path": f"/v1/{path}".encode(),
        "query_string": query.encode(),
        "headers": [(b"authorization", b"token")],
    }
    asyncio.run(Sandbox(store, Manners("token"), decisions)(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def put(
    store: Store, decisions: Decisions, ts: int, processing: str = "3413", **customs: object
) -> tuple[int, dict[str, Any]]:
    body = {"$choice_ts": ts, "$choice_acceptance_value": True, **customs}
    return ask(store, decisions, "PUT", choice_path(MARIE, processing), body)


def log(store: Store, decisions: Decisions, person: Person, processing: str) -> dict[str, Any]:
    path = f"{choice_path(person, processing)}/change_log"
    return ask(store, decisions, "GET", path)[1]


def test_it_may_answer_404_for_no_choices(store: Store) -> None:
    path = f"datamarts/1459/user_points/{NO_CHOICES.point_id}/user_choices"
    assert ask(store, ORDINARY, "GET", path)[0] == 200
    assert ask(store, replace(ORDINARY, no_choices_is_404=True), "GET", path)[0] == 404


def test_it_may_answer_one_choice_in_a_list(store: Store) -> None:
    turned = replace(ORDINARY, one_choice_in_a_list=True)
    found = ask(store, turned, "GET", choice_path(MARIE, "3401"))[1]
    assert (found["count"], found["data"][0]["$processing_id"]) == (1, "3401")


def test_it_may_merge_customs(store: Store) -> None:
    turned = replace(ORDINARY, put_merges_customs=True)
    put(store, turned, TS, form="form-12")
    data = put(store, turned, TS + 1, channel="web")[1]["data"]
    assert (data["form"], data["channel"], data["$choice_ts"]) == ("form-12", "web", TS + 1)


def test_it_may_make_an_older_choice_current(store: Store) -> None:
    turned = replace(ORDINARY, older_becomes_current=True)
    put(store, turned, TS)
    put(store, turned, TS - 5_000)
    found = ask(store, turned, "GET", choice_path(MARIE, "3413"))[1]
    assert found["data"]["$choice_ts"] == TS - 5_000


def test_it_may_log_a_repeat_again(store: Store) -> None:
    turned = replace(ORDINARY, repeat_is_logged_again=True)
    for _ in range(3):
        put(store, turned, TS)
    assert log(store, turned, MARIE, "3413")["count"] == 3


def test_it_may_answer_a_write_with_nothing(store: Store) -> None:
    turned = replace(ORDINARY, write_answers_with_data=False)
    assert put(store, turned, TS) == (200, {"status": "ok"})


def test_it_may_refuse_an_archived_processing(store: Store) -> None:
    turned = replace(ORDINARY, archived_takes_choices=False)
    assert put(store, turned, TS, ARCHIVED_PROCESSING)[0] == 400


def test_it_may_forget_the_log_with_the_choice(store: Store) -> None:
    turned = replace(ORDINARY, delete_forgets_log=True)
    ask(store, turned, "DELETE", choice_path(MARIE, "3403"))
    assert log(store, turned, MARIE, "3403")["data"] == []


def test_it_may_page_and_order_the_change_log(store: Store) -> None:
    turned = replace(ORDINARY, change_log_page=20, change_log_newest_first=True)
    found = log(store, turned, LONG_LOG, "3401")
    instants = [row["$choice_ts"] for row in found["data"]]
    assert (found["count"], found["max_results"], found["total"]) == (20, 20, 400)
    assert instants == sorted(instants, reverse=True)


ACCOUNT = MARIE.accounts[0]
NEW = ("1607", "LOY-new")


def put_profile(
    store: Store, decisions: Decisions, body: object, path: str, strategy: str = "PARTIAL_UPDATE"
) -> tuple[int, dict[str, Any]]:
    return ask(store, decisions, "PUT", path, body, f"update_strategy={strategy}")


def test_it_may_answer_a_profile_with_nothing(store: Store) -> None:
    turned = replace(ORDINARY, write_answers_with_data=False)
    assert put_profile(store, turned, {"a": 1}, profile_path(ACCOUNT)) == (200, {"status": "ok"})


def test_it_may_make_no_person(store: Store) -> None:
    turned = replace(ORDINARY, put_makes_person=False)
    assert put_profile(store, turned, {"a": 1}, profile_path(NEW))[0] == 404
    assert put_profile(store, ORDINARY, {"a": 1}, profile_path(NEW))[0] == 200


def test_it_may_attach_no_account(store: Store) -> None:
    path = profile_path(NEW, str(MARIE.point_id))
    turned = replace(ORDINARY, put_attaches_account=False)
    assert put_profile(store, turned, {"a": 1}, path)[0] == 404
    assert put_profile(store, turned, {"a": 1}, profile_path(NEW))[0] == 200, "that is its own"


def test_it_may_take_the_ids_of_the_path_for_granted(store: Store) -> None:
    turned = replace(ORDINARY, ids_must_match=False)
    body = {"$compartment_id": 7, "$user_account_id": "x"}
    data = put_profile(store, turned, body, profile_path(ACCOUNT))[1]["data"]
    assert (data["$compartment_id"], data["$user_account_id"]) == ACCOUNT


def test_it_may_refuse_other_system_fields(store: Store) -> None:
    turned = replace(ORDINARY, other_fields_refused=True)
    status, answer = put_profile(store, turned, {"$thing": 1}, profile_path(ACCOUNT))
    assert (status, answer["error"]) == (400, "$thing is not a field of profiles")
    own = {"$creation_ts": 1, "$last_modified_ts": 1, "$compartment_id": "1606"}
    assert put_profile(store, turned, own, profile_path(ACCOUNT))[0] == 200


def test_it_may_forget_an_expiration_with_the_rest(store: Store) -> None:
    turned = replace(ORDINARY, replace_forgets_expiration=True)
    path = profile_path(NESTED_PROFILE.accounts[0])
    kept = put_profile(store, turned, {"a": 1}, path)[1]["data"]
    gone = put_profile(store, turned, {"a": 1}, path, "FORCE_REPLACE")[1]["data"]
    assert ("$expiration_ts" in kept, "$expiration_ts" in gone) == (True, False)
    assert gone["$thing"] == {"kept_by": "nobody knows"}, "what is the system's stays"


def test_it_may_take_fewer_levels(store: Store) -> None:
    turned = replace(ORDINARY, deepest_body=2)
    path = profile_path(ACCOUNT)
    assert put_profile(store, turned, {"a": [1]}, path)[0] == 200
    assert put_profile(store, turned, {"a": [[1]]}, path)[0] == 400


def test_it_may_take_an_expiration_in_seconds(store: Store) -> None:
    turned = replace(ORDINARY, accepts_seconds=True)
    body = {"$expiration_ts": 1_493_118_667}
    assert put_profile(store, turned, body, profile_path(ACCOUNT))[0] == 200
    assert put_profile(store, ORDINARY, body, profile_path(ACCOUNT))[0] == 400
