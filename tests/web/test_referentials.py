"""The referentials' page: what is known, what is gone, and having it read again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import current_app
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.datamarts.models import Channel, Compartment, Datamart, Processing
from consentadmin.tasks.datamarts import sync_one
from tests import factories
from tests.fixtures.liar import Liar, error
from tests.web.conftest import HTMX, signed_in, text

URL = "/datamarts/1459/referentials"
AGO = datetime(2024, 1, 2, tzinfo=UTC)
LONG_AGO_MS = 1_600_000_000_000


@pytest.fixture
def as_dan(dan: Staff, client: Client, datamart: Datamart) -> Client:
    """A browser in which dan the administrator is signed in."""
    return signed_in(client, dan)


def test_what_is_known_is_shown_with_its_legal_basis(as_dan: Client) -> None:
    page = text(as_dan.get(URL))
    for words in ("Newsletter by e-mail", "newsletter_email", "legitimate interest"):
        assert words in page
    for words in ("Customer accounts", "default compartment", "Shop France", "Aubert app"):
        assert words in page
    assert "Last read" in page


def test_what_is_archived_or_deleted_is_told(as_dan: Client, datamart: Datamart) -> None:
    assert '<span class="tag">archived</span>' in text(as_dan.get(URL))
    for kind in (Processing, Compartment, Channel):
        first = kind.objects.filter(datamart=datamart).order_by("pk").first()
        kind.objects.filter(pk=first.pk if first else 0).update(gone_at=AGO)
    page = text(as_dan.get(URL))
    assert page.count('<span class="tag">deleted</span> no longer listed since') == 3
    assert "2 Jan 2024" in page


def test_a_failure_is_told(as_dan: Client, datamart: Datamart) -> None:
    Datamart.objects.filter(pk=datamart.pk).update(
        sync_failed_at=AGO, sync_failure="The platform is busy."
    )
    page = text(as_dan.get(URL))
    assert "The last reading failed: The platform is busy." in page
    assert "What is below is from the reading before." in page


def test_reading_again_tells_a_worker_and_shows_that_it_is_under_way(as_dan: Client) -> None:
    response = as_dan.post(f"{URL}/read", headers=HTMX)
    page = text(response)
    assert "<html" not in page
    assert "Being read." in page
    assert "every 1s" in page
    assert "Read again now" not in page


def test_without_javascript_it_leads_back_to_the_page(as_dan: Client) -> None:
    response = as_dan.post(f"{URL}/read", follow=True)
    assert "Being read." in text(response)
    assert "?asked=" in response.redirect_chain[0][0]


def test_once_it_is_read_that_is_told_and_nothing_asks_any_more(
    as_dan: Client, datamart: Datamart
) -> None:
    page = text(as_dan.get(f"{URL}?asked={LONG_AGO_MS}", headers=HTMX))
    assert "The reading you asked for has ended." in page
    assert "every" not in page.split("Processings")[0].replace("each", "")


def test_a_reading_that_does_not_come_is_told(as_dan: Client, datamart: Datamart) -> None:
    Datamart.objects.filter(pk=datamart.pk).update(synced_at=None)
    page = text(as_dan.get(f"{URL}?asked={LONG_AGO_MS}"))
    assert "Still not read." in page
    assert "Read again now" in page


@pytest.mark.parametrize("asked", ["x", "-1", "9" * 30, "999999999999999"])
def test_any_other_time_in_the_address_does_no_harm(as_dan: Client, asked: str) -> None:
    assert as_dan.get(f"{URL}?asked={asked}").status_code == 200


@pytest.fixture
def no_broker() -> Iterator[None]:
    """A broker's address where nothing listens; celery's pools are for the one it had before."""

    app: Any = current_app  # what is set here, celery's types hold for read-only

    def use(address: str | None) -> None:
        app.conf.broker_write_url = address
        app._pool = app.amqp._producer_pool = None

    before = app.conf.broker_write_url
    use("redis://127.0.0.1:1/0")
    yield
    use(before)


@pytest.mark.usefixtures("no_broker")
def test_a_worker_that_cannot_be_told_is_said(as_dan: Client) -> None:
    response = as_dan.post(f"{URL}/read")
    assert response.status_code == 503
    assert "No worker could be told." in text(response)


def test_the_worker_reads_them_for_whom_asked(datamart: Datamart, dan: Staff) -> None:
    Processing.objects.filter(datamart=datamart).update(name="old")
    sync_one(datamart="1459", staff=dan.pk, role=Role.ADMIN.value)
    assert not Processing.objects.filter(datamart=datamart, name="old").exists()
    entry = Entry.objects.filter(action=Action.DATAMART_SYNCED).latest("pk")
    assert entry.actor_name == "Dan"


def test_a_worker_that_fails_at_it_keeps_why(
    lying_datamart: Datamart, dan: Staff, liar: Liar
) -> None:
    liar.on("GET", "/v1/processings", error(500, "Our database is on fire"))
    sync_one(datamart="1459", staff=dan.pk, role=Role.ADMIN.value)
    lying_datamart.refresh_from_db()
    assert lying_datamart.sync_failed_at is not None


def test_an_officer_reads_and_does_not_ask(client: Client, bob: Staff, datamart: Datamart) -> None:
    as_bob = signed_in(client, bob)
    page = text(as_bob.get(URL))
    assert "Newsletter by e-mail" in page
    assert "Read again now" not in page
    assert as_bob.post(f"{URL}/read").status_code == 403


def test_nobody_else_gets_in(client: Client, alice: Staff, carol: Staff) -> None:
    for staff in (alice, carol):
        assert signed_in(client, staff).get(URL).status_code == 403


def test_another_datamart_is_not_theirs(client: Client, other_datamart: Datamart) -> None:
    eve = factories.staff("eve", Role.ADMIN, other_datamart)
    as_eve = signed_in(client, eve)
    assert as_eve.get("/datamarts/1460/referentials").status_code == 200
    assert as_eve.get(URL).status_code == 404
    assert as_eve.post(f"{URL}/read").status_code == 404


def test_other_methods_are_rejected(as_dan: Client) -> None:
    assert as_dan.post(URL).status_code == 405
    assert as_dan.get(f"{URL}/read").status_code == 405
