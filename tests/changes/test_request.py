"""Asking for a change: the row, the entry, and what may not be asked twice."""

import pytest

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.deciding import cancel
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced
from consentadmin.changes.services import AlreadyPending
from consentadmin.changes.states import State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.catalogue import AUDIENCE, NEWSLETTER
from consentadmin.sandbox.people import MARIE
from consentadmin.subjects.models import Handle
from tests import factories

ORDERS = "3408"


@pytest.fixture
def handle(alice: Staff, datamart: Datamart) -> Handle:
    return factories.handle(MARIE, alice, datamart)


def test_it_leaves_a_queued_row_and_an_entry(handle: Handle) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=True, customs={"form": "12"})
    entry = Entry.objects.get(action=Action.CHANGE_ASKED, change=change.pk)
    assert change.state == State.QUEUED
    assert (entry.subject, entry.case) == (handle.subject_id, "C-0142")
    assert entry.data["accepted"] is True


def test_it_keeps_the_name_and_basis_of_the_moment(handle: Handle) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=True)
    assert (change.processing_name, change.basis) == ("Newsletter by e-mail", "CONSENT")


def test_custom_fields_are_in_clear_nowhere(handle: Handle) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=True, customs={"said": "on the phone"})
    entry = Entry.objects.get(action=Action.CHANGE_ASKED, change=change.pk)
    assert b"phone" not in bytes(change.payload_sealed) + bytes(entry.sealed or b"")
    assert "phone" not in str(entry.data)
    assert change.wish.customs == {"said": "on the phone"}


def test_a_second_grant_must_wait(handle: Handle) -> None:
    factories.change(handle, NEWSLETTER, accepted=True)
    with pytest.raises(AlreadyPending):
        factories.change(handle, NEWSLETTER, accepted=True)


def test_another_processing_need_not_wait(handle: Handle) -> None:
    factories.change(handle, NEWSLETTER, accepted=True)
    assert factories.change(handle, AUDIENCE, accepted=True).state == State.QUEUED


@pytest.mark.parametrize("processing", [NEWSLETTER, AUDIENCE])
def test_a_withdrawal_supersedes_what_is_unsent(handle: Handle, processing: str) -> None:
    grant = factories.change(handle, processing, accepted=True)
    withdrawal = factories.change(handle, processing, accepted=False)
    grant.refresh_from_db()
    assert (grant.state, withdrawal.state) == (State.SUPERSEDED, State.QUEUED)
    assert Entry.objects.filter(action=Action.CHANGE_SUPERSEDED, change=grant.pk).exists()


def test_a_withdrawal_is_taken_while_a_grant_is_in_flight(handle: Handle) -> None:
    grant = factories.change(handle, NEWSLETTER, accepted=True)
    Change.objects.filter(pk=grant.pk).update(state=State.SENDING, lease_until="2100-01-01T00:00Z")
    assert factories.change(handle, NEWSLETTER, accepted=False).state == State.QUEUED


def test_a_withdrawal_supersedes_a_stuck_change(handle: Handle) -> None:
    grant = factories.change(handle, NEWSLETTER, accepted=True)
    Change.objects.filter(pk=grant.pk).update(state=State.STUCK)
    factories.change(handle, NEWSLETTER, accepted=False)
    grant.refresh_from_db()
    assert grant.state == State.SUPERSEDED


def test_a_false_under_a_contract_is_no_withdrawal_and_waits(handle: Handle) -> None:
    factories.change(handle, ORDERS, accepted=True)
    with pytest.raises(AlreadyPending):
        factories.change(handle, ORDERS, accepted=False)


def test_a_queued_change_can_be_cancelled(handle: Handle) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=True)
    assert cancel(change=change, by=handle.staff.actor()).state == State.CANCELLED
    assert Entry.objects.filter(action=Action.CHANGE_CANCELLED, change=change.pk).exists()


def test_a_change_in_flight_can_not_be_cancelled(handle: Handle) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=True)
    Change.objects.filter(pk=change.pk).update(state=State.SENDING, lease_until="2100-01-01T00:00Z")
    with pytest.raises(Fenced):
        cancel(change=change, by=handle.staff.actor())
