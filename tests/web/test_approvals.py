"""The second pair of eyes: what waits, opened for that purpose, approved or turned down."""

from typing import Any

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.documents import ProfileWish
from consentadmin.changes.draining import drain
from consentadmin.changes.kinds import Cause
from consentadmin.changes.models import Change
from consentadmin.changes.services import Why, request_profile
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import CUSTOMERS
from consentadmin.subjects.models import Handle, Reason
from tests import factories
from tests.web.conftest import HTMX, signed_in, text
from tests.web.profiles import WAS, account_of, put, stored


@pytest.fixture
def deletion(lied_about: Handle) -> Change:
    """A deletion that alice asks for."""
    put(lied_about, WAS)
    return asked(lied_about)


def asked(handle: Handle) -> Change:
    """A deletion that the handle's owner asks for."""
    wish = ProfileWish(CUSTOMERS, account_of(handle), WAS, None, None)
    why = Why(Cause.LEGAL, "a letter of the authority")
    return request_profile(handle=handle, wish=wish, why=why, by=handle.staff, role="agent")


@pytest.fixture
def as_bob(bob: Staff, client: Client) -> Client:
    """A browser in which bob, an officer, is signed in."""
    return signed_in(client, bob)


def opened(client: Client, change: Change) -> str:
    """Open what waits, and return the address of its page."""
    response = client.post(f"/approvals/{change.pk}/review")
    assert response.status_code == 302
    return str(response["Location"])


def test_it_lists_what_waits_and_counts_it_in_the_navigation(
    as_bob: Client, deletion: Change
) -> None:
    page = text(as_bob.get("/approvals"))
    assert "Delete a profile in “Customer accounts”" in page
    assert "Alice" in page
    assert "C-0142" in page
    assert 'class="nav-count">1<' in page
    assert account_of(deletion_handle(deletion)) not in page


def deletion_handle(change: Change) -> Handle:
    return Handle.objects.select_related("subject").get(subject=change.subject, staff__name="Alice")


def test_an_empty_list_says_what_appears_there(as_bob: Client, datamart: Datamart) -> None:
    page = text(as_bob.get("/approvals"))
    assert "Nothing waits for approval." in page
    assert "nav-count" not in page


def test_a_long_list_has_pages(as_bob: Client, deletion: Change) -> None:
    assert "Nothing waits" in text(as_bob.get(f"/approvals?after={deletion.pk}"))
    assert "Customer accounts" in text(as_bob.get("/approvals?after=x"))


def test_looking_at_one_opens_its_person_for_that_purpose(
    as_bob: Client, bob: Staff, deletion: Change
) -> None:
    page = text(as_bob.get(opened(as_bob, deletion)))
    handle = Handle.objects.get(staff=bob)
    assert (handle.reason, handle.case) == (Reason.APPROVAL, "C-0142")
    assert Entry.objects.filter(action=Action.READ).latest("pk").reason == Reason.APPROVAL
    assert "1, rue X" in page
    assert "a letter of the authority" in page
    assert "It waits for you." in page


def test_what_is_approved_is_sent(as_bob: Client, bob: Staff, deletion: Change) -> None:
    where = opened(as_bob, deletion)
    told = text(as_bob.post(f"{where}/approve", headers=HTMX | {"HX-Current-URL": where}))
    assert "Queued." in told
    assert "It waits for you." not in told
    drain(lane=Lane.INTERACTIVE)
    change = Change.objects.get()
    assert (change.state, change.decided_by) == (State.CONFIRMED, bob)
    assert stored(deletion_handle(change)) is None


def test_what_is_turned_down_is_never_sent(as_bob: Client, deletion: Change) -> None:
    where = opened(as_bob, deletion)
    response: Any = as_bob.post(f"{where}/reject")
    assert response.url == where
    drain(lane=Lane.INTERACTIVE)
    assert Change.objects.get().state == State.REJECTED
    assert "Rejected by the approver." in text(as_bob.get(where))
    assert stored(deletion_handle(deletion)) == WAS


def test_nobody_approves_their_own(
    as_bob: Client, bob: Staff, lying_datamart: Datamart, somebody: Any
) -> None:
    handle = factories.handle(somebody, bob, lying_datamart)
    put(handle, WAS)
    change = asked(handle)
    assert "Yours: somebody else must approve it." in text(as_bob.get("/approvals"))
    page = f"/person/{handle.pk}/changes/{change.pk}"
    assert "It waits for you." not in text(as_bob.get(page))
    as_bob.post(f"{page}/approve")
    assert "You asked for this change yourself" in text(as_bob.get(page))
    assert Change.objects.get().state == State.AWAITING_APPROVAL


def test_what_was_decided_meanwhile_is_shown_as_it_stands(as_bob: Client, deletion: Change) -> None:
    where = opened(as_bob, deletion)
    as_bob.post(f"{where}/reject")
    assert "Rejected by the approver." in text(as_bob.post(f"{where}/approve", headers=HTMX))
    assert as_bob.post(f"/approvals/{deletion.pk}/review").status_code == 404


def test_an_officer_of_another_datamart_sees_none_of_it(
    client: Client, other_datamart: Datamart, deletion: Change
) -> None:
    signed_in(client, factories.staff("erin", Role.OFFICER, other_datamart))
    assert "Nothing waits for approval." in text(client.get("/approvals"))
    assert client.post(f"/approvals/{deletion.pk}/review").status_code == 404


@pytest.mark.parametrize("what", ["approve", "reject"])
def test_an_agent_decides_nothing(as_alice: Client, deletion: Change, what: str) -> None:
    handle = deletion_handle(deletion)
    assert as_alice.get("/approvals").status_code == 403
    assert as_alice.post(f"/approvals/{deletion.pk}/review").status_code == 403
    where = f"/person/{handle.pk}/changes/{deletion.pk}"
    assert as_alice.post(f"{where}/{what}").status_code == 403
    assert "It waits for you." not in text(as_alice.get(where))


def test_deciding_takes_a_post(as_bob: Client, deletion: Change) -> None:
    where = opened(as_bob, deletion)
    for path in (f"{where}/approve", f"{where}/reject", f"/approvals/{deletion.pk}/review"):
        assert as_bob.get(path).status_code == 405
    assert as_bob.post("/approvals").status_code == 405
