"""Saved filters: named, clicked, dropped; each member of staff's own."""

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.web.models import SavedFilter
from tests.web.conftest import signed_in, text

SAVE = "/trail/filters"


@pytest.fixture
def as_carol(carol: Staff, client: Client) -> Client:
    return signed_in(client, carol)


def test_filters_are_saved_under_a_name_and_led_back_to(as_carol: Client, carol: Staff) -> None:
    response = as_carol.post(f"{SAVE}?outcome=failed&before=1.2", {"name": " Failures "})
    assert response.url == "/trail?outcome=failed"  # type: ignore[attr-defined]
    page = text(as_carol.get("/trail"))
    assert '<a href="/trail?outcome=failed">Failures</a>' in page


def test_the_same_name_is_kept_once(as_carol: Client, carol: Staff) -> None:
    for outcome in ("failed", "refused"):
        as_carol.post(f"{SAVE}?outcome={outcome}", {"name": "Odd"})
    assert [one.query for one in SavedFilter.of(carol)] == ["outcome=refused"]


@pytest.mark.parametrize(
    ("query", "name"), [("", "Nothing"), ("outcome=x", "Bad"), ("outcome=done", " ")]
)
def test_what_can_not_be_saved_is_told(as_carol: Client, query: str, name: str) -> None:
    page = as_carol.post(f"{SAVE}?{query}", {"name": name}, follow=True)
    assert "Nothing was saved" in text(page)
    assert not SavedFilter.objects.exists()


def test_they_are_dropped(as_carol: Client, carol: Staff) -> None:
    SavedFilter.keep(carol, "Failures", "outcome=failed")
    pk = SavedFilter.of(carol)[0].pk
    assert as_carol.post(f"{SAVE}/{pk}/drop").status_code == 302
    assert SavedFilter.of(carol) == []
    assert as_carol.post(f"{SAVE}/{pk}/drop").status_code == 404


def test_nobody_sees_or_drops_anothers(as_carol: Client, bob: Staff) -> None:
    SavedFilter.keep(bob, "Of Bob", "outcome=failed")
    assert "Of Bob" not in text(as_carol.get("/trail"))
    assert as_carol.post(f"{SAVE}/{SavedFilter.of(bob)[0].pk}/drop").status_code == 404
    assert SavedFilter.of(bob)


@pytest.mark.parametrize("who", ["alice", "dan"])
def test_others_are_refused(request: pytest.FixtureRequest, client: Client, who: str) -> None:
    signed_in(client, request.getfixturevalue(who))
    assert client.post(f"{SAVE}?outcome=failed", {"name": "x"}).status_code == 403
    assert client.post(f"{SAVE}/1/drop").status_code == 403


def test_it_takes_no_get(as_carol: Client) -> None:
    assert as_carol.get(SAVE).status_code == 405
    assert as_carol.get(f"{SAVE}/1/drop").status_code == 405
