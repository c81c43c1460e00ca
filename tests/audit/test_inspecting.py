"""A verification leaves its verdict for the screens, and an entry."""

from django.db import connection

from consentadmin.audit import seals
from consentadmin.audit.inspecting import inspect
from consentadmin.audit.keeping import connect
from consentadmin.audit.models import Entry
from consentadmin.audit.sealing import Sealer
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Outcome
from consentadmin.tasks.audit import verify
from tests.audit.conftest import take_the_lead
from tests.faults.conftest import db  # it verifies over a connection of its own

__all__ = ["db"]


def seal() -> None:
    with connect() as over:
        sealer = Sealer(over)
        take_the_lead(sealer)
        sealer.seal_all()


def test_a_sound_trail_is_told_by_the_hourly_task(db: None) -> None:
    record(action=Action.SIGNED_IN, actor=HOUSE)
    seal()
    verify()
    found = seals.last_verification()
    assert found
    assert (found.is_sound, found.size) == (True, 1)
    entry = Entry.objects.get(action=Action.TRAIL_VERIFIED)
    assert (entry.outcome, entry.data["size"]) == (Outcome.DONE, 1)


def test_a_leaf_of_no_entry_is_an_alarm(db: None) -> None:
    record(action=Action.SIGNED_IN, actor=HOUSE)
    seal()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_leaf VALUES (1, 999, 1, sha256('x'))")
    assert not inspect().is_sound
    found = seals.last_verification()
    assert found
    assert (found.is_sound, found.entry) == (False, 999)
    entry = Entry.objects.get(action=Action.TRAIL_VERIFIED)
    assert (entry.outcome, entry.data["why"]) == (Outcome.FAILED, "entry 999: it was deleted")
