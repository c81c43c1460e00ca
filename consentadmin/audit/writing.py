"""The one statement that writes an entry, its canonical bytes with it.

The database gives the id and the time and puts them into the text that the writer has rendered
around them: no trigger, no second round trip (docs/adr/0008).
"""

import base64
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from consentadmin.audit.canonical import around_id_and_time, canonical
from consentadmin.audit.models import Entry

COLUMNS = (
    *("schema", "action", "outcome", "actor_id", "actor_name", "actor_role", "datamart"),
    *("subject", "reason", "case", "change", "request_id", "data", "sealed"),
)
WRITE = f"""
INSERT INTO audit_entry (id, at, canonical, {", ".join(f'"{name}"' for name in COLUMNS)})
SELECT id, at,
       %s || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || %s || id || %s,
       {", ".join(["%s"] * len(COLUMNS))}
FROM (
    SELECT nextval('audit_entry_id_seq') AS id, consentadmin_now() AS at OFFSET 0
) AS given
RETURNING id, at
"""  # noqa: S608  (names of ours alone; OFFSET 0 keeps PostgreSQL from asking the clock twice)


def fields(entry: Entry) -> dict[str, Any]:
    """Return an entry's fields as JSON has them, all but its id and time."""
    found = {name: getattr(entry, name) for name in COLUMNS}
    return found | {
        "action": str(entry.action),
        "outcome": str(entry.outcome),
        "subject": str(entry.subject) if entry.subject else None,
        "sealed": base64.b64encode(entry.sealed).decode() if entry.sealed is not None else None,
    }


def write(entry: Entry) -> Entry:
    """Write an entry that has neither id nor time yet, and return it with both.

    Raises NotCanonical, and what the database raises.
    """
    row = fields(entry)
    around = around_id_and_time(row)
    row["data"] = Jsonb(row["data"], dumps=canonical)
    row["sealed"] = entry.sealed
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [*around, *row.values()])
        entry.pk, entry.at = cursor.fetchone()
    entry._state.adding, entry._state.db = False, connection.alias  # noqa: SLF001  (as the ORM does)
    return entry
