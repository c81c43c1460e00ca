"""Entries over time: the plot and its table, for the filters in the address."""

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.subjects.models import Handle
from tests.web.conftest import HTMX, signed_in, text

PATH = "/trail/activity"


@pytest.fixture
def as_carol(carol: Staff, client: Client) -> Client:
    return signed_in(client, carol)


def test_a_fragment_is_the_plot_and_its_table(as_carol: Client, marie: Handle) -> None:
    page = text(as_carol.get(f"{PATH}?action=person.looked-up", headers=HTMX))
    assert "1 entry from" in page
    assert page.count("<rect") == 1
    assert "<table" in page
    assert "<html" not in page


def test_a_page_by_itself_is_recorded_and_a_fragment_is_not(
    as_carol: Client, marie: Handle
) -> None:
    as_carol.get(PATH, headers=HTMX)
    assert not Entry.objects.filter(action=Action.TRAIL_READ).exists()
    page = text(as_carol.get(f"{PATH}?outcome=done"))
    assert "<html" in page
    assert Entry.objects.get(action=Action.TRAIL_READ).data["filters"] == ["outcome"]


def test_nothing_found_is_said(as_carol: Client, marie: Handle) -> None:
    page = text(as_carol.get(f"{PATH}?since=2020-01-01T00:00&until=2020-02-01T00:00"))
    assert "No entry from" in page
    assert '<svg viewBox="0 -14' not in page


def test_a_filter_that_makes_no_sense_is_told(as_carol: Client) -> None:
    assert as_carol.get(f"{PATH}?since=never").status_code == 422


@pytest.mark.parametrize("who", ["alice", "dan"])
def test_others_are_refused(request: pytest.FixtureRequest, client: Client, who: str) -> None:
    signed_in(client, request.getfixturevalue(who))
    assert client.get(PATH).status_code == 403


def test_it_takes_no_post(as_carol: Client) -> None:
    assert as_carol.post(PATH).status_code == 405
