"""Coming in and going out, each with its entry; and where each role is led."""

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from tests.factories import PASSWORD
from tests.web.conftest import signed_in, text

URL = "/sign-in"


def test_staff_sign_in_with_their_address_in_any_case(client: Client, alice: Staff) -> None:
    response = client.post(URL, {"login": "Alice@Example.com", "password": PASSWORD})
    assert response.status_code == 302
    entry = Entry.objects.get(action=Action.SIGNED_IN)
    assert (entry.actor_id, entry.actor_name, entry.actor_role) == (alice.pk, "Alice", "agent")


@pytest.mark.parametrize("login", ["alice@example.com", "nobody@example.com"])
def test_a_failed_sign_in_is_told_alike_and_recorded(
    client: Client, alice: Staff, login: str
) -> None:
    response = client.post(URL, {"login": login, "password": "wrong"})
    entry = Entry.objects.get(action=Action.SIGN_IN_FAILED)
    assert response.status_code == 200
    assert "not correct" in text(response)
    assert (entry.outcome, entry.actor_id) == (Outcome.REFUSED, None)
    assert entry.data["staff"] == (alice.pk if login == alice.email else None)


def test_what_was_typed_is_not_in_the_trail(client: Client, db: None) -> None:
    client.post(URL, {"login": "secret@typed.example", "password": "wrong"})
    entry = Entry.objects.get(action=Action.SIGN_IN_FAILED)
    assert "secret" not in f"{entry.data}{entry.actor_name}"


def test_guessing_is_slowed_down(client: Client, alice: Staff) -> None:
    for _ in range(6):
        response = client.post(URL, {"login": alice.email, "password": "wrong"})
    assert "Too many" in text(response)
    assert "Too many" in text(client.post(URL, {"login": alice.email, "password": PASSWORD}))
    tried = Entry.objects.filter(action=Action.SIGN_IN_FAILED, data__staff=alice.pk)
    assert tried.count() == 7
    assert tried.filter(data__slowed=True).count() == 2


def test_staff_who_left_do_not_sign_in(client: Client, alice: Staff) -> None:
    Staff.objects.update(is_active=False)
    client.post(URL, {"login": alice.email, "password": PASSWORD})
    assert client.get("/look-up").status_code == 302


def test_signing_out_is_recorded(as_alice: Client, alice: Staff) -> None:
    as_alice.post("/sign-out")
    assert Entry.objects.get(action=Action.SIGNED_OUT).actor_id == alice.pk
    assert as_alice.get("/look-up").status_code == 302


def test_who_is_not_signed_in_is_led_to_the_sign_in(client: Client, db: None) -> None:
    assert client.get("/look-up")["Location"].startswith(URL)
    assert client.get("/look-up", headers={"HX-Request": "true"})["HX-Redirect"] == URL
    assert client.post("/look-up/recognise")["Location"] == URL


@pytest.mark.parametrize(
    ("who", "door"),
    [("alice", "/look-up"), ("bob", "/look-up"), ("carol", "/trail"), ("dan", "/datamarts")],
)
def test_each_role_is_led_to_its_work(
    request: pytest.FixtureRequest, client: Client, who: str, door: str
) -> None:
    assert signed_in(client, request.getfixturevalue(who)).get("/")["Location"] == door


def test_staff_without_a_role_are_told_so(client: Client, db: None) -> None:
    newcomer = Staff.objects.create(email="new@example.com", name="New")
    assert signed_in(client, newcomer).get("/").status_code == 403


@pytest.mark.parametrize("path", ["/sign-up", "/accounts/signup/", "/accounts/password/reset/"])
def test_nobody_signs_up_by_themselves(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404
