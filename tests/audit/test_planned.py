"""Plans that are made once: steered meanwhile, and not a moment longer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DataError, connection, connections, transaction

from consentadmin.audit import planned
from consentadmin.audit.models import Entry
from consentadmin.audit.planned import NAMES, PLANNER, SELECT
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action


def settings() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_settings WHERE name = ANY(%s)", [list(PLANNER)])
        return [setting for (setting,) in cursor.fetchall()]


def test_a_statement_is_planned_once_for_all_values(db: None) -> None:
    entry = record(action=Action.READ, actor=HOUSE, data={"what": "choice"}, sealed=b"\xff")
    for number in (entry.pk, entry.pk + 1, entry.pk):
        found = planned.read(f"{SELECT} WHERE id = %s", [number])
    assert found == [entry]
    kept = Entry.objects.get(pk=entry.pk)
    assert [getattr(found[0], name) for name in NAMES] == [getattr(kept, name) for name in NAMES]
    plans = planned.rows(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
        " WHERE statement LIKE '%%audit_entry WHERE id = $1'"
        " AND statement NOT LIKE '%%pg_prepared%%'"
    )
    assert plans == [(3, 0)]


def test_other_statements_are_planned_as_ever(db: None) -> None:
    before = settings()
    planned.read(f"{SELECT} WHERE id = %s", [1])
    assert settings() == before


def test_an_error_takes_the_steering_back(db: None) -> None:
    before = settings()
    with pytest.raises(DataError), transaction.atomic():
        planned.rows("SELECT 1 / (id - id) FROM audit_entry UNION SELECT 1 / %s", [0])
    assert settings() == before


def test_outside_of_a_transaction_it_is_so_too(db: None) -> None:
    def read_and_fail_and_go_on() -> None:
        before = settings()
        assert planned.rows("SELECT current_setting('enable_seqscan')") == [("off",)]
        assert settings() == before
        with pytest.raises(DataError):
            planned.rows("SELECT 1 / (given - given) FROM (SELECT %s::int) AS it(given)", [7])
        assert settings() == before
        with transaction.atomic():  # in which it is the first to say a word
            assert planned.rows("SELECT current_setting('enable_sort')") == [("off",)]
            assert settings() == before
            assert planned.rows("SELECT 1") == [(1,)]
            assert settings() == before
        connections.close_all()

    with ThreadPoolExecutor(1) as another:  # whose connection is in no transaction
        another.submit(read_and_fail_and_go_on).result()
