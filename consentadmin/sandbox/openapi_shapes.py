"""The bodies that the OpenAPI document tells of, by name (PLATFORM §1, §3 to §8)."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
ID: Schema = {"type": "string", "description": "Ids are strings."}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
MS: Schema = {"type": "integer", "format": "int64", "description": "Milliseconds, UTC."}
LENGTH: Schema = {"type": ["integer", "null"], "minimum": 0, "maximum": 2**31 - 1}
GIVEN_MS: Schema = {
    "description": "Milliseconds since the epoch, UTC; a quoted integer is taken too.",
    "oneOf": [
        {"type": "integer", "format": "int64", "minimum": 100_000_000_000, "maximum": 2**63 - 1},
        {"type": "string", "pattern": "^[1-9][0-9]{11,17}$"},
    ],
}


def refer(name: str) -> Schema:
    """Refer to a schema of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def thing(required: Schema, optional: Schema | None = None, told: str = "") -> Schema:
    """Describe an object that may hold other fields too."""
    made = {"type": "object", "required": list(required), "properties": required | (optional or {})}
    return made | ({"description": told} if told else {})


def many(of: Schema) -> Schema:
    """Describe an array."""
    return {"type": "array", "items": of}


def or_null(of: Schema) -> Schema:
    """Describe a value that may be null."""
    return {"anyOf": [of, {"type": "null"}]}


_CUSTOMS = "Customs are free; other names that begin with $ are ignored."
_USER_IDENTIFIER = thing(
    {"$type": {"enum": ["USER_ACCOUNT", "USER_AGENT", "USER_EMAIL"]}},
    {
        "$compartment_id": {"type": ["string", "integer"]},
        "$user_account_id": TEXT,
        "$user_agent_id": TEXT,
        "$hash": TEXT,
        "$email": TEXT,
    },
)
_WEIGHTS: Schema = {"type": "object", "additionalProperties": {"type": "number"}}
_EVENT = thing({"$event_name": TEXT}, {"$ts": GIVEN_MS, "$properties": {"type": "object"}})

SCHEMAS: dict[str, Schema] = {
    "Error": thing(
        {"status": {"const": "error"}, "error": TEXT, "error_id": TEXT}, {"error_code": TEXT}
    ),
    "Done": thing({"status": {"const": "ok"}}),
    "Datamart": thing(
        {"id": ID, "name": TEXT, "organisation_id": ID, "token": TEXT, "time_zone": TEXT}
    ),
    "Organisation": thing({"id": ID, "name": TEXT, "community_id": ID}),
    "Compartment": thing(
        {"id": ID, "compartment_id": ID, "default": FLAG, "token": TEXT, "name": TEXT},
        told="`id` is that of the link. A name may be empty.",
    ),
    "Channel": thing(
        {"id": ID, "name": TEXT, "type": {"enum": ["SITE", "MOBILE_APPLICATION"]}},
        {"domain": or_null(TEXT)},
    ),
    "Processing": thing(
        {
            "id": ID,
            "community_id": ID,
            "name": TEXT,
            "purpose": TEXT,
            "legal_basis": TEXT,
            "technical_name": TEXT,
            "token": TEXT,
            "archived": FLAG,
        }
    ),
    "Identifier": thing({"type": TEXT}, told="USER_POINT, USER_ACCOUNT, … or an unknown type."),
    "Choice": thing(
        {
            "$processing_id": ID,
            "$choice_ts": MS,
            "$creation_ts": MS,
            "$choice_acceptance_value": FLAG,
        },
        {"$channel_id": ID, "$user_point_id": ID, "$user_agent_id": ID},
    ),
    "ChoiceBody": thing({"$choice_ts": GIVEN_MS, "$choice_acceptance_value": FLAG}, told=_CUSTOMS),
    "Profile": thing(
        {
            "$compartment_id": ID,
            "$user_account_id": TEXT,
            "$creation_ts": MS,
            "$last_modified_ts": MS,
        },
        {"$expiration_ts": MS},
    ),
    "ProfileBody": thing({}, {"$expiration_ts": or_null(GIVEN_MS)}, told=_CUSTOMS),
    "Segment": thing({"segment_id": ID}),
    "Scenario": thing({}),
    "Activity": thing({"$type": TEXT, "$session_status": TEXT, "$ts": MS, "$events": many({})}),
    "ActivityBody": thing(
        {
            "$type": TEXT,
            "$session_status": {
                "enum": ["NO_SESSION", "IN_SESSION", "CLOSED_SESSION", "SESSION_SNAPSHOT"]
            },
            "$events": many(_EVENT),
            "$user_identifiers": many(_USER_IDENTIFIER),
        },
        {
            "$ts": GIVEN_MS,
            "$site_id": ID,
            "$app_id": ID,
            "$unique_key": TEXT,
            "$ttl": LENGTH | {"description": "Minutes."},
            "$session_duration": LENGTH,
            "$origin": or_null({"type": "object"}),
            "$location": or_null({"type": "object"}),
            "$topics": or_null({"type": "object", "additionalProperties": _WEIGHTS}),
        },
    ),
    "Import": thing({"id": ID, "document_type": TEXT, "mime_type": TEXT, "encoding": TEXT}),
    "ImportBody": thing(
        {
            "document_type": {"enum": ["USER_CHOICE", "USER_PROFILE", "USER_POINTS_DELETION"]},
            "mime_type": {"const": "APPLICATION_X_NDJSON"},
            "encoding": {"const": "utf-8"},
            "name": TEXT | {"minLength": 1},
        }
    ),
    "Execution": thing(
        {"id": ID, "status": TEXT, "num_tasks": WHOLE, "completed_tasks": WHOLE},
        {
            "result": or_null(
                thing(
                    {"total_success": WHOLE, "total_failure": WHOLE},
                    {"error_file_uri": or_null(TEXT)},
                )
            )
        },
    ),
    "ActionBody": thing({"action": {"const": "CANCEL"}}),
}
