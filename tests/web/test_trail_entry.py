"""One entry's page: its fields, its neighbours, and how it stands in the seal."""

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.datamarts.models import Datamart
from consentadmin.subjects.models import Handle
from tests import factories
from tests.web.conftest import HTMX, signed_in, text


@pytest.fixture
def as_carol(carol: Staff, client: Client) -> Client:
    return signed_in(client, carol)


@pytest.fixture
def looked_up(marie: Handle) -> Entry:
    return Entry.objects.get(action=Action.LOOKED_UP)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_it_tells_all_of_an_entry(
    as_carol: Client, looked_up: Entry, headers: dict[str, str]
) -> None:
    page = text(as_carol.get(f"/trail/entry/{looked_up.pk}", headers=headers))
    assert "Alice looked this person up." in page
    assert str(looked_up.subject) in page
    assert "Not sealed yet." in page
    assert f"&quot;id&quot;:{looked_up.pk}" in page  # its very bytes


def test_it_leads_to_the_entries_beside_it(as_carol: Client, looked_up: Entry) -> None:
    context = as_carol.get(f"/trail/entry/{looked_up.pk}").context
    before = Entry.objects.filter(pk__lt=looked_up.pk).latest("pk")
    assert context["opened"].before == before
    newest = Entry.objects.latest("pk")
    page = text(as_carol.get(f"/trail/entry/{newest.pk}"))
    assert "There was none after." in page


def test_reading_it_is_recorded_with_the_person(
    as_carol: Client, carol: Staff, looked_up: Entry
) -> None:
    as_carol.get(f"/trail/entry/{looked_up.pk}")
    entry = Entry.objects.get(action=Action.TRAIL_READ)
    assert entry.actor_id == carol.pk
    assert entry.data == {"entry": looked_up.pk, "persons": [str(looked_up.subject)]}
    assert f"read entry {looked_up.pk} of the trail" in text(as_carol.get("/trail"))


def test_an_entry_of_another_datamart_is_not_there(
    client: Client, looked_up: Entry, other_datamart: Datamart
) -> None:
    signed_in(client, factories.staff("eve", Role.AUDITOR, other_datamart))
    assert client.get(f"/trail/entry/{looked_up.pk}").status_code == 404
    assert not Entry.objects.filter(action=Action.TRAIL_READ).exists()


@pytest.mark.parametrize("pk", ["0", "999999999", "99999999999999999999999"])
def test_an_entry_that_never_was_is_not_there(as_carol: Client, pk: str) -> None:
    assert as_carol.get(f"/trail/entry/{pk}").status_code == 404


@pytest.mark.parametrize("who", ["alice", "dan"])
def test_others_are_refused(
    request: pytest.FixtureRequest, client: Client, looked_up: Entry, who: str
) -> None:
    signed_in(client, request.getfixturevalue(who))
    assert client.get(f"/trail/entry/{looked_up.pk}").status_code == 403


def test_it_takes_no_post(as_carol: Client, looked_up: Entry) -> None:
    assert as_carol.post(f"/trail/entry/{looked_up.pk}").status_code == 405
