"""The trail by class and month: where entries lie, what is made ahead, and that none can change."""

import os
import subprocess
import sys
from datetime import date
from typing import Any

import psycopg
import pytest

from consentadmin.audit.partitions import AHEAD, add_ahead, months
from consentadmin.audit.retention import Retention
from consentadmin.local.databases import OWNER_ROLE
from tests.audit.conftest import ROOT, Trail

PARTS = "SELECT relid::regclass::text FROM pg_partition_tree('audit_entry')"
WHERE = "SELECT tableoid::regclass::text, count(*) FROM audit_entry GROUP BY 1 ORDER BY 1"
EVERYTHING = "SELECT md5(string_agg(e::text, '|' ORDER BY id)) FROM audit_entry e"
PLAIN = """
SELECT md5(string_agg(concat_ws('|', id, at, action, subject, data, sealed, xid, canonical), ';'
                      ORDER BY id)) FROM audit_entry
"""
THIS_MONTH = "SELECT to_char(now() AT TIME ZONE 'UTC', '_YYYY_MM')"
MONTH_AGO = "SELECT to_char((now() - interval '15 months') AT TIME ZONE 'UTC', '_YYYY_MM')"


def value(trail: Trail, statement: str) -> Any:
    row = trail.connect().execute(statement.encode()).fetchone()
    assert row
    return row[0]


def migrate(trail: Trail, *words: str) -> None:
    trail.close()
    told = os.environ | {
        "DATABASE_URL": trail.server.url(trail.name),
        "DATABASE_OWNER_URL": trail.server.url(trail.name, role=OWNER_ROLE),
    }
    argv = [sys.executable, "manage.py", "migrate", "-v0", *words]
    subprocess.run(argv, cwd=ROOT, env=told, check=True)


def test_an_entry_lies_in_the_table_of_its_class_and_month(trail: Trail) -> None:
    trail.write(3)
    now = value(trail, THIS_MONTH)
    found = trail.connect().execute(WHERE).fetchall()
    assert found == [(f"audit_entry_access{now}", 1), (f"audit_entry_proof{now}", 2)]


def test_a_migration_makes_the_months_ahead(trail: Trail) -> None:
    found = months(trail.connect())
    assert len(found) == 2 * (1 + AHEAD)
    assert {month.retention for month in found} == {Retention.ACCESS, Retention.PROOF}
    assert add_ahead(trail.connect(OWNER_ROLE)) == []


def test_what_has_no_month_is_kept_with_the_rest(trail: Trail) -> None:
    trail.write_ago(15, count=3)
    found = trail.connect().execute(WHERE).fetchall()
    assert found == [("audit_entry_access_rest", 1), ("audit_entry_proof_rest", 2)]


def test_the_rest_is_moved_into_its_months_as_it_is(trail: Trail) -> None:
    trail.write_ago(15, count=3)
    trail.write(4)
    trail.sign()
    before, then = value(trail, EVERYTHING), value(trail, MONTH_AGO)
    made = add_ahead(trail.connect(OWNER_ROLE))
    assert [month.table for month in made] == [
        f"audit_entry_access{then}",
        f"audit_entry_proof{then}",
    ]
    assert value(trail, EVERYTHING) == before
    assert value(trail, "SELECT count(*) FROM audit_entry_proof_rest") == 0  # the app may look
    assert (f"audit_entry_proof{then}", 2) in trail.connect().execute(WHERE).fetchall()
    assert trail.verify().is_sound


def test_months_are_added_where_some_are_missing(trail: Trail) -> None:
    owner = trail.connect(OWNER_ROLE)
    gone = months(owner)[-1]
    owner.execute(f"DROP TABLE {gone.table}".encode())
    assert add_ahead(owner) == [gone]
    assert add_ahead(owner, ahead=AHEAD + 1)[0].first > gone.first


@pytest.mark.parametrize("action", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_no_table_of_the_trail_can_be_changed(trail: Trail, action: str) -> None:
    trail.write_ago(15, count=2)
    owner, app = trail.connect(OWNER_ROLE), trail.connect()
    add_ahead(owner)
    for (table,) in app.execute(PARTS).fetchall():
        with pytest.raises(psycopg.Error, match="append-only"):
            owner.execute(action.format(table).encode())
        with pytest.raises(psycopg.Error, match="permission denied"):
            app.execute(action.format(table).encode())


@pytest.mark.parametrize(
    "attack",
    [
        "INSERT INTO audit_entry_house SELECT * FROM audit_entry",
        "ALTER TABLE audit_entry DETACH PARTITION audit_entry_house",
        "DROP TABLE audit_entry_access_rest",
        "ALTER TABLE audit_entry_access_rest DISABLE TRIGGER ALL",
        "SELECT audit_add_month('access', '2020-01-01')",
    ],
)
def test_the_app_has_no_other_door(trail: Trail, attack: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        trail.connect().execute(attack.encode())


def test_a_table_that_was_hung_in_by_hand_is_protected_too(trail: Trail) -> None:
    owner = trail.connect(OWNER_ROLE)
    owner.execute(
        "CREATE TABLE byhand PARTITION OF audit_entry_access"
        " FOR VALUES FROM ('2000-01-01') TO ('2000-02-01')"
    )
    owner.execute(
        "INSERT INTO audit_entry (at, schema, action, outcome, actor_name, actor_role, datamart,"
        " reason, \"case\", request_id, data, retention) VALUES ('2000-01-05', 1, 'person.read',"
        " 'done', 'Anna', 'agent', '', '', '', '', '{}', 'access')"
    )
    for statement in (b"UPDATE byhand SET reason = 'x'", b"DELETE FROM byhand"):
        with pytest.raises(psycopg.Error, match="append-only"):
            owner.execute(statement)


def test_another_entry_of_the_same_number_is_found(trail: Trail) -> None:
    first, second = trail.write(2)
    names = "schema, action, outcome, actor_name, actor_role, datamart, reason, request_id, data"
    copied = (
        f'INSERT INTO audit_entry (id, at, retention, "case", {names}) SELECT id,'
        f" at - interval '9 years', retention, 'C-2', {names} FROM audit_entry WHERE id = {second}"
    )
    trail.connect().execute(copied.encode())
    trail.sign()
    report = trail.verify()
    assert report.size == 2
    assert str(report.first_bad) == f"entry {second}: there is another of its number"
    assert first


def test_a_trail_of_the_old_shape_is_moved_as_it_is(trail: Trail) -> None:
    migrate(trail, "audit", "0006")
    old = trail.connect()
    old.execute(
        "INSERT INTO audit_entry (at, schema, action, outcome, actor_name, actor_role,"
        " datamart, reason, \"case\", request_id, data) SELECT now() - i * interval '20 days', 1,"
        " (ARRAY['person.read', 'change.sent', 'staff.added'])[1 + i % 3], 'done', 'Anna', 'agent',"
        " '', '', '', '', '{}' FROM generate_series(1, 30) i"
    )
    trail.sign()
    before, last = value(trail, PLAIN), value(trail, "SELECT last_value FROM audit_entry_id_seq")
    migrate(trail)
    assert value(trail, PLAIN) == before
    assert value(trail, "SELECT count(DISTINCT tableoid::regclass) FROM audit_entry") > 20
    assert value(trail, "SELECT count(*) FROM audit_entry WHERE retention = 'house'") == 10
    assert trail.write() == [last + 1]
    assert trail.sign()
    assert trail.verify().is_sound
    migrate(trail, "audit", "0006")
    assert value(trail, "SELECT max(id) FROM audit_entry") == last + 1
    with pytest.raises(psycopg.Error, match="append-only"):
        trail.connect(OWNER_ROLE).execute("DELETE FROM audit_entry")


def test_a_month_says_where_it_lies() -> None:
    from consentadmin.audit.partitions import Month

    month = Month(date(2025, 3, 1), Retention.PROOF)
    assert (str(month), month.table) == ("proof 2025-03", "audit_entry_proof_2025_03")
