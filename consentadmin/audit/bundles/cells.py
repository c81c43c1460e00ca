"""What PostgreSQL renders for a bundle: the entries' bytes, and a CSV that harms no spreadsheet.

Both come out of COPY as they go into the file. `verify_bundle.py` makes the same cells of the
entries' bytes, and compares.
"""

from dataclasses import fields
from datetime import datetime
from typing import Any

from psycopg import sql

from consentadmin.audit.bundles.verify_bundle import COLUMNS
from consentadmin.audit.filters import Filter

CONDITIONS = {
    "since": "e.at >= {}",
    "until": "e.at < {}",
    "actor": "e.actor_id = {}",
    "action": "e.action = {}",
    "outcome": "e.outcome = {}",
    "subjects": "e.subject = ANY({}::uuid[])",
    "datamarts": "e.datamart = ANY({})",
    "case": 'e."case" = {}',
    "change": "e.change = {}",
    "reason": "e.reason = {}",
}
# Canonical JSON holds no control character, so this is COPY as it stands: nothing to escape.
AS_IT_STANDS = r"(FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01')"
QUOTED = "(FORMAT csv, FORCE_QUOTE *)"
LINE = """'{"entry":' || e.canonical || ',"seq":' || l.seq || '}'"""
RENDERED = {
    "seq": "l.seq",
    "at": """to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "data": "(e.canonical::json -> 'data')::text",
    "sealed": r"replace(encode(e.sealed, 'base64'), E'\n', '')",
}
GUARDED = {"actor_name", "actor_role", "datamart", "reason", "case", "request_id"}
GUARD = r"""CASE WHEN left({0}, 1) IN ('=', '+', '-', '@', E'\t', E'\r', E'\n')
    THEN '''' || {0} ELSE {0} END"""


def _cell(name: str) -> str:
    column = f'e."{name}"'
    return GUARD.format(column) if name in GUARDED else RENDERED.get(name, column)


FORMATS = {
    "entries.jsonl": (LINE, AS_IT_STANDS),
    "entries.csv": (", ".join(map(_cell, COLUMNS)), QUOTED),
}


def where(asked: Filter) -> sql.Composable:
    """Return the condition on an entry `e` that a filter stands for; an unknown filter raises."""
    given = {part.name: getattr(asked, part.name) for part in fields(asked)}
    conditions = [
        sql.SQL(CONDITIONS[name]).format(sql.Literal(_plain(value)))
        for name, value in given.items()
        if value is not None
    ]
    return sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true")


def told(asked: Filter) -> dict[str, Any]:
    """Return a filter as a manifest tells it: what was asked for, and nothing else."""
    found = {}
    for part in fields(asked):
        value = getattr(asked, part.name)
        if value is not None:
            plain = _plain(value)
            found[part.name] = plain.isoformat() if isinstance(plain, datetime) else plain
    return found


def _plain(value: object) -> Any:  # noqa: ANN401  (JSON, or a time)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(member) for member in value)
    return value
