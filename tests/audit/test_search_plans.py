"""Each filter of the trail is answered by an index, in the trail's order: nothing is sorted.

For every month there is, by the plan that serves all values.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from consentadmin.audit import seals
from consentadmin.audit.filters import FIRST, LAST, Filter, Place
from consentadmin.audit.partitions import add_ahead
from consentadmin.audit.planned import PLANNER
from consentadmin.audit.proofs import KEPT
from consentadmin.audit.sealing import BY_INDEX, IN_ORDER
from consentadmin.audit.searching import beside, leads_of
from consentadmin.audit.words import Action, Outcome
from consentadmin.local.databases import OWNER_ROLE, SUPERUSER
from consentadmin.local.postgres import PostgresServer
from tests.audit.conftest import Trail

ROWS, MONTHS = 500, 20
STEER = "; ".join(f"SET {name} = {value}" for name, value in PLANNER.items())
TABLE = r"(?:house|[a-z]+_(?:rest|\d{4}_\d\d))"
Explain = Callable[..., str]


@pytest.fixture(scope="module")
def large(trail_server: PostgresServer) -> Iterator[Trail]:
    """A trail of many months, whose planner knows it; these tests only read it."""
    trail = Trail(trail_server, "trail_large")
    trail_server.clone("template_trail", trail.name)
    for months in range(MONTHS):
        trail.write_ago(months, ROWS)
    add_ahead(trail.connect(OWNER_ROLE))
    trail.connect(SUPERUSER).execute("ANALYZE audit_entry")
    yield trail
    trail.close()
    trail_server.drop_database(trail.name)


@pytest.fixture
def plan_of(large: Trail) -> Iterator[Explain]:
    """Give the plan of a statement, steered as it is in earnest, before its values are known."""
    connection = psycopg.connect(large.server.url(large.name), autocommit=True)

    def plan(statement: str, values: Any = (), *, steer: str = STEER) -> str:
        connection.execute(steer.encode())
        numbers = iter(range(1, 99))
        numbered = re.sub("%s", lambda _: f"${next(numbers)}", statement)
        connection.execute(f"PREPARE asked AS {numbered}".encode())
        call = f"({', '.join(['%s'] * len(values))})" if values else ""
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(f"EXPLAIN EXECUTE asked{call}".encode(), values)
        return "\n".join(line for (line,) in cursor.fetchall())

    yield plan
    connection.close()


def searched(asked: Filter, *, place: Place = LAST, far: datetime = FIRST.at) -> tuple[str, Any]:
    """Return the statement of a search's page, and its values."""
    (lead,) = leads_of(asked)
    return beside(asked, place, Place(far, 0), lead, 51)


WHOLE_DAY = Filter(since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        (Filter(), "at"),
        (WHOLE_DAY, "at"),
        (Filter(actor=99), "actor_id_at"),
        (Filter(action=Action.SIGNED_IN), "action_at"),
        (Filter(outcome=Outcome.FAILED), "outcome_at"),
        (Filter(subjects=[uuid.UUID(int=1)]), "subject_at"),
        (Filter(datamarts=["1460"]), "datamart_at"),
        (Filter(case="C-0142"), "case_at"),
        (Filter(change=7), "change_at"),
        (Filter(reason="complaint"), "reason_at"),
        (Filter(reason="complaint", datamarts=["1459", "1460"]), "reason_at"),
        (Filter(subjects=[uuid.UUID(int=1)], actor=7, datamarts=["1459"]), "subject_at"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_it_is_answered_by_an_index(
    plan_of: Explain, db: None, asked: Filter, columns: str
) -> None:
    plan = plan_of(*searched(asked))
    used = re.findall(rf"using audit_entry_{TABLE}_(\w+)_id_idx ", plan)
    assert set(used) == {columns}
    assert len(used) > 2 * MONTHS or asked.since
    assert "Seq Scan" not in plan
    assert " Sort  (" not in plan


def test_only_the_months_around_a_place_are_looked_at(plan_of: Explain, db: None) -> None:
    place = Place(datetime.now(UTC), 7)
    near = plan_of(*searched(Filter(actor=99), place=place, far=place.at.replace(day=1)))
    assert near.count("Index Scan") <= 6
    assert "Subplans Removed" in near


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        (Filter(actor=7, action=Action.READ, datamarts=["1459"]), ["actor_id"]),
        (Filter(actor=7, action=Action.TOKEN_USED, reason="call"), ["action"]),
        (Filter(actor=7, outcome=Outcome.FAILED), ["outcome"]),
        (Filter(actor=7, outcome=Outcome.DONE), ["actor_id"]),
        (Filter(actor=7, outcome=Outcome.NOT_FOUND), ["outcome"]),
        (Filter(outcome=Outcome.FAILED, action=Action.TOKEN_USED), ["outcome"]),
        (Filter(actor=7, datamarts=[]), []),
        (Filter(case="", reason="", outcome=Outcome.DONE), [""]),
        (Filter(action=Action.TOKEN_USED, case="C-1"), ["case"]),
        (Filter(datamarts=["1459", "1460"]), ["datamart"] * 2),
        (Filter(datamarts=[str(number) for number in range(9)]), [""]),
        (Filter(subjects=[]), []),
    ],
    ids=lambda part: "-".join(part) if isinstance(part, list) else "",
)
def test_of_several_filters_the_one_leads_that_leaves_the_fewest(
    asked: Filter, columns: list[str]
) -> None:
    assert [lead.column for lead in leads_of(asked)] == columns


@pytest.mark.parametrize("statement", [KEPT, seals.STATE])
def test_what_is_asked_of_the_seal_reads_no_table_of_entries(
    plan_of: Explain, db: None, statement: str
) -> None:
    values = [7] if statement == KEPT else ["consentadmin"]
    plan = plan_of(statement.replace("'[0-9]{4}_[0-9]{2}$'", "'x'"), values)
    assert not re.search(r"Seq Scan on audit_entry_(?!(access|proof)_rest)", plan)


def test_the_sealer_finds_what_is_next_by_index(plan_of: Explain, db: None) -> None:
    known = {"xid": "'3'", "entry": "0", "most": "20000", "size": "0", "epoch": "1"}
    statement = re.sub(r"%\((\w+)\)s", lambda found: known[found[1]], IN_ORDER)
    plan = plan_of(statement, steer=BY_INDEX)
    assert plan.count("_xid_id_idx") > 2 * MONTHS
    assert "Seq Scan on audit_entry" not in plan
