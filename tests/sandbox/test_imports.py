"""Document imports: commands in a file, carried out in the background (PLATFORM §7)."""

import json
from uuid import uuid4

import pytest

from consentadmin.sandbox.people import CUSTOMERS, LOYALTY, MARIE
from tests.sandbox.conftest import Account, Caller, account_selector
from tests.sandbox.doings import (
    TS,
    by_account,
    by_email,
    choice_command,
    choices,
    ended,
    make_import,
    point_of_account,
    sent,
    start,
    visit,
)

IMPORTS = "datamarts/1459/document_imports"


@pytest.fixture
def somebody(ordinary: Caller, newcomer: Account) -> Account:
    """An account that somebody has."""
    sent(ordinary, visit(by_account(newcomer)))
    return newcomer


def run(caller: Caller, document_type: str, *commands: object) -> dict[str, int]:
    """Carry out commands, and return how many succeeded and how many failed."""
    result = ended(caller, start(caller, document_type, commands))["result"]
    return {name: result[name] for name in ("total_success", "total_failure")}


def errors(caller: Caller, document_type: str, *commands: object) -> list[str]:
    """Carry out commands, and return the sentences of the error file."""
    result = ended(caller, start(caller, document_type, commands))["result"]
    uri = result["error_file_uri"]
    answer = caller.session.get(caller.running.url("data_file/data"), params={"uri": uri})
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    return [json.loads(line)["error"] for line in answer.text.splitlines()]


def test_it_makes_an_import(ordinary: Caller) -> None:
    made = make_import(ordinary, "USER_CHOICE", name="withdrawals").data
    assert (made["document_type"], made["name"]) == ("USER_CHOICE", "withdrawals")
    assert made["id"].isdigit()
    assert ordinary.get(f"{IMPORTS}/{made['id']}").data == made


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"document_type": "USER_WISH"}, "document_type"),
        ({"document_type": None}, "document_type is mandatory"),
        ({"mime_type": "TEXT_CSV"}, "mime_type"),
        ({"encoding": "latin-1"}, "encoding"),
        ({"name": ""}, "name is mandatory"),
        ({"name": 7}, "name must be a text"),
    ],
)
def test_it_names_what_is_wrong_with_an_import(
    ordinary: Caller, wrong: dict[str, object], field: str
) -> None:
    answer = make_import(ordinary, **({"document_type": "USER_CHOICE"} | wrong))  # type: ignore[arg-type] # wrong on purpose
    assert answer.status == 400
    assert field in answer.json["error"]


def test_it_carries_out_choices(ordinary: Caller, somebody: Account) -> None:
    digest = uuid4().hex
    sent(ordinary, visit(by_account(somebody), by_email(digest)))
    said = {"$processing_id": 3402, "$choice_ts": TS, "$choice_acceptance_value": False}
    by_hash = {"operation": "UPSERT", "email_hash": digest, "user_choice": said}
    done = run(ordinary, "USER_CHOICE", choice_command(somebody, form="f"), by_hash)
    assert done == {"total_success": 2, "total_failure": 0}
    found = choices(ordinary, account_selector(somebody))
    assert found["3413"]["form"] == "f"
    assert found["3402"]["$choice_acceptance_value"] is False


def test_a_choice_replaces_unless_told_to_merge(ordinary: Caller, somebody: Account) -> None:
    first = choice_command(somebody, form="f", channel="web")
    run(ordinary, "USER_CHOICE", first)
    run(ordinary, "USER_CHOICE", choice_command(somebody, TS + 1, form="g"))
    by = account_selector(somebody)
    assert "channel" not in choices(ordinary, by)["3413"]
    merging = choice_command(somebody, TS + 2, channel="app") | {"force_replace": False}
    run(ordinary, "USER_CHOICE", merging)
    found = choices(ordinary, by)["3413"]
    assert (found["form"], found["channel"], found["$choice_ts"]) == ("g", "app", TS + 2)


def test_it_deletes_choices(ordinary: Caller, somebody: Account) -> None:
    gone = choice_command(somebody) | {"operation": "DELETE"}
    done = run(ordinary, "USER_CHOICE", choice_command(somebody), gone, gone)
    assert done == {"total_success": 2, "total_failure": 1}
    assert choices(ordinary, account_selector(somebody)) == {}


def test_it_carries_out_profiles(ordinary: Caller, somebody: Account) -> None:
    ordinary.put_profile(somebody, {"size": {"shoe": 38}, "city": "Nice"})
    whose = {"$compartment_id": somebody[0], "$user_account_id": somebody[1]}
    named = {"compartment_id": somebody[0], "user_account_id": somebody[1]}
    command = {
        **named,
        "operation": "UPSERT",
        "update_strategy": "PARTIAL_UPDATE",
        "user_profile": whose | {"size": {"hat": 7}},
    }
    assert run(ordinary, "USER_PROFILE", command)["total_success"] == 1
    found = ordinary.profile(somebody).data
    assert (found["size"], found["city"]) == ({"shoe": 38, "hat": 7}, "Nice")
    run(ordinary, "USER_PROFILE", command | {"operation": "DELETE"})
    assert ordinary.profile(somebody).status == 404


def test_a_profile_does_not_inherit_its_account(ordinary: Caller, somebody: Account) -> None:
    named = {"compartment_id": somebody[0], "user_account_id": somebody[1]}
    command = {**named, "operation": "UPSERT", "user_profile": {"city": "Nice"}}
    told = errors(ordinary, "USER_PROFILE", command)
    assert told == ["$user_account_id is mandatory"]
    assert ordinary.profile(somebody).status == 404


def test_a_profile_may_be_attached_to_whom_a_command_names(
    ordinary: Caller, somebody: Account
) -> None:
    card = (LOYALTY, f"LOY-{uuid4()}")
    whose = {"$compartment_id": LOYALTY, "$user_account_id": card[1]}
    named = {"compartment_id": somebody[0], "user_account_id": somebody[1]}
    command = {**named, "operation": "UPSERT", "user_profile": whose | {"tier": "gold"}}
    run(ordinary, "USER_PROFILE", command)
    assert point_of_account(ordinary, card) == point_of_account(ordinary, somebody)


@pytest.mark.parametrize("kind", ["USER_POINT", "USER_ACCOUNT", "USER_EMAIL", "USER_AGENT"])
def test_it_deletes_points(ordinary: Caller, newcomer: Account, kind: str) -> None:
    digest, agent = uuid4().hex, f"vec:{uuid4().int}"
    identifiers = (by_account(newcomer), by_email(digest), {"$type": "USER_AGENT"})
    identifiers[2]["$user_agent_id"] = agent
    sent(ordinary, visit(*identifiers))
    commands: dict[str, dict[str, str]] = {
        "USER_POINT": {"user_point_id": point_of_account(ordinary, newcomer)},
        "USER_ACCOUNT": {"compartment_id": newcomer[0], "user_account_id": newcomer[1]},
        "USER_EMAIL": {"hash": digest},
        "USER_AGENT": {"user_agent_id": agent},
    }
    command = {"type": kind, **commands[kind]}
    done = run(ordinary, "USER_POINTS_DELETION", command, command)
    assert done == {"total_success": 1, "total_failure": 1}
    assert ordinary.point(account_selector(newcomer), "user_identifiers").status == 404


NAMED = {"compartment_id": CUSTOMERS, "user_account_id": "acc-914"}
CHOICE = {"$processing_id": "3413", "$choice_ts": TS, "$choice_acceptance_value": True}


@pytest.mark.parametrize(
    ("document_type", "command", "sentence"),
    [
        ("USER_CHOICE", "{", "Malformed JSON"),
        ("USER_CHOICE", "", "Malformed JSON"),
        ("USER_CHOICE", "[]", "object"),
        ("USER_CHOICE", {}, "user_account_id"),
        ("USER_CHOICE", {"email_hash": "x", **NAMED}, "one of user_account_id"),
        ("USER_CHOICE", {"user_point_id": MARIE.point_id}, "one of user_account_id"),
        ("USER_CHOICE", {**NAMED}, "operation is mandatory"),
        ("USER_CHOICE", {**NAMED, "operation": "PUT"}, "operation must be"),
        ("USER_CHOICE", {**NAMED, "operation": "UPSERT"}, "user_choice must be an object"),
        ("USER_CHOICE", {"operation": "UPSERT", "user_choice": CHOICE}, "one of"),
        ("USER_CHOICE", choice_command((CUSTOMERS, "nobody's")), "Resource Not Found"),
        ("USER_CHOICE", choice_command(("7", "acc-914")), "$compartment_id"),
        ("USER_CHOICE", choice_command((CUSTOMERS, "acc-914"), 5), "$choice_ts"),
        ("USER_PROFILE", {**NAMED, "operation": "UPSERT"}, "user_profile must be an object"),
        ("USER_POINTS_DELETION", {"type": "USER_WISH"}, "type 'USER_WISH' names nobody"),
        ("USER_POINTS_DELETION", {"type": "USER_EMAIL"}, "hash is mandatory"),
    ],
)
def test_it_tells_why_a_command_failed(
    ordinary: Caller, document_type: str, command: object, sentence: str
) -> None:
    (told,) = errors(ordinary, document_type, command)
    assert sentence in told


@pytest.mark.parametrize("number", ["0", "999999", "x", "9" * 30, "%31x"])
def test_it_knows_no_other_import(ordinary: Caller, number: str) -> None:
    line = json.dumps(choice_command((CUSTOMERS, "x"))).encode()
    assert ordinary.get(f"{IMPORTS}/{number}").status == 404
    assert ordinary.call("POST", f"{IMPORTS}/{number}/executions", data=line).status == 404
    assert ordinary.get(f"{IMPORTS}/{number}/executions/1").status == 404


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("", 400),
        ("mics://data_file/somewhere", 404),
        ("mics://data_file/datamarts/1459/executions/99999/errors.ndjson", 404),
        ("mics://data_file/datamarts/1999/executions/1/errors.ndjson", 403),
    ],
)
def test_it_knows_no_other_file(ordinary: Caller, uri: str, status: int) -> None:
    assert ordinary.get(f"data_file/data?uri={uri}").status == status


def test_an_import_is_of_one_datamart(ordinary: Caller) -> None:
    made = make_import(ordinary, "USER_CHOICE").data["id"]
    assert ordinary.get(f"datamarts/1460/document_imports/{made}").status == 404
