"""What needs a second pair of eyes on a datamart, set by an administrator."""

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.datamarts.models import Datamart
from tests import factories

PATH = "/datamarts/1459/policy"


@pytest.fixture
def as_dan(dan: Staff, client: Client) -> Client:
    client.force_login(dan)
    return client


def test_it_is_set_and_the_trail_tells(as_dan: Client, datamart: Datamart) -> None:
    as_dan.post(PATH, {"grants": "on"})
    datamart.refresh_from_db()
    entry = Entry.objects.get(action=Action.DATAMART_POLICY)
    assert (datamart.approve_deletions, datamart.approve_grants) == (False, True)
    assert entry.data == {"deletions": False, "grants": True, "bulk": False}


def test_the_page_tells_how_it_stands(as_dan: Client, datamart: Datamart) -> None:
    page = as_dan.get("/datamarts").text
    assert "Deletions need approval." in page
    assert "Consents and lifted objections need no approval." in page


def test_an_officer_may_not_set_it(bob: Staff, datamart: Datamart) -> None:
    client = Client()
    client.force_login(bob)
    assert client.post(PATH, {"grants": "on"}).status_code == 403


def test_an_administrator_of_another_datamart_does_not_find_it(
    datamart: Datamart, other_datamart: Datamart
) -> None:
    client = Client()
    client.force_login(factories.staff("finn", Role.ADMIN, other_datamart))
    assert client.post(PATH, {"grants": "on"}).status_code == 404


def test_the_wrong_method_is_refused(as_dan: Client, datamart: Datamart) -> None:
    assert as_dan.get(PATH).status_code == 405
