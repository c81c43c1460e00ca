"""The one statement that writes an entry, its canonical bytes with it.

The database gives the id and the time and puts them into the text that the writer has rendered
around them: no trigger, no second round trip (docs/adr/0008).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from consentadmin.audit.canonical import around_id_and_time, canonical
from consentadmin.audit.models import Entry
from consentadmin.audit.prepared import prepared
from consentadmin.audit.retention import class_of

COLUMNS = (
    *("schema", "action", "outcome", "actor_id", "actor_name", "actor_role", "datamart"),
    *("subject", "reason", "case", "change", "request_id", "data", "sealed"),
)
WRITE = f"""
INSERT INTO audit_entry
       (id, at, canonical, retention, {", ".join(f'"{name}"' for name in COLUMNS)})
SELECT id, at,
       %s || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || %s || id || %s,
       %s, {", ".join(["%s"] * len(COLUMNS))}
FROM (
    SELECT nextval('audit_entry_id_seq') AS id, consentadmin_now() AS at OFFSET 0
) AS given
RETURNING id, at
"""  # noqa: S608  (names of ours alone; OFFSET 0 keeps PostgreSQL from asking the clock twice)
WRITE_AFTER = WRITE.replace("AS at OFFSET 0", "AS at FROM acted OFFSET 0")


@dataclass(frozen=True, slots=True)
class Act:
    """A statement that touches one row or none and returns it, and its parameters."""

    sql: str
    params: Sequence[Any]


class Untouched(Exception):
    """The act met no row, so nothing was written of it."""


def fields(entry: Entry) -> dict[str, Any]:
    """Return an entry's fields as JSON has them, all but its id and time."""
    found = {name: getattr(entry, name) for name in COLUMNS}
    return found | {
        "action": str(entry.action),
        "outcome": str(entry.outcome),
        "subject": str(entry.subject) if entry.subject else None,
        "sealed": base64.b64encode(entry.sealed).decode() if entry.sealed is not None else None,
    }


def values(entry: Entry) -> list[Any]:
    """Return what WRITE takes to write an entry, over whichever connection. Raises NotCanonical."""
    row = fields(entry)
    around = around_id_and_time(row)
    row["data"] = Jsonb(row["data"], dumps=canonical)
    row["sealed"] = entry.sealed
    return [*around, class_of(entry.action).value, *row.values()]


def write(entry: Entry, *, act: Act | None = None) -> Entry:
    """Write an entry that has neither id nor time yet, and return it with both.

    With `act`, the act is done in the same statement: both or neither. Raises Untouched when it
    met no row, NotCanonical, and what the database raises.
    """
    sql = f"WITH acted AS ({act.sql}) {WRITE_AFTER}" if act else WRITE
    written = prepared(sql, [*(act.params if act else ()), *values(entry)]).fetchone()
    if written is None:
        raise Untouched
    entry.pk, entry.at = written
    entry.retention = class_of(entry.action).value
    entry._state.adding, entry._state.db = False, connection.alias  # noqa: SLF001  (as the ORM does)
    return entry
