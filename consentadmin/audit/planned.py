"""Reading entries of any time by plans that are made once for each connection, and kept.

To plan for every month of every class takes PostgreSQL longer than to look there: 10 ms against
half of one at a hundred tables. So these statements are prepared on the server, with a plan that
serves all values, along an index in the order asked for; the tables of other times are passed over
when it runs (docs/adr/0010). What steers the planner goes along with them, in the same round trip.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS
from psycopg.pq import TransactionStatus

from consentadmin.audit.models import Entry
from consentadmin.audit.prepared import Driver, driver, run

PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "jit": "off",
}
# In the order in which the ORM makes an entry of them; `data` comes as text.
NAMES = [field.attname for field in Entry._meta.concrete_fields]  # noqa: SLF001  (as the ORM does)
COLUMNS = ", ".join("data::text AS data" if name == "data" else f'"{name}"' for name in NAMES)
SELECT = f"SELECT {COLUMNS} FROM audit_entry"  # noqa: S608  (words of ours)
DATA = NAMES.index("data")
SHOW = "SELECT " + ", ".join(f"current_setting('{name}')" for name in PLANNER)


def _set(settings: Mapping[str, str], *, is_local: bool) -> str:
    parts = [f"set_config('{name}', '{value}', {is_local})" for name, value in settings.items()]
    return f"SELECT {', '.join(parts)}"


STEER = _set(PLANNER, is_local=True)
_unsteer: WeakKeyDictionary[Driver, str] = WeakKeyDictionary()
"""What takes the steering back, of each connection."""


def read(statement: str, values: Sequence[Any] = ()) -> list[Entry]:
    """Return the entries of a statement of our SELECT. Raises what the database raises.

    Statements are put together, not made by the ORM: it takes longer than PostgreSQL to answer.
    """
    found = rows(statement, values)
    return [Entry.from_db(DEFAULT_DB_ALIAS, NAMES, _fields(row)) for row in found]


def rows(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that looks at every month. Raises what the database raises.

    The planner is steered meanwhile: it plans when it must, at any of them.
    """
    with driver() as raw:
        is_within = not raw.autocommit or raw.info.transaction_status != TransactionStatus.IDLE
        if is_within and raw not in _unsteer:
            before = dict(zip(PLANNER, run(raw, SHOW).fetchall()[0], strict=True))
            _unsteer[raw] = _set(before, is_local=True)
        with raw.pipeline():  # one transaction: at its end, or where it fails, the steering is over
            run(raw, STEER)
            asked = run(raw, statement, values)
            if is_within:
                run(raw, _unsteer[raw])
        return asked.fetchall()


def _fields(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return *row[:DATA], json.loads(row[DATA]), *row[DATA + 1 :]
