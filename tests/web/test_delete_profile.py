"""Deleting a profile: asked for here, sent once a second officer has approved."""

from typing import Any

import pytest
from django.test import Client

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.draining import drain
from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import Change
from consentadmin.changes.states import Lane, State
from consentadmin.subjects.models import Handle
from tests.fixtures.liar import Liar, error
from tests.web.conftest import HTMX, text
from tests.web.profiles import WAS, fields, put, stored, url


@pytest.fixture
def handle(lied_about: Handle) -> Handle:
    """Alice's handle on somebody whose profile holds WAS."""
    put(lied_about, WAS)
    return lied_about


def ask(client: Client, handle: Handle, **more: Any) -> Any:
    """Ask for the deletion."""
    page = fields(client.get(url(handle, "delete")))
    page |= {"cause": "person-asked", "note": "", **more}
    return client.post(url(handle, "delete"), page, headers=HTMX)


def test_the_page_shows_what_goes_and_who_must_approve(as_alice: Client, handle: Handle) -> None:
    page = text(as_alice.get(url(handle, "delete")))
    assert "Lyon" in page
    assert "A second officer must approve." in page


def test_a_deletion_waits_and_nothing_is_sent(as_alice: Client, handle: Handle) -> None:
    response = ask(as_alice, handle)
    change = Change.objects.get()
    drain(lane=Lane.INTERACTIVE)
    assert response["HX-Redirect"] == f"/person/{handle.pk}/changes/{change.pk}"
    assert (change.kind, change.state) == (Kind.PROFILE_DELETE, State.AWAITING_APPROVAL)
    assert stored(handle) == WAS
    assert Entry.objects.filter(action=Action.CHANGE_ASKED, change=change.pk).exists()


def test_its_page_shows_what_would_go(as_alice: Client, handle: Handle) -> None:
    ask(as_alice, handle)
    page = text(as_alice.get(f"/person/{handle.pk}/changes/{Change.objects.get().pk}"))
    assert "Waiting for approval." in page
    assert "somebody else must approve" not in page  # alice may not approve anything
    assert "1, rue X" in page


def test_it_can_be_taken_back(as_alice: Client, handle: Handle) -> None:
    ask(as_alice, handle)
    change = Change.objects.get()
    response = as_alice.post(f"/person/{handle.pk}/changes/{change.pk}/cancel")
    assert response.status_code == 302
    assert response.url.endswith(f"/changes/{change.pk}")  # type: ignore[attr-defined]  # a redirect
    assert Change.objects.get().state == State.CANCELLED


def test_a_cause_is_needed_and_the_note_kept(as_alice: Client, handle: Handle) -> None:
    response = ask(as_alice, handle, cause="", note="as typed")
    assert response.status_code == 422
    assert "as typed" in text(response)
    assert not Change.objects.exists()


def test_a_second_deletion_waits_for_the_first(as_alice: Client, handle: Handle) -> None:
    ask(as_alice, handle)
    response = ask(as_alice, handle)
    assert response.status_code == 422
    assert "not settled yet" in text(response)


def test_an_altered_target_is_not_taken(as_alice: Client, handle: Handle) -> None:
    assert ask(as_alice, handle, target="x").status_code == 404


def test_a_profile_that_can_not_be_read_is_not_deleted_blindly(
    as_alice: Client, handle: Handle, liar: Liar
) -> None:
    liar.on("GET", "/user_profiles", error(500))
    response = as_alice.get(url(handle, "delete"))
    assert response.status_code == 503
    assert "Ask for the deletion" not in text(response)


def test_it_takes_no_other_method(as_alice: Client, handle: Handle) -> None:
    assert as_alice.put(url(handle, "delete")).status_code == 405
