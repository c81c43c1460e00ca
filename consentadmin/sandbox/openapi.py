"""The OpenAPI 3.1 document of the ordinary sandbox, which `GET /openapi.json` answers.

Paths that name a person are told once for each form of selector: the form is part of the path's
structure, and only the values in it are percent-encoded (PLATFORM §2).
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from consentadmin.sandbox.openapi_shapes import SCHEMAS, Schema, many, refer, thing
from consentadmin.sandbox.people import CUSTOMERS, DATAMART, MARIE, ORGANISATION

_EXAMPLES = {
    "datamart_id": DATAMART,
    "organisation_id": ORGANISATION,
    "community_id": ORGANISATION,
    "user_point_id": MARIE.point_id,
    "user_agent_id": MARIE.agents[0],
    "email_hash": MARIE.email_hashes[0],
    "of_compartment_id": CUSTOMERS,
    "of_user_account_id": MARIE.accounts[0][1],
    "compartment_id": CUSTOMERS,
    "user_account_id": MARIE.accounts[0][1],
    "processing_id": "3401",
}
_SELECTORS = (
    "{user_point_id}",
    "user_point_id={user_point_id}",
    "user_agent_id={user_agent_id}",
    "email_hash={email_hash}",
    "compartment_id={of_compartment_id},user_account_id={of_user_account_id}",
)
_DATAMART = "/v1/datamarts/{datamart_id}"
_IMPORT = f"{_DATAMART}/document_imports/{{import_id}}"
_PAGE = ("first_result", "max_results")
_CHOICE = "user_choices/processing_id={processing_id}"
_PROFILE = "user_profiles/compartment_id={compartment_id}"
_ACCOUNT = f"{_PROFILE}/user_account_id={{user_account_id}}"
_NDJSON, _JSON = "application/x-ndjson", "application/json"
_WHOLE = frozenset({"first_result", "max_results", "limit"})


class Operation(NamedTuple):
    """One method on one path. A name in `query` that ends in `!` is mandatory."""

    method: str
    path: str
    told: str
    answer: Schema
    query: tuple[str, ...] = ()
    body: Schema | None = None
    media: str = _JSON
    answer_media: str = _JSON


def _one(name: str) -> Schema:
    return thing({"status": {"const": "ok"}, "data": refer(name)})


def _list(of: str) -> Schema:
    numbers = {name: {"type": "integer"} for name in ("count", "first_result", "max_results")}
    required = {"status": {"const": "ok"}, **numbers, "data": many(refer(of))}
    return thing(required, {"total": {"type": "integer"}})


_DONE = refer("Done")
_OPERATIONS = (
    Operation("GET", "/v1/datamarts", "Datamarts", _list("Datamart"), ("organisation_id!", *_PAGE)),
    Operation("GET", _DATAMART, "A datamart", _one("Datamart")),
    Operation("GET", f"{_DATAMART}/compartments", "Compartments", _list("Compartment"), _PAGE),
    Operation(
        "GET", "/v1/organisations/{organisation_id}", "An organisation", _one("Organisation")
    ),
    Operation(
        "GET",
        "/v1/processings",
        "A page of a community's processings",
        _list("Processing"),
        ("community_id!", "keywords", *_PAGE),
    ),
    Operation("GET", "/v1/channels", "Channels", _list("Channel"), ("organisation_id!", *_PAGE)),
    Operation(
        "POST",
        f"{_DATAMART}/user_activities",
        "Receive an activity",
        thing({"status": {"const": "ok"}, "data": {"const": True}}),
        body=refer("ActivityBody"),
    ),
    Operation(
        "GET",
        f"{_DATAMART}/user_timelines/{{user_point_id}}/user_activities",
        "A timeline",
        _list("Activity"),
        ("filters", "limit", "to"),
    ),
    Operation(
        "DELETE",
        f"{_DATAMART}/user_timelines/{{user_point_id}}/user_activities",
        "Delete activities",
        _DONE,
        ("filters!",),
    ),
    Operation(
        "POST",
        f"{_DATAMART}/document_imports",
        "Make an import",
        _one("Import"),
        body=refer("ImportBody"),
    ),
    Operation("GET", _IMPORT, "An import", _one("Import")),
    Operation(
        "POST",
        f"{_IMPORT}/executions",
        "Start an execution, one command a line",
        _one("Execution"),
        body={"type": "string", "minLength": 1},
        media=_NDJSON,
    ),
    Operation("GET", f"{_IMPORT}/executions", "Executions", _list("Execution"), _PAGE),
    Operation("GET", f"{_IMPORT}/executions/{{execution_id}}", "One", _one("Execution")),
    Operation(
        "POST",
        f"{_IMPORT}/executions/{{execution_id}}/action",
        "Cancel an execution",
        _one("Execution"),
        body=refer("ActionBody"),
    ),
    Operation(
        "GET",
        "/v1/data_file/data",
        "The commands that failed",
        {"type": "string"},
        ("uri!",),
        answer_media=_NDJSON,
    ),
)
_OF_A_PERSON = (
    Operation("DELETE", "", "Delete a person", _DONE),
    Operation("GET", "/user_identifiers", "Identifiers", _list("Identifier"), _PAGE),
    Operation("GET", "/user_choices", "Choices", _list("Choice"), _PAGE),
    Operation("GET", f"/{_CHOICE}", "A choice", _one("Choice")),
    Operation("PUT", f"/{_CHOICE}", "Write a choice", _one("Choice"), body=refer("ChoiceBody")),
    Operation("DELETE", f"/{_CHOICE}", "Delete a choice", _DONE),
    Operation("GET", f"/{_CHOICE}/change_log", "Its records", _list("Choice"), _PAGE),
    Operation("GET", "/user_profiles", "Profiles", _list("Profile"), _PAGE),
    Operation("GET", f"/{_PROFILE}", "A compartment's profile", _one("Profile")),
    Operation("GET", f"/{_ACCOUNT}", "A profile", _one("Profile")),
    Operation(
        "PUT",
        f"/{_ACCOUNT}",
        "Write a profile",
        _one("Profile"),
        ("update_strategy", "force_replace", "merge_objects"),
        refer("ProfileBody"),
    ),
    Operation("DELETE", f"/{_ACCOUNT}", "Delete a profile", _DONE),
    Operation("GET", "/user_segments", "Segments", _list("Segment"), _PAGE),
    Operation("GET", "/user_scenarios", "Scenarios", _list("Scenario"), _PAGE),
    Operation(
        "GET",
        "/user_activities",
        "Activities",
        _list("Activity"),
        ("filters", "limit", "to"),
    ),
)
_CHOICES_OF = {
    "update_strategy": ["PARTIAL_UPDATE", "PARTIAL_DELETE", "FORCE_REPLACE"],
    "force_replace": ["true", "false"],
    "merge_objects": ["true", "false"],
}


def document() -> Schema:
    """Return the document as JSON types."""
    paths: dict[str, dict[str, Schema]] = {}
    for each in _all():
        paths.setdefault(each.path, {})[each.method.lower()] = _told(each)
    error = {"description": "Refused", "content": {_JSON: {"schema": refer("Error")}}}
    token = {"type": "apiKey", "in": "header", "name": "Authorization"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The sandbox",
            "version": "1",
            "description": "The mediarithmics API as far as consentadmin uses it, reproduced.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "responses": {"Error": error},
            "securitySchemes": {"token": token},
        },
    }


def _all() -> Iterator[Operation]:
    yield from _OPERATIONS
    for selector in _SELECTORS:
        for each in _OF_A_PERSON:
            yield each._replace(path=f"{_DATAMART}/user_points/{selector}{each.path}")


def _told(each: Operation) -> Schema:
    in_path = [_parameter(name, "path") for name in re.findall(r"{(\w+)}", each.path)]
    told: Schema = {
        "summary": each.told,
        "parameters": in_path + [_parameter(name, "query") for name in each.query],
        "responses": {
            "200": {"description": "Done", "content": {each.answer_media: {"schema": each.answer}}},
            "default": {"$ref": "#/components/responses/Error"},
        },
    }
    if each.body is not None:
        told["requestBody"] = {"required": True, "content": {each.media: {"schema": each.body}}}
    return told


def _parameter(name: str, place: str) -> Schema:
    is_required, name = place == "path" or name.endswith("!"), name.rstrip("!")
    schema: Schema = {"type": "string"}
    if place == "path" or is_required:
        schema["minLength"] = 1
    if name in _WHOLE:
        schema = {"type": "integer", "minimum": int(name != "first_result"), "maximum": 999_999_999}
    if name in _CHOICES_OF:
        schema["enum"] = _CHOICES_OF[name]
    made: Schema = {"name": name, "in": place, "required": is_required, "schema": schema}
    return made | ({"example": _EXAMPLES[name]} if name in _EXAMPLES else {})


BODY = json.dumps(document(), separators=(",", ":")).encode()
