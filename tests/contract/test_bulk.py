"""PLATFORM §7: the deletion of a person, and document imports."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Known, People
from tests.contract.target import Answer, Target, encoded, eventually, one

TS = 1_793_134_365_000
DONE = {"SUCCEEDED", "SUCCESS"}
ENDED = DONE | {"FAILED", "CANCELED"}


def started(target: Target, kind: str, *commands: object) -> str:
    """Send commands, one a line, and return the path of the execution."""
    told = {"document_type": kind, "mime_type": "APPLICATION_X_NDJSON", "encoding": "utf-8"}
    path = target.in_datamart("document_imports")
    made = target.call("POST", path, json=told | {"name": "contract"}).data["id"]
    lines = "\n".join(json.dumps(command) for command in commands)
    headers = {"Authorization": target.token, "Content-Type": "application/x-ndjson"}
    path = f"{path}/{made}/executions"
    execution = target.call("POST", path, data=lines.encode(), headers=headers).data
    return f"{path}/{execution['id']}"


def ended(target: Target, path: str) -> dict[str, Any]:
    """Wait for the end of an execution."""

    def told() -> dict[str, Any] | None:
        found: dict[str, Any] = target.get(path).data
        return found if found["status"] in ENDED else None

    found = eventually(told)
    assert found is not None
    return found


@pytest.mark.fact("§7 point")
@pytest.mark.parametrize("form", ["{0.point}", "{0.by_account}", "email_hash={0.email}"])
def test_a_person_is_deleted_with_all_documents(target: Target, person: Known, form: str) -> None:
    target.call("PUT", target.point(person.point, person.profile), json={"city": "Brno"})
    assert target.call("DELETE", target.point(form.format(person))).status == 200
    for selector in (person.point, person.by_account, f"email_hash={person.email}"):
        for document in ("user_identifiers", "user_profiles", "user_choices"):
            assert target.get(target.point(selector, document)).status == 404


@pytest.mark.fact("§7 choices", "§7 import")
@pytest.mark.parametrize("by", ["account", "email", "agent"])
def test_choices_are_imported(target: Target, person: Known, processing: str, by: str) -> None:
    named: dict[str, Any] = {
        "account": {"compartment_id": person.compartment, "user_account_id": person.account},
        "email": {"email_hash": person.email},
        "agent": {"user_agent_id": person.agent},
    }[by]
    body = {"$processing_id": processing, "$choice_ts": TS, "$choice_acceptance_value": False}
    command = {"operation": "UPSERT", **named, "force_replace": True, "user_choice": body}
    assert ended(target, started(target, "USER_CHOICE", command))["status"] in DONE
    path = target.point(person.point, f"user_choices/processing_id={processing}")
    assert one(target.get(path).data)["$choice_acceptance_value"] is False


@pytest.mark.fact("§7 choices")
def test_a_choice_is_deleted_by_import(target: Target, person: Known, processing: str) -> None:
    path = target.point(person.point, f"user_choices/processing_id={processing}")
    body = {"$choice_ts": TS, "$choice_acceptance_value": True}
    target.call("PUT", path, json=body)
    named = {"operation": "DELETE", "email_hash": person.email}
    choice = body | {"$processing_id": processing}
    ended(target, started(target, "USER_CHOICE", {**named, "user_choice": choice}))
    assert target.all(target.point(person.point, "user_choices")) == []


@pytest.mark.fact("§7 profiles")
def test_profiles_are_imported(target: Target, person: Known) -> None:
    named = {"compartment_id": person.compartment, "user_account_id": person.account}
    body = {f"${name}": value for name, value in named.items()} | {"city": "Porto"}
    command = {"operation": "UPSERT", **named, "update_strategy": "FORCE_REPLACE"}
    ended(target, started(target, "USER_PROFILE", command | {"user_profile": body}))
    assert target.get(target.point(person.point, person.profile)).data["city"] == "Porto"


@pytest.mark.fact("§7 deletions")
@pytest.mark.parametrize("by", ["point", "account", "email", "agent"])
def test_people_are_deleted_by_import(target: Target, people: People, by: str) -> None:
    person = people.make()
    named: dict[str, Any] = {
        "point": {"type": "USER_POINT", "user_point_id": person.point},
        "account": {
            "type": "USER_ACCOUNT",
            "compartment_id": person.compartment,
            "user_account_id": person.account,
        },
        "email": {"type": "USER_EMAIL", "hash": person.email},
        "agent": {"type": "USER_AGENT", "user_agent_id": person.agent},
    }[by]
    ended(target, started(target, "USER_POINTS_DELETION", {"operation": "DELETE", **named}))
    assert target.get(target.point(person.point, "user_identifiers")).status == 404


@pytest.mark.fact("§7 execution")
def test_an_execution_tells_how_far_it_is(target: Target, person: Known, processing: str) -> None:
    good = {"$processing_id": processing, "$choice_ts": TS, "$choice_acceptance_value": True}
    command = {"operation": "UPSERT", "email_hash": person.email, "user_choice": good}
    bad = command | {"user_choice": {"$processing_id": processing}}
    path = started(target, "USER_CHOICE", command, bad)
    told = ended(target, path)
    assert told["status"] in DONE
    assert (told["num_tasks"], told["completed_tasks"]) == (2, 2)
    assert (told["result"]["total_success"], told["result"]["total_failure"]) == (1, 1)
    assert told["id"] in {row["id"] for row in target.all(path.rpartition("/")[0])}


@pytest.mark.fact("§7 errors")
def test_the_error_file_has_what_failed(target: Target) -> None:
    nobody = {"type": "USER_EMAIL", "hash": uuid4().hex, "operation": "NONSENSE"}
    told = ended(target, started(target, "USER_CHOICE", nobody))
    uri = encoded(told["result"]["error_file_uri"])
    answer: Answer = target.call("GET", f"data_file/data?uri={uri}")
    assert answer.status == 200


@pytest.mark.fact("§7 cancel")
def test_an_execution_can_be_cancelled(target: Target, person: Known) -> None:
    bad = {"operation": "UPSERT", "email_hash": person.email, "user_choice": {}}
    path = started(target, "USER_CHOICE", *[bad] * 20_000)
    assert target.call("POST", f"{path}/action", json={"action": "CANCEL"}).status == 200
    told = ended(target, path)
    assert told["status"] == "CANCELED"
    assert told["completed_tasks"] < 20_000


@pytest.mark.fact("§7 profiles")
def test_a_profile_is_deleted_by_import(target: Target, person: Known) -> None:
    path = target.point(person.point, person.profile)
    target.call("PUT", path, json={"city": "Brno"})
    pair = {"$compartment_id": person.compartment, "$user_account_id": person.account}
    named = {"operation": "DELETE", "email_hash": person.email}
    ended(target, started(target, "USER_PROFILE", named | {"user_profile": pair}))
    assert target.get(path).status == 404


@pytest.mark.fact("§7 inherited")
def test_a_profile_inherits_no_account(target: Target, person: Known) -> None:
    named = {"compartment_id": person.compartment, "user_account_id": person.account}
    command = {"operation": "UPSERT", **named, "update_strategy": "FORCE_REPLACE"}
    ended(target, started(target, "USER_PROFILE", command | {"user_profile": {"city": "Porto"}}))
    assert target.get(target.point(person.point, person.profile)).status == 404


@pytest.mark.fact("§7 one-identifier")
def test_a_line_has_one_identifier(target: Target, person: Known, processing: str) -> None:
    body = {"$processing_id": processing, "$choice_ts": TS, "$choice_acceptance_value": True}
    command = {"operation": "UPSERT", "user_choice": body}
    by_both = {"email_hash": person.email, "user_agent_id": person.agent}
    by_point = {"user_point_id": person.point}
    path = started(target, "USER_CHOICE", command | by_both, command | by_point)
    assert ended(target, path)["result"]["total_failure"] == 2
