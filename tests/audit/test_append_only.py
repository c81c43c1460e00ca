"""The trail can be added to and nothing else (DESIGN §4, One entry)."""

import pytest
from django.db import DatabaseError, connection, connections, transaction

from consentadmin.audit.models import Entry
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action

FORBIDDEN = [
    "UPDATE audit_entry SET action = 'nothing'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_app_has_no_right_to_change_it(db: None, statement: str) -> None:
    record(action=Action.SIGNED_OUT, actor=HOUSE)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_even_the_owner_is_refused(statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic("owner"):
        connections["owner"].cursor().execute(statement)


def test_the_app_can_not_take_the_protection_off(db: None) -> None:
    with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic():
        connection.cursor().execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")


def test_an_entry_takes_the_clock_of_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL consentadmin.clock_offset = '1 hour'")
        entry = record(action=Action.SIGNED_OUT, actor=HOUSE)
        cursor.execute(
            "SELECT extract(epoch FROM %s - clock_timestamp())", [Entry.objects.get(pk=entry.pk).at]
        )
        assert 3590 < cursor.fetchone()[0] <= 3600


def test_an_entry_and_what_it_tells_of_live_or_die_together(db: None) -> None:
    with transaction.atomic():
        record(action=Action.SIGNED_OUT, actor=HOUSE)
        transaction.set_rollback(True)
    assert not Entry.objects.filter(action=Action.SIGNED_OUT).exists()
