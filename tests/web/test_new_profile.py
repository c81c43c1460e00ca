"""A new profile: whose the account is and what writing does, said first."""

from typing import Any

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.changes.draining import drain
from consentadmin.changes.models import Change
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import CUSTOMERS, LOYALTY, MARIE, POINTLESS_DEVICE
from consentadmin.subjects.models import Handle
from tests import factories
from tests.fixtures.liar import Liar, error
from tests.web.conftest import HTMX, signed_in, text
from tests.web.profiles import account_of, fields, put, step, stored, url


def where(handle: Handle) -> str:
    return f"/person/{handle.pk}/profiles/new"


def probed(client: Client, handle: Handle, account: str, compartment: str = CUSTOMERS) -> Any:
    """Say which account, and return what is told of it."""
    said = {"compartment": compartment, "account": account}
    return client.post(where(handle), said, headers=HTMX)


def drafted(client: Client, handle: Handle, account: str, text: str) -> dict[str, Any]:
    """The form for an account, with a draft typed as JSON."""
    page = fields(step(client, where(handle), "raw", fields(probed(client, handle, account))))
    return {**page, "text": text}


def test_it_asks_for_the_account_first(as_alice: Client, lied_about: Handle) -> None:
    page = text(as_alice.get(where(lied_about)))
    assert "<html" in page
    assert "Loyalty programme" in page
    assert "Find out whose it is" in page


def test_an_account_of_nobodys_would_be_attached_for_good(
    as_alice: Client, lied_about: Handle
) -> None:
    page = text(probed(as_alice, lied_about, "somebody-new"))
    assert "attaches the account to this person, for good" in page
    assert "Review" in page


def test_the_account_of_a_person_without_a_profile_gets_one(
    as_alice: Client, lied_about: Handle
) -> None:
    put(lied_about, {"a": 1})
    account = f"{account_of(lied_about)}-second"
    page = drafted(as_alice, lied_about, account, '{"tier": "gold"}')
    review = step(as_alice, where(lied_about), "review", page)
    assert "for good" in text(review)
    assert "The platform documents what this does." in text(review)
    step(as_alice, where(lied_about), "send", fields(review))
    drain(lane=Lane.INTERACTIVE)
    assert Change.objects.get().state == State.CONFIRMED
    assert stored(lied_about, account) == {"tier": "gold"}


def test_another_persons_account_is_refused_and_nothing_is_sent(
    as_alice: Client, lied_about: Handle
) -> None:
    response = probed(as_alice, lied_about, MARIE.accounts[0][1])
    assert response.status_code == 422
    assert "another person" in text(response)
    assert 'value="review"' not in text(response)


def test_an_account_with_a_profile_leads_to_editing_it(
    as_alice: Client, lied_about: Handle
) -> None:
    put(lied_about, {"a": 1})
    response = probed(as_alice, lied_about, account_of(lied_about))
    assert response.status_code == 422
    assert f'href="{url(lied_about)}"' in text(response)


def test_a_profile_made_meanwhile_is_a_conflict(as_alice: Client, lied_about: Handle) -> None:
    account = f"{account_of(lied_about)}-third"
    page = drafted(as_alice, lied_about, account, '{"tier": "gold"}')
    first = fields(step(as_alice, where(lied_about), "review", page))
    step(as_alice, where(lied_about), "send", first)
    drain(lane=Lane.INTERACTIVE)
    response = step(as_alice, where(lied_about), "review", {**page, "text": '{"tier": "iron"}'})
    assert response.status_code == 422
    assert "Somebody has made this profile meanwhile" in text(response)


def test_a_new_profile_needs_a_field(as_alice: Client, lied_about: Handle) -> None:
    page = drafted(as_alice, lied_about, "somebody-new", "{}")
    assert "at least one field" in text(step(as_alice, where(lied_about), "review", page))


@pytest.mark.parametrize(
    ("account", "compartment"), [("", CUSTOMERS), ("x", "999"), ("a\x00b", CUSTOMERS)]
)
def test_what_names_no_account_is_told_and_kept(
    as_alice: Client, lied_about: Handle, account: str, compartment: str
) -> None:
    response = probed(as_alice, lied_about, account, compartment)
    assert response.status_code == 422
    assert "errorlist" in text(response)


def test_a_device_without_a_person_can_not_be_given_one(
    as_alice: Client, alice: Staff, datamart: Datamart
) -> None:
    device = factories.handle(POINTLESS_DEVICE, alice, datamart)
    page = text(as_alice.get(where(device)))
    assert "there is nobody it would belong to" in page
    assert "Find out" not in page


def test_a_platform_that_can_not_be_asked_is_told(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    liar.on("GET", "/user_profiles", error(500))
    response = probed(as_alice, lied_about, "somebody-new", LOYALTY)
    assert "busy or out of order" in text(response)
    assert "somebody-new" in text(response)


def test_another_members_handle_is_of_no_use(
    client: Client, bob: Staff, lied_about: Handle
) -> None:
    assert signed_in(client, bob).get(where(lied_about)).status_code == 404
    assert client.put(where(lied_about)).status_code == 405
