"""Handles: one for each member of staff, subject and purpose; 12 hours; of no use to others."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import MARIE, NO_CHOICES
from consentadmin.subjects.models import Handle, Reason
from consentadmin.subjects.queries import handle_of, recent_handles
from consentadmin.subjects.services import Purpose
from consentadmin.tasks.subjects import forget_expired
from tests import factories


def test_the_same_purpose_gets_the_same_handle(alice: Staff, datamart: Datamart) -> None:
    handles = {factories.handle(MARIE, alice, datamart).pk for _ in range(2)}
    assert len(handles) == 1


def test_another_purpose_gets_another_handle(alice: Staff, datamart: Datamart) -> None:
    first = factories.handle(MARIE, alice, datamart)
    other = factories.handle(MARIE, alice, datamart, Purpose(Reason.COMPLAINT))
    assert first.pk != other.pk
    assert first.subject_id == other.subject_id


def test_it_remembers_the_purpose_and_how_the_person_was_found(
    alice: Staff, datamart: Datamart
) -> None:
    purpose = Purpose(Reason.OTHER, case="C-1", note="asked by her lawyer")
    handle = factories.handle(MARIE, alice, datamart, purpose)
    assert (handle.reason, handle.case, handle.note) == ("other", "C-1", "asked by her lawyer")
    assert handle.selector == factories.selector(MARIE)
    assert b"lawyer" not in bytes(handle.note_sealed or b"")


def test_it_is_of_no_use_to_others(alice: Staff, bob: Staff, datamart: Datamart) -> None:
    handle = factories.handle(MARIE, alice, datamart)
    with pytest.raises(Handle.DoesNotExist):
        handle_of(staff=bob, token=handle.pk)


def test_it_expires(alice: Staff, datamart: Datamart) -> None:
    handle = factories.handle(MARIE, alice, datamart)
    Handle.objects.filter(pk=handle.pk).update(expires_at="2020-01-01T00:00Z")
    with pytest.raises(Handle.DoesNotExist):
        handle_of(staff=alice, token=handle.pk)


def test_an_expired_handle_comes_back_to_life_with_a_new_look_up(
    alice: Staff, datamart: Datamart
) -> None:
    handle = factories.handle(MARIE, alice, datamart)
    Handle.objects.filter(pk=handle.pk).update(expires_at="2020-01-01T00:00Z")
    assert factories.handle(MARIE, alice, datamart).pk == handle.pk
    assert handle_of(staff=alice, token=handle.pk)


def test_recent_ones_are_ones_own_the_newest_first(
    alice: Staff, bob: Staff, datamart: Datamart
) -> None:
    factories.handle(MARIE, bob, datamart)
    mine = [factories.handle(person, alice, datamart).pk for person in (MARIE, NO_CHOICES)]
    assert [handle.pk for handle in recent_handles(staff=alice)] == mine[::-1]


def test_what_has_expired_is_forgotten_and_nothing_else(
    alice: Staff, client: Client, datamart: Datamart
) -> None:
    client.force_login(alice)
    kept, gone = Session.objects.get(), SessionStore()
    gone.set_expiry(-1)
    gone.save()
    old = factories.handle(MARIE, alice, datamart)
    Handle.objects.filter(pk=old.pk).update(expires_at="2020-01-01T00:00Z")
    live = factories.handle(NO_CHOICES, alice, datamart)
    forget_expired()
    assert [handle.pk for handle in Handle.objects.all()] == [live.pk]
    assert [session.pk for session in Session.objects.all()] == [kept.pk]
