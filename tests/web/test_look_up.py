"""The look-up: by each kind of identifier, with a purpose, and what each failure says."""

import pytest
from django.test import Client
from django.urls import reverse

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import (
    CLEAR_EMAIL,
    LOYALTY,
    MARIE,
    MERGED_AWAY,
    ODD_ACCOUNT,
    TWO_PROFILES,
)
from consentadmin.subjects.models import Handle
from tests import factories
from tests.fixtures.liar import (
    Answer,
    Liar,
    drip,
    empty,
    error,
    half_json,
    hang,
    html,
    json_answer,
    ok,
)
from tests.web.conftest import HTMX, asked, signed_in, text

URL = "/look-up"
EACH_KIND = [
    MARIE.point_id,
    MARIE.agents[0],
    MARIE.agents[1],
    MARIE.emails[0],
    f"  {MARIE.emails[0].upper()} ",
    MARIE.email_hashes[0],
    MARIE.accounts[0][1],
]


@pytest.mark.parametrize("typed", EACH_KIND)
def test_it_finds_a_person_by_each_kind_of_identifier(as_alice: Client, typed: str) -> None:
    response = as_alice.post(URL, asked(text=typed))
    handle = Handle.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("person", args=[handle.pk])  # type: ignore[attr-defined]
    assert handle.subject.point == MARIE.point_id


def test_it_finds_an_account_id_of_any_characters(as_alice: Client) -> None:
    as_alice.post(URL, asked(text=ODD_ACCOUNT.accounts[0][1]))
    assert Handle.objects.get().subject.point == ODD_ACCOUNT.point_id


def test_it_finds_an_account_in_the_compartment_that_was_chosen(as_alice: Client) -> None:
    as_alice.post(URL, asked(text=TWO_PROFILES.accounts[1][1], compartment=LOYALTY))
    assert Handle.objects.get().subject.point == TWO_PROFILES.point_id


def test_what_it_is_taken_for_can_be_overridden(as_alice: Client) -> None:
    response = as_alice.post(URL, asked(text=MARIE.accounts[0][1], kind="USER_POINT"))
    assert response.status_code == 422
    assert Entry.objects.get(action=Action.LOOKED_UP).data["by"] == "USER_POINT"


def test_htmx_is_led_to_the_page(as_alice: Client) -> None:
    response = as_alice.post(URL, asked(), headers=HTMX)
    assert response["HX-Redirect"].startswith("/person/")


def test_no_address_names_the_person(as_alice: Client) -> None:
    response = as_alice.post(URL, asked())
    assert "marie" not in response.url.lower()  # type: ignore[attr-defined]
    assert MARIE.point_id not in response.url  # type: ignore[attr-defined]


def test_a_clear_address_is_kept_nowhere(as_alice: Client) -> None:
    as_alice.post(URL, asked(text=CLEAR_EMAIL.emails[0]))
    entry = Entry.objects.get(action=Action.LOOKED_UP)
    handle = Handle.objects.get()
    assert "pieter" not in str(entry.data)
    assert "pieter" not in str(handle.selector.to_json())


def test_a_look_up_leaves_who_where_and_why(as_alice: Client, alice: Staff) -> None:
    as_alice.post(URL, asked())
    entry = Entry.objects.get(action=Action.LOOKED_UP)
    assert (entry.actor_id, entry.actor_role, entry.datamart) == (alice.pk, "agent", "1459")
    assert (entry.reason, entry.case, entry.outcome) == ("call", "C-0142", Outcome.DONE)
    assert entry.subject == Handle.objects.get().subject_id


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": ""}, "This field is required"),
        ({"reason": "other"}, "Tell the reason here"),
        ({"text": ""}, "This field is required"),
        ({"text": "a\x00b"}, "Null characters are not allowed"),
        ({"text": "a\nb"}, "no line breaks"),
        ({"text": "not an address", "kind": "EMAIL"}, "not an e-mail address"),
        ({"text": "xyz", "kind": "EMAIL_HASH"}, "A hash has only"),
        ({"text": "x" * 601}, "at most 600"),
        ({"datamart": "1999"}, "Select a valid choice"),
        ({"kind": "NONSENSE"}, "Select a valid choice"),
    ],
)
def test_bad_input_is_told_at_the_field_and_kept(
    as_alice: Client, fields: dict[str, str], says: str
) -> None:
    response = as_alice.post(URL, asked(**{"case": "C-77", **fields}))
    assert response.status_code == 422
    assert says in text(response)
    assert "C-77" in text(response)
    assert not Handle.objects.exists()


@pytest.mark.parametrize("typed", ["nobody@example.com", "vec:1", "acc-0", MERGED_AWAY])
def test_a_miss_says_so_keeps_what_was_typed_and_leaves_an_entry(
    as_alice: Client, typed: str
) -> None:
    response = as_alice.post(URL, asked(text=typed))
    assert response.status_code == 422
    assert "Nobody answers to this." in text(response)
    assert typed in text(response)
    assert Entry.objects.get(action=Action.LOOKED_UP).outcome == Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (error(401), "refuses our API token"),
        (error(403), "has no right to this datamart"),
        (error(429), "busy or out of order"),
        (error(500), "busy or out of order"),
        (error(409), "holds something else"),
        (error(400), "declined this"),
        (html(200), "be understood"),
        (html(502), "busy or out of order"),
        (empty(200), "be understood"),
        (half_json(200), "be understood"),
        (ok({"not": "a list"}), "be understood"),
        (ok([{"type": 7}]), "be understood"),
        (hang(), "did not answer in time"),
        (
            drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", 1),
            "did not answer in time",
        ),
    ],
)
def test_each_failure_has_its_own_words(
    as_alice: Client, lying_datamart: Datamart, liar: Liar, answer: Answer, says: str
) -> None:
    liar.on("GET", "user_identifiers", answer)
    response = as_alice.post(URL, asked(), headers=HTMX)
    assert response.status_code == 422
    assert says in text(response).replace("&#x27;", "'")
    assert MARIE.emails[0] in text(response)
    assert Entry.objects.get(action=Action.LOOKED_UP).outcome == Outcome.FAILED


def test_a_platform_that_is_down_has_its_own_words(as_alice: Client, datamart: Datamart) -> None:
    factories.moved(datamart, "http://127.0.0.1:9", "token")
    assert "can&#x27;t be reached" in text(as_alice.post(URL, asked()))


def test_the_error_id_is_shown(as_alice: Client, lying_datamart: Datamart, liar: Liar) -> None:
    body = {"status": "error", "error": "No", "error_id": "e-4711"}
    liar.on("GET", "user_identifiers", json_answer(500, body))
    assert "e-4711" in text(as_alice.post(URL, asked()))


@pytest.mark.parametrize(
    ("typed", "taken_for"),
    [
        (MARIE.point_id, "User point id"),
        ("vec:1", "User agent id"),
        ("a@b.example", "E-mail address"),
        ("a" * 64, "E-mail hash"),
        ("acc-914", "Account id"),
    ],
)
def test_it_says_what_a_text_is_taken_for(as_alice: Client, typed: str, taken_for: str) -> None:
    response = as_alice.post(f"{URL}/recognise", asked(text=typed, reason=""), headers=HTMX)
    assert response.status_code == 200
    assert taken_for in text(response)
    assert not Entry.objects.filter(action=Action.LOOKED_UP).exists()


def test_recognising_takes_a_post_alone(as_alice: Client) -> None:
    assert as_alice.get(f"{URL}/recognise").status_code == 405
    assert as_alice.delete(URL).status_code == 405


def test_an_agent_is_offered_only_their_datamarts(
    as_alice: Client, other_datamart: Datamart
) -> None:
    page = text(as_alice.get(URL))
    assert "Retail UK" not in page
    assert as_alice.post(URL, asked(datamart="1460")).status_code == 422


def test_ones_own_recent_look_ups_are_shown(
    as_alice: Client, bob: Staff, datamart: Datamart
) -> None:
    assert "/person/" not in text(as_alice.get(URL))
    factories.handle(MARIE, bob, datamart)
    as_alice.post(URL, asked())
    page = text(as_alice.get(URL))
    assert page.count("/person/") == 1
    assert "C-0142" in page


def test_an_email_look_up_is_off_where_the_hash_is_the_address(
    as_alice: Client, datamart: Datamart
) -> None:
    Datamart.objects.filter(pk=datamart.pk).update(hash_function="NONE")
    assert "off in this datamart" in text(as_alice.post(URL, asked()))


@pytest.mark.parametrize("who", ["carol", "dan"])
def test_an_auditor_and_an_administrator_are_refused_with_an_entry(
    request: pytest.FixtureRequest, client: Client, datamart: Datamart, who: str
) -> None:
    signed_in(client, request.getfixturevalue(who))
    assert client.get(URL).status_code == 403
    assert client.post(URL, asked()).status_code == 403
    refused = Entry.objects.filter(action=Action.REFUSED, outcome=Outcome.REFUSED)
    assert refused.count() == 2
