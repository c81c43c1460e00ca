"""A choice that goes as an event in the timeline; a withdrawal never does."""

import re
from typing import Any

import pytest
from django.test import Client

from consentadmin.changes.kinds import Way
from consentadmin.changes.models import Change
from consentadmin.datamarts.models import Processing
from consentadmin.sandbox.catalogue import ADS
from consentadmin.sandbox.people import Person
from consentadmin.subjects.models import Handle
from tests.fixtures.liar import Liar, error
from tests.web.conftest import HTMX, text


def url(handle: Handle) -> str:
    return f"/person/{handle.pk}/choices/{ADS}/change"


def names(page: str) -> list[str]:
    """The identifiers that a form offers for the event."""
    return re.findall(r'<option value="([0-9a-f]{32})"', page)


def reviewed(client: Client, handle: Handle, **fields: Any) -> str:
    """Review a grant that is to go as an event, named by the first that is offered."""
    offered = names(text(client.get(url(handle), headers=HTMX)))
    posted = {"accepted": "true", "cause": "person-asked", "way": "event", "by": offered[:1]}
    posted |= {"step": "review", **fields}
    return text(client.post(url(handle), posted, headers=HTMX))


def sent(client: Client, handle: Handle, **fields: Any) -> Change:
    """Review and send it."""
    review = reviewed(client, handle, **fields).split('name="review" value="')[1].split('"')[0]
    client.post(url(handle), {"step": "send", "review": review}, headers=HTMX)
    return Change.objects.latest("pk")


def test_directly_is_what_is_chosen_unless_asked_otherwise(
    as_alice: Client, lied_about: Handle
) -> None:
    page = text(as_alice.get(url(lied_about), headers=HTMX))
    assert '<input type="radio" name="way" value="direct" checked>' in page
    assert sent(as_alice, lied_about, way="direct").way == Way.DIRECT


def test_the_review_shows_the_activity(
    as_alice: Client, lied_about: Handle, somebody: Person
) -> None:
    page = reviewed(as_alice, lied_about)
    assert "As an event in the timeline, which names the person by" in page
    assert "&quot;$event_name&quot;: &quot;$set_user_choice&quot;" in page
    assert somebody.accounts[0][1] in page


def test_it_is_sent_as_an_event(as_alice: Client, lied_about: Handle, somebody: Person) -> None:
    change = sent(as_alice, lied_about)
    assert change.way == Way.EVENT
    assert change.payload["identifier"]["account"] == somebody.accounts[0][1]
    page = text(as_alice.get(f"/person/{lied_about.pk}/changes/{change.pk}"))
    assert "It goes as an event in the timeline." in page
    assert "The exact request" in page


def test_a_withdrawal_goes_directly_and_says_so(as_alice: Client, lied_about: Handle) -> None:
    page = reviewed(as_alice, lied_about, accepted="false")
    assert "a withdrawal is never left to what may drop an event" in page
    assert sent(as_alice, lied_about, accepted="false").way == Way.DIRECT


def test_a_withdrawal_does_not_wait_for_an_identifier(as_alice: Client, lied_about: Handle) -> None:
    assert sent(as_alice, lied_about, accepted="false", by="").way == Way.DIRECT


@pytest.mark.parametrize("by", ["", "0" * 32])
def test_an_event_needs_one_of_the_persons_own_identifiers(
    as_alice: Client, lied_about: Handle, by: str
) -> None:
    page = reviewed(as_alice, lied_about, by=by)
    assert 'name="review"' not in page
    assert 'aria-invalid="true"' in page


def test_what_was_chosen_comes_back_with_the_rest(as_alice: Client, lied_about: Handle) -> None:
    page = reviewed(as_alice, lied_about, step="edit")
    assert '<input type="radio" name="way" value="event" checked>' in page


def test_without_identifiers_only_the_direct_way_is_open(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    liar.on("GET", "/user_identifiers", error(503))
    page = text(as_alice.get(url(lied_about), headers=HTMX))
    assert 'name="way"' not in page
    assert 'name="accepted"' in page


def test_a_name_or_a_basis_that_differs_today_is_told(as_alice: Client, lied_about: Handle) -> None:
    change = sent(as_alice, lied_about, way="direct")
    page = f"/person/{lied_about.pk}/changes/{change.pk}"
    assert "Today it is called" not in text(as_alice.get(page))
    known = Processing.objects.filter(datamart=change.datamart, platform_id=ADS)
    known.update(name="Advertising", legal_basis="LEGITIMATE_INTEREST")
    told = text(as_alice.get(page))
    assert "it was called" not in told
    assert "the processing was called “Ad personalisation” and its legal basis was: consent" in told
    assert "Today it is called “Advertising” and its legal basis is: legitimate interest" in told
