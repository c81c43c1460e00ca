"""What screens and watchers are told of the seal."""

from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction

from consentadmin.audit import seals
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action

HASH = sha256(b"").digest()


def put(statement: str, *values: bytes | int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def sign(size: int, age: str = "0") -> None:
    put(
        "INSERT INTO audit_checkpoint (origin, size, root, note, signed_at)"
        " VALUES ('consentadmin', %s, %s, 'n', consentadmin_now() - %s::interval)",
        *(size, HASH, age),
    )


def seal_all() -> None:
    put("INSERT INTO audit_leaf SELECT row_number() OVER () - 1, id, 1, %s FROM audit_entry", HASH)
    put("INSERT INTO audit_cursor SELECT true, 1, 1, max(xid), max(id) FROM audit_entry")


@pytest.fixture(autouse=True)
def _an_entry(db: None) -> None:
    record(action=Action.SIGNED_IN, actor=HOUSE)


def test_nobody_has_verified_yet() -> None:
    assert seals.last_verification() is None


def test_the_last_verification_is_told() -> None:
    for is_sound in (True, False):
        put(
            "INSERT INTO audit_verification (size, is_sound, first_bad, entry, why, seconds)"
            " VALUES (9, %s, 4, 17, 'it was deleted', 0.5)",
            is_sound,
        )
    last = seals.last_verification()
    assert last
    assert (last.is_sound, last.first_bad, last.entry, last.size) == (False, 4, 17, 9)


def test_all_is_well_when_all_is_sealed_and_signed() -> None:
    seal_all()
    sign(1)
    found = seals.sealing()
    assert (found.size, found.signed_size, found.oldest_unsealed) == (1, 1, None)
    assert found.troubles() == []


def test_an_entry_that_waits_is_a_trouble() -> None:
    put("SET LOCAL consentadmin.clock_offset = '1 minute'")
    assert "has waited 60 s to be sealed" in seals.sealing().troubles()[0]
    put("SET LOCAL consentadmin.clock_offset = '0'")
    seal_all()
    record(action=Action.SIGNED_OUT, actor=HOUSE)
    put("SET LOCAL consentadmin.clock_offset = '2 minutes'")
    assert "has waited 120 s to be sealed" in seals.sealing().troubles()[0]


def test_what_nobody_signs_is_a_trouble_once_it_has_waited() -> None:
    seal_all()
    sign(0, age="10 minutes")  # nothing was written since: the sealer was not due to sign
    assert seals.sealing().troubles() == []
    put("SET LOCAL consentadmin.clock_offset = '6 minutes'")
    assert "1 sealed entries are not signed for" in seals.sealing().troubles()
    sign(1)
    assert seals.sealing().troubles() == []


def test_what_did_not_go_out_is_a_trouble() -> None:
    seal_all()
    sign(1)
    put(
        "INSERT INTO audit_publication (checkpoint, place, error)"
        " SELECT id, 'directory', 'No space left on device' FROM audit_checkpoint"
    )
    assert "directory: No space left" in seals.sealing().troubles()[0]


def test_months_without_tables_are_a_trouble() -> None:
    seal_all()
    sign(1)
    put("SET LOCAL consentadmin.clock_offset = '4 months'")
    assert seals.sealing().months_ahead == 2
    put("SET LOCAL consentadmin.clock_offset = '5 months'")
    assert "the months to come have no tables" in seals.sealing().troubles()[-1]


def test_an_entry_outside_of_any_month_is_a_trouble() -> None:
    put("SET LOCAL consentadmin.clock_offset = '-15 months'")
    record(action=Action.SIGNED_OUT, actor=HOUSE)
    put("SET LOCAL consentadmin.clock_offset = '0'")
    found = seals.sealing()
    assert found.has_rest
    assert "run `manage.py keeptrail`" in found.troubles()[-1]


def test_places_are_told_of_what_is_sealed() -> None:
    seal_all()
    later = record(action=Action.SIGNED_OUT, actor=HOUSE)
    assert list(seals.places([later.pk - 1, later.pk]).values()) == [0]


@pytest.mark.parametrize(
    "table", ["leaf", "node", "key", "checkpoint", "publication", "verification", "pruning"]
)
@pytest.mark.django_db(databases=["default", "owner"])
def test_nothing_of_the_seal_can_be_changed(table: str) -> None:
    from django.db import connections

    statement = f"DELETE FROM audit_{table}"
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        put(statement)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic("owner"):
        connections["owner"].cursor().execute(statement)


def test_the_newest_checkpoint_is_told() -> None:
    sign(1)
    found = seals.newest_checkpoint()
    assert found
    assert found.checkpoint.size == 1
    assert seals.newest_checkpoint(after=found.id) is None
