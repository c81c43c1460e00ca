"""Undoing a change, applying one anyway, looking for one again, from the screen."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.changes.draining import drain
from consentadmin.changes.kinds import Cause
from consentadmin.changes.models import Change
from consentadmin.changes.rules import Wish, milliseconds
from consentadmin.changes.services import Why, request_change
from consentadmin.changes.states import Lane, State
from consentadmin.changes.undoing import as_seen
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.sandbox.catalogue import NEWSLETTER
from consentadmin.sandbox.people import Person
from consentadmin.subjects.models import Handle
from tests import factories
from tests.fixtures.liar import Liar, error, ok


@pytest.fixture
def handle(alice: Staff, lying_datamart: Datamart, somebody: Person) -> Handle:
    return factories.handle(somebody, alice, lying_datamart)


def current(handle: Handle) -> Choice | None:
    subject = handle.subject
    address = subject.address(handle.selector)
    try:
        return client_for(subject.datamart).choice(
            subject.datamart.platform_id, address, NEWSLETTER
        )
    except NotFound:
        return None


def changed(handle: Handle, *, accepted: bool, seen: Choice | None = None) -> Change:
    """A change of the newsletter's choice, carried out."""
    change = request_change(
        handle=handle,
        processing=NEWSLETTER,
        wish=Wish(accepted, milliseconds(timezone.now())),
        seen=seen.digest() if seen else "",
        was=as_seen(seen),
        why=Why(Cause.PERSON_ASKED),
        by=handle.staff,
        role=Role.AGENT.value,
    )
    drain(lane=Lane.INTERACTIVE, seconds=10)
    return Change.objects.get(pk=change.pk)


@pytest.fixture
def grant_then_withdrawal(handle: Handle) -> Change:
    """A withdrawal of a consent that was there before."""
    changed(handle, accepted=True, seen=current(handle))
    return changed(handle, accepted=False, seen=current(handle))


def path(change: Change, what: str, handle: Handle) -> str:
    return f"/person/{handle.pk}/changes/{change.pk}/{what}"


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found, "the form carries what was seen"
    return found[1]


def test_the_undo_is_shown_beside_what_is_there_and_then_carried_out(
    as_alice: Client, handle: Handle, grant_then_withdrawal: Change
) -> None:
    where = path(grant_then_withdrawal, "undo", handle)
    page = as_alice.get(where).text
    fields = {"seen": seen_in(page), "cause": "correction", "note": ""}
    answer = as_alice.post(where, fields)
    back = Change.objects.get(undoes=grant_then_withdrawal)
    assert "After the undo" in page
    assert answer["Location"] == f"/person/{handle.pk}/changes/{back.pk}"
    drain(lane=Lane.INTERACTIVE, seconds=10)
    now = current(handle)
    assert now is not None
    assert now.accepted


def test_what_moved_while_one_looked_is_shown_anew(
    as_alice: Client, handle: Handle, grant_then_withdrawal: Change
) -> None:
    where = path(grant_then_withdrawal, "undo", handle)
    fields = {"seen": "something else", "cause": "correction", "note": ""}
    answer = as_alice.post(where, fields)
    assert answer.status_code == 422
    assert "It changed while you were looking" in answer.text
    assert not Change.objects.filter(undoes=grant_then_withdrawal).exists()


def test_what_came_later_is_overwritten_only_when_that_is_meant(
    as_alice: Client, handle: Handle, grant_then_withdrawal: Change
) -> None:
    changed(handle, accepted=True, seen=current(handle))
    where = path(grant_then_withdrawal, "undo", handle)
    fields = {"seen": seen_in(as_alice.get(where).text), "cause": "correction", "note": ""}
    assert as_alice.post(where, fields).status_code == 422
    assert as_alice.post(where, {**fields, "overwrite": "1"}).status_code == 302


def test_without_a_cause_nothing_is_undone(
    as_alice: Client, handle: Handle, grant_then_withdrawal: Change
) -> None:
    where = path(grant_then_withdrawal, "undo", handle)
    fields = {"seen": seen_in(as_alice.get(where).text), "cause": "", "note": ""}
    assert as_alice.post(where, fields).status_code == 422


def test_a_platform_that_can_not_be_read_is_told(
    as_alice: Client, handle: Handle, grant_then_withdrawal: Change, liar: Liar
) -> None:
    liar.on("GET", "/user_choices/", error(503))
    answer = as_alice.get(path(grant_then_withdrawal, "undo", handle))
    assert answer.status_code == 503
    assert "busy or out of order" in answer.text


def test_what_can_not_be_undone_leads_back(as_alice: Client, handle: Handle) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=False)
    answer = as_alice.get(path(change, "undo", handle))
    assert answer["Location"] == f"/person/{handle.pk}/changes/{change.pk}"


def test_a_conflict_is_applied_anyway(as_alice: Client, handle: Handle) -> None:
    changed(handle, accepted=True, seen=current(handle))
    change = changed(handle, accepted=True, seen=None)
    assert change.state == State.CONFLICT
    page = as_alice.get(f"/person/{handle.pk}/changes/{change.pk}").text
    assert "Apply it anyway" in page
    as_alice.post(path(change, "repeat", handle))
    drain(lane=Lane.INTERACTIVE, seconds=10)
    assert Change.objects.get(repeats=change).state == State.CONFIRMED


def test_one_never_seen_is_looked_for_again(
    as_alice: Client, handle: Handle, liar: Liar, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0
    liar.on("PUT", "/user_choices/", ok(None), times=1)
    change = changed(handle, accepted=False, seen=current(handle))
    assert change.state == State.NOT_SEEN
    as_alice.post(path(change, "recheck", handle))
    assert Change.objects.get(pk=change.pk).state == State.SENT


@pytest.mark.parametrize("what", ["repeat", "recheck"])
def test_the_wrong_method_is_refused(
    as_alice: Client, handle: Handle, grant_then_withdrawal: Change, what: str
) -> None:
    assert as_alice.get(path(grant_then_withdrawal, what, handle)).status_code == 405


def test_the_steps_are_told_in_sentences(
    as_alice: Client, handle: Handle, grant_then_withdrawal: Change
) -> None:
    page = as_alice.get(f"/person/{handle.pk}/changes/{grant_then_withdrawal.pk}").text
    assert "The platform accepted it." in page
    assert "The platform showed it." in page


def test_an_approver_sees_exactly_what_would_be_sent(
    as_alice: Client, handle: Handle, bob: Staff
) -> None:
    Datamart.objects.update(approve_grants=True)
    handle.subject.datamart.refresh_from_db()
    change = factories.change(handle, NEWSLETTER, accepted=True, customs={"form": "form-77"})
    client = Client()
    client.force_login(bob)
    where = client.post(f"/approvals/{change.pk}/review")["Location"]
    page = client.get(where).text
    assert change.state == State.AWAITING_APPROVAL
    assert "form-77" in page
    assert "&quot;$choice_acceptance_value&quot;: true" in page
    assert "Approve" in page
    client.post(f"{where}/approve")
    change.refresh_from_db()
    assert (change.state, change.decided_by) == (State.QUEUED, bob)
