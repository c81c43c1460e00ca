"""Notes that seem to name somebody: told, never refused."""

import pytest
from django.test import Client

from consentadmin.sandbox.people import MARIE
from consentadmin.subjects.models import Handle
from consentadmin.web.forms.notes import names_somebody
from tests.web.conftest import HTMX, asked, text

TOLD = "It is kept: leave such things out"


@pytest.mark.parametrize(
    "note",
    [
        "wrote from marie.d@example.com",
        "call back on 06 12 34 56 78",
        "+33 6 12.34.56.78",
        "(020) 7946 0018, in the morning",
        "0612345678",
        "moved to 12 rue X, 75011 Paris",
        "now at SW1A 1AA",
        "Herengracht, 1012 AB",
    ],
)
def test_an_address_or_a_number_is_noticed(note: str) -> None:
    assert names_somebody(note)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "asked by letter of 2026-01-31 09:30, case C-0142",
        "letter of 31/01/2026, received 02.02.26",
        "order 48213, ticket 123456",
        "wants no e-mail @ all",
        "GDPR 15 to 22; see case C-0142-2026-11",
    ],
)
def test_ordinary_notes_are_left_in_peace(note: str) -> None:
    assert not names_somebody(note)


def test_a_look_up_goes_through_and_is_told(as_alice: Client, marie: Handle) -> None:
    page = as_alice.post("/look-up", asked(note="call 06 12 34 56 78"), follow=True)
    assert page.redirect_chain
    assert TOLD in text(page)
    assert TOLD not in text(as_alice.post("/look-up", asked(note="a letter"), follow=True))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_review_tells_and_still_offers_to_send(
    as_alice: Client, marie: Handle, headers: dict[str, str]
) -> None:
    form = {"step": "review", "accepted": "false", "cause": "person-asked"}
    path = f"/person/{marie.pk}/choices/3401/change"
    page = text(as_alice.post(path, {**form, "note": MARIE.emails[0]}, headers=headers))
    assert TOLD in page
    assert 'value="send"' in page
    assert TOLD not in text(as_alice.post(path, {**form, "note": "a letter"}, headers=headers))
