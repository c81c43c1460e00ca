"""Each filter of the trail is answered by an index, in the trail's order: nothing is sorted."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from consentadmin.audit.queries import Filter, Place, entries, older
from consentadmin.audit.words import Action, Outcome
from consentadmin.local.databases import SUPERUSER
from consentadmin.local.postgres import PostgresServer
from tests.audit.conftest import Trail

ROWS = 10_000
Explain = Callable[[Any], str]


@pytest.fixture(scope="module")
def large(trail_server: PostgresServer) -> Iterator[Trail]:
    """A trail of some size, whose planner knows it; these tests only read it."""
    trail = Trail(trail_server, "trail_large")
    trail_server.clone("template_trail", trail.name)
    trail.write(ROWS)
    trail.connect(SUPERUSER).execute("ANALYZE audit_entry")
    yield trail
    trail.close()
    trail_server.drop_database(trail.name)


@pytest.fixture
def plan_of(large: Trail, db: None) -> Explain:
    """Give the plan of the first page of a search."""
    connection = large.connect()

    def plan(chosen: Any) -> str:
        statement, values = chosen[:51].query.sql_with_params()
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(f"EXPLAIN {statement}".encode(), values)
        return "\n".join(line for (line,) in cursor.fetchall())

    return plan


WHOLE_DAY = Filter(since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (Filter(), "entry_at"),
        (WHOLE_DAY, "entry_at"),
        (Filter(actor=99), "entry_of_actor"),
        (Filter(action=Action.SIGNED_IN), "entry_of_action"),
        (Filter(outcome=Outcome.FAILED), "entry_of_outcome"),
        (Filter(subjects=[uuid.UUID(int=1)]), "entry_of_subject"),
        (Filter(datamarts=["1460"]), "entry_of_datamart"),
        (Filter(case="C-0142"), "entry_of_case"),
        (Filter(change=7), "entry_of_change"),
        (Filter(reason="complaint"), "entry_of_reason"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_it_is_answered_by_an_index(plan_of: Explain, asked: Filter, index: str) -> None:
    plan = plan_of(entries(asked))
    assert f"using {index} " in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


def test_a_deep_page_begins_where_the_last_one_ended(plan_of: Explain) -> None:
    place = Place(datetime(2100, 1, 1, tzinfo=UTC), 7)
    plan = plan_of(older(entries(Filter(actor=99)), than=place))
    assert "Index Cond: ((actor_id = 99) AND (ROW(at, id) < ROW(" in plan
    assert "Sort" not in plan
