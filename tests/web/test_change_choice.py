"""Changing a choice: form, review, sending; bad input; and what others may not."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.draining import drain
from consentadmin.changes.models import Change
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.catalogue import ADS, AUDIENCE, NEWSLETTER, SMS
from consentadmin.subjects.models import Handle
from tests import factories
from tests.fixtures.liar import Liar, error, html
from tests.web.conftest import HTMX, signed_in, text


def url(handle: Handle, processing: str = NEWSLETTER) -> str:
    return f"/person/{handle.pk}/choices/{processing}/change"


def wish(**fields: Any) -> dict[str, Any]:
    return {
        "accepted": "false",
        "at": "",
        "cause": "person-asked",
        "note": "",
        "custom-name": "",
        "custom-type": "text",
        "custom-value": "",
        **fields,
    }


def reviewed(client: Client, handle: Handle, processing: str = NEWSLETTER, **fields: Any) -> str:
    """Fill the form in, and return the signed review."""
    response = client.post(url(handle, processing), wish(step="review", **fields), headers=HTMX)
    page = text(response)
    assert 'name="review" value="' in page
    return page.split('name="review" value="')[1].split('"')[0]


def sent(client: Client, handle: Handle, processing: str = NEWSLETTER, **fields: Any) -> Change:
    """Fill the form in, review and send it, and return the change."""
    review = reviewed(client, handle, processing, **fields)
    client.post(url(handle, processing), {"step": "send", "review": review}, headers=HTMX)
    return Change.objects.latest("pk")


def test_the_form_shows_what_stands_now(as_alice: Client, marie: Handle) -> None:
    response = as_alice.get(url(marie, AUDIENCE), headers=HTMX)
    assert "<html" not in text(response)
    assert "No objection" in text(response)
    assert "<html" in text(as_alice.get(url(marie, AUDIENCE)))


def test_the_review_shows_now_beside_what_will_be_sent(as_alice: Client, marie: Handle) -> None:
    response = as_alice.post(
        url(marie),
        wish(
            step="review", at="2024-03-05T10:11", **{"custom-name": "form", "custom-value": "f-7"}
        ),
        headers=HTMX,
    )
    page = text(response)
    assert "Consented" in page  # now
    assert "Not consented" in page  # to be sent
    assert "&quot;$choice_ts&quot;: 1709629860000" in page  # 10:11 in Paris
    assert "&quot;form&quot;: &quot;f-7&quot;" in page
    assert not Change.objects.exists()


def test_sending_leaves_a_queued_change_and_shows_it(as_alice: Client, lied_about: Handle) -> None:
    review = reviewed(as_alice, lied_about)
    response = as_alice.post(url(lied_about), {"step": "send", "review": review}, headers=HTMX)
    change = Change.objects.get()
    assert response.status_code == 200
    assert "Queued." in text(response)
    assert change.state == State.QUEUED
    assert Entry.objects.get(action=Action.CHANGE_ASKED).change == change.pk


def test_without_javascript_sending_leads_back_to_the_person(
    as_alice: Client, lied_about: Handle
) -> None:
    review = reviewed(as_alice, lied_about)
    response = as_alice.post(url(lied_about), {"step": "send", "review": review})
    assert response.status_code == 302
    assert response.url == f"/person/{lied_about.pk}"  # type: ignore[attr-defined]


def test_the_date_of_the_choice_is_read_in_the_viewers_zone(
    as_alice: Client, lied_about: Handle
) -> None:
    as_alice.cookies["zone"] = "America/New_York"
    change = sent(as_alice, lied_about, at="2024-03-05T10:11:12")
    assert change.choice_ts == 1_709_651_472_000


def test_the_date_is_now_when_left_empty(as_alice: Client, lied_about: Handle) -> None:
    change = sent(as_alice, lied_about)
    assert abs(change.wish.choice_ts - timezone.now().timestamp() * 1000) < 10_000


def test_custom_fields_keep_their_types(as_alice: Client, lied_about: Handle) -> None:
    fields: dict[str, Any] = {
        "custom-name": ["form", "count", "ratio", "ok", ""],
        "custom-type": ["text", "number", "number", "boolean", "text"],
        "custom-value": [" f-7 ", "12", "0.5", "TRUE", ""],
    }
    change = sent(as_alice, lied_about, **fields)
    assert change.wish.customs == {"form": " f-7 ", "count": 12, "ratio": 0.5, "ok": True}


def test_a_confirmed_change_is_shown_as_such(as_alice: Client, lied_about: Handle) -> None:
    change = sent(as_alice, lied_about)
    drain(lane=Lane.INTERACTIVE)
    page = text(as_alice.get(f"/person/{lied_about.pk}/changes/{change.pk}", headers=HTMX))
    assert "Confirmed after" in page


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"accepted": ""}, "Choose one."),
        ({"accepted": "maybe"}, "Select a valid choice"),
        ({"at": "2124-01-01T00:00"}, "future"),
        ({"at": "1970-01-02T00:00"}, "too far in the past"),
        ({"at": "yesterday"}, "Write the date as"),
        ({"at": "2024-13-45T00:00"}, "Write the date as"),
        ({"at": "2024-03-31T02:30"}, "couldn"),  # an hour that Paris skipped
        ({"cause": ""}, "This field is required"),
        ({"cause": "other", "note": ""}, "Tell the cause here"),
        ({"note": "x" * 1001}, "at most 1000"),
        ({"custom-name": "$choice_ts", "custom-value": "1"}, "belong to the platform"),
        ({"custom-name": "", "custom-value": "lost"}, "Name this field"),
        ({"custom-name": "n", "custom-type": "number", "custom-value": "many"}, "not a number"),
        ({"custom-name": "n", "custom-type": "number", "custom-value": "nan"}, "too large"),
        ({"custom-name": "n", "custom-type": "number", "custom-value": "9" * 20}, "too large"),
        (
            {"custom-name": "b", "custom-type": "boolean", "custom-value": "perhaps"},
            "true or false",
        ),
        (
            {"custom-name": ["n", "n"], "custom-value": ["1", "2"], "custom-type": ["text"] * 2},
            "twice",
        ),
        ({"custom-name": "n" * 129, "custom-value": "1"}, "too long"),
    ],
)
def test_bad_input_is_told_and_kept(
    as_alice: Client, marie: Handle, fields: dict[str, Any], says: str
) -> None:
    response = as_alice.post(
        url(marie), wish(step="review", **{"note": "typed before", **fields}), headers=HTMX
    )
    assert response.status_code == 422
    assert says in text(response)
    assert "note" in fields or "typed before" in text(response)
    assert not Change.objects.exists()


def test_going_back_keeps_what_was_typed(as_alice: Client, marie: Handle) -> None:
    response = as_alice.post(
        url(marie),
        wish(step="edit", note="as typed", **{"custom-name": "form", "custom-value": "f"}),
        headers=HTMX,
    )
    assert response.status_code == 200
    assert "as typed" in text(response)
    assert 'value="form"' in text(response)


@pytest.mark.parametrize("review", ["", "altered", None])
def test_an_altered_or_foreign_review_is_not_sent(
    as_alice: Client, marie: Handle, review: str | None
) -> None:
    signed = review if review is not None else reviewed(as_alice, marie, SMS)
    response = as_alice.post(url(marie), {"step": "send", "review": signed}, headers=HTMX)
    assert response.status_code == 422
    assert "Review the change once more" in text(response)
    assert not Change.objects.exists()


def test_sending_twice_does_not_ask_twice(as_alice: Client, lied_about: Handle) -> None:
    review = reviewed(as_alice, lied_about, accepted="true")
    codes = [
        as_alice.post(url(lied_about), {"step": "send", "review": review}, headers=HTMX).status_code
        for _ in range(2)
    ]
    assert codes == [200, 422]
    assert Change.objects.count() == 1


def test_a_platform_that_can_not_be_read_offers_no_blind_change(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    liar.on("GET", "/user_choices/", html(200))
    response = as_alice.get(url(lied_about))
    assert response.status_code == 503
    assert "be understood" in text(response)
    kept = as_alice.post(url(lied_about), wish(step="review", note="kept"), headers=HTMX)
    assert "kept" in text(kept)


def test_a_withdrawal_can_be_recorded_while_the_platform_is_down(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    review = reviewed(as_alice, lied_about)
    liar.on("GET", "/user_points/", error(503))
    response = as_alice.post(url(lied_about), {"step": "send", "review": review}, headers=HTMX)
    assert response.status_code == 200
    drain(lane=Lane.INTERACTIVE)
    assert Change.objects.get().state == State.QUEUED


def test_a_declined_change_shows_the_platforms_words(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    liar.on("PUT", "/user_choices/", error(400, "this processing is closed"))
    change = sent(as_alice, lied_about)
    drain(lane=Lane.INTERACTIVE)
    page = text(as_alice.get(f"/person/{lied_about.pk}/changes/{change.pk}", headers=HTMX))
    assert "Declined by the platform." in page
    assert "this processing is closed" in page


def test_a_queued_change_can_be_cancelled(as_alice: Client, lied_about: Handle) -> None:
    change = sent(as_alice, lied_about)
    where = f"/person/{lied_about.pk}/changes/{change.pk}"
    assert as_alice.get(f"{where}/cancel").status_code == 405
    assert "Cancelled." in text(as_alice.post(f"{where}/cancel", headers=HTMX))
    assert Change.objects.get().state == State.CANCELLED


def test_a_stuck_change_can_be_tried_again(as_alice: Client, lied_about: Handle) -> None:
    change = sent(as_alice, lied_about, accepted="true")
    Change.objects.update(state=State.STUCK)
    where = f"/person/{lied_about.pk}/changes/{change.pk}"
    assert "Stuck" in text(as_alice.get(where, headers=HTMX))
    assert "Queued." in text(as_alice.post(f"{where}/retry", headers=HTMX))


def test_a_settled_change_can_not_be_cancelled_any_more(
    as_alice: Client, lied_about: Handle
) -> None:
    change = sent(as_alice, lied_about)
    drain(lane=Lane.INTERACTIVE)
    response = as_alice.post(f"/person/{lied_about.pk}/changes/{change.pk}/cancel", headers=HTMX)
    assert "Confirmed" in text(response)


def test_a_change_of_somebody_else_is_not_found(
    as_alice: Client, marie: Handle, lied_about: Handle
) -> None:
    change = sent(as_alice, lied_about)
    assert as_alice.get(f"/person/{marie.pk}/changes/{change.pk}").status_code == 404


def test_who_may_read_but_not_change_is_refused_with_an_entry(
    client: Client, marie: Handle, datamart: Datamart
) -> None:
    marie.staff.grants.all().delete()
    auditor = factories.staff("alice", Role.AUDITOR, datamart)
    signed_in(client, auditor)
    assert client.get(url(marie)).status_code == 403
    assert client.post(url(marie), {"step": "send"}).status_code == 403
    assert Entry.objects.filter(action=Action.REFUSED, outcome=Outcome.REFUSED).count() == 2


def test_another_members_handle_is_of_no_use(client: Client, bob: Staff, marie: Handle) -> None:
    assert signed_in(client, bob).get(url(marie)).status_code == 404


def test_the_history_is_newest_first_with_both_times_source_and_customs(
    as_alice: Client, marie: Handle
) -> None:
    page = text(as_alice.get(f"/person/{marie.pk}/choices/{ADS}/history", headers=HTMX))
    assert page.index("2021") < page.index("2019")
    assert "form-12" in page
    assert "2 records" in page


def test_the_words_come_from_the_change_log(as_alice: Client, marie: Handle) -> None:
    withdrawn = text(as_alice.get(f"/person/{marie.pk}/choices/{ADS}", headers=HTMX))
    refused = text(as_alice.get(f"/person/{marie.pk}/choices/{SMS}", headers=HTMX))
    assert "Withdrawn" in withdrawn
    assert "Refused" in refused


def test_a_history_that_failed_says_so(as_alice: Client, lied_about: Handle, liar: Liar) -> None:
    liar.on("GET", "change_log", html(200))
    page = text(as_alice.get(f"/person/{lied_about.pk}/choices/{NEWSLETTER}/history"))
    assert "be understood" in page
    assert "never asked" not in page


def test_a_choice_that_failed_says_so(as_alice: Client, lied_about: Handle, liar: Liar) -> None:
    liar.on("GET", "/user_choices/", error(500))
    page = text(as_alice.get(f"/person/{lied_about.pk}/choices/{NEWSLETTER}", headers=HTMX))
    assert "busy or out of order" in page
    assert "Never asked" not in page
