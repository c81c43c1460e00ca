"""What tests post as activities, send as imports, and read back."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from consentadmin.sandbox.people import CUSTOMERS
from tests.sandbox.conftest import Account, Answer, Caller, account_selector

_T = TypeVar("_T")
TS = 1_793_134_365_000  # 27 Oct 2026
_PATIENCE_S = 20.0


def by_account(account: Account) -> dict[str, Any]:
    """Name somebody by an account."""
    compartment, value = account
    return {"$type": "USER_ACCOUNT", "$compartment_id": compartment, "$user_account_id": value}


def by_agent(agent: str) -> dict[str, Any]:
    """Name somebody by a device."""
    return {"$type": "USER_AGENT", "$user_agent_id": agent}


def by_email(digest: str, **more: object) -> dict[str, Any]:
    """Name somebody by an e-mail hash."""
    return {"$type": "USER_EMAIL", "$hash": digest, **more}


def visit(*identifiers: object, ts: Any = TS, **more: object) -> dict[str, Any]:
    """Make a visit of a site without events."""
    return {
        "$type": "SITE_VISIT",
        "$site_id": "2201",
        "$session_status": "NO_SESSION",
        "$ts": ts,
        "$user_identifiers": list(identifiers),
        "$events": [],
        **more,
    }


def event(name: str, ts: int = TS, **properties: object) -> dict[str, Any]:
    """Make an event; a property `x_y` stays so, `_x` becomes `$x`."""
    told = {f"${key[1:]}" if key[0] == "_" else key: each for key, each in properties.items()}
    return {"$ts": ts, "$event_name": name, "$properties": told}


def choice_event(processing: object = "3413", ts: int = TS, **more: object) -> dict[str, Any]:
    """Make an event that accepts a processing."""
    said = {"_processing_id": processing, "_choice_acceptance_value": True, **more}
    return event("$set_user_choice", ts, **said)


def profile_event(account: Account, ts: int = TS, **more: object) -> dict[str, Any]:
    """Make an event that sets properties of a profile."""
    whose = {"_compartment_id": account[0], "_user_account_id": account[1]}
    return event("$set_user_profile_properties", ts, **whose, **more)


def post(caller: Caller, activity: object) -> Answer:
    """Send an activity, given as JSON or as the very bytes."""
    body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
    return caller.call("POST", "datamarts/1459/user_activities", data=body)


def sent(caller: Caller, activity: object) -> None:
    """Send an activity that must be received."""
    answer = post(caller, activity)
    assert answer.status == 200, answer.json


def point_of(caller: Caller, selector: str) -> str:
    """Return the id of the user point that a selector names."""
    rows = caller.point(selector, "user_identifiers?max_results=100").data
    return next(str(row["user_point_id"]) for row in rows if row["type"] == "USER_POINT")


def point_of_account(caller: Caller, account: Account) -> str:
    """Return the id of the user point that has an account."""
    return point_of(caller, account_selector(account))


def timeline(caller: Caller, point_id: object, query: str = "") -> list[dict[str, Any]]:
    """Read a timeline; `query` is as it is to be sent."""
    path = f"datamarts/1459/user_timelines/{point_id}/user_activities"
    found: list[dict[str, Any]] = caller.get(f"{path}{query and '?'}{query}").data
    return found


def choices(caller: Caller, selector: str) -> dict[str, dict[str, Any]]:
    """Read the choices of somebody, by processing; none where there are none."""
    answer = caller.point(selector, "user_choices?max_results=100")
    return {row["$processing_id"]: row for row in answer.data} if answer.status == 200 else {}


def until(ask: Callable[[], _T], wanted: Callable[[_T], object] = bool) -> _T:
    """Ask until the answer is as wanted, and return it."""
    deadline = time.monotonic() + _PATIENCE_S
    while not wanted(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def make_import(caller: Caller, document_type: str, **more: object) -> Answer:
    """Make a document import."""
    told = {"mime_type": "APPLICATION_X_NDJSON", "encoding": "utf-8", "name": "a test's"}
    body = {"document_type": document_type, **told, **more}
    return caller.call("POST", "datamarts/1459/document_imports", json=body)


def start(caller: Caller, document_type: str, commands: Iterable[object]) -> str:
    """Send a file of commands, each JSON or text as it is, and return the execution's path."""
    path = f"datamarts/1459/document_imports/{make_import(caller, document_type).data['id']}"
    lines = (each if isinstance(each, str) else json.dumps(each) for each in commands)
    headers = {"Content-Type": "application/x-ndjson"}
    file = "".join(f"{line}\n" for line in lines).encode()
    answer = caller.call("POST", f"{path}/executions", data=file, headers=headers)
    assert (answer.status, answer.data["status"]) == (200, "PENDING")
    return f"{path}/executions/{answer.data['id']}"


def ended(caller: Caller, execution: str) -> dict[str, Any]:
    """Wait for an execution to end and return it."""
    return until(lambda: caller.get(execution).data, lambda it: it["end_date"] is not None)


def choice_command(account: Account, ts: int = TS, **more: object) -> dict[str, Any]:
    """Make a command that stores a choice on processing 3413."""
    said = {"$processing_id": "3413", "$choice_ts": ts, "$choice_acceptance_value": True}
    return {
        "operation": "UPSERT",
        "compartment_id": account[0],
        "user_account_id": account[1],
        "user_choice": said | more,
    }


def new_account(name: str) -> Account:
    """Name an account in the default compartment."""
    return CUSTOMERS, name
