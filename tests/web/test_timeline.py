"""The timeline's page and panel: what stands in it, filters, more, and failures."""

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import MARIE, NO_CHOICES, POINTLESS_DEVICE
from consentadmin.subjects.models import Handle
from tests import factories
from tests.fixtures.liar import Liar, error, ok
from tests.web.conftest import HTMX, signed_in, text

CHOSE = 1_573_134_387_000
ACTIVITY = {
    "$ts": CHOSE,
    "$type": "SITE_VISIT",
    "$session_status": "CLOSED_SESSION",
    "$site_id": "2201",
    "$location": {"$country": "FR"},
    "$ttl": 43200,
    "$visibility": "shop",
    "$events": [
        {
            "$ts": CHOSE,
            "$event_name": "$set_user_choice",
            "$properties": {
                "$processing_id": 3405,
                "$choice_acceptance_value": False,
                "form": "f-7",
            },
        },
        {
            "$ts": CHOSE,
            "$event_name": "$set_user_profile_properties",
            "$properties": {"$compartment_id": 1606, "$user_account_id": "acc-914", "city": "Lyon"},
        },
        {"$ts": CHOSE, "$event_name": "$page_view", "$properties": {"$url": "https://a.example"}},
        {"$ts": CHOSE, "$event_name": "$page_view", "$properties": {}},
    ],
}


def url(handle: Handle, query: str = "") -> str:
    return f"/person/{handle.pk}/timeline{query}"


def told(client: Client, handle: Handle, liar: Liar, *activities: object) -> str:
    """What the panel says of these activities."""
    liar.on("GET", "/user_timelines/", ok(list(activities)))
    return text(client.get(url(handle), headers=HTMX))


def test_an_activity_is_told_in_words(as_alice: Client, lied_about: Handle, liar: Liar) -> None:
    page = told(as_alice, lied_about, liar, ACTIVITY)
    assert "Thursday 7 November 2019" in page
    assert "14:46:27 CET" in page
    assert 'Visit to a site <span class="aside">Shop France</span>' in page
    assert "a session that has ended" in page
    assert 'page view <span class="count">' in page  # twice


def test_choices_and_profiles_are_told_apart(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    page = told(as_alice, lied_about, liar, ACTIVITY)
    assert "Choice Audience measurement:" in page
    assert "Objected" in page  # under legitimate interest
    assert "Profile in Customer accounts: city" in page


def test_all_of_it_is_there_to_be_opened_and_raw(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    page = told(as_alice, lied_about, liar, ACTIVITY)
    assert "<dt>Where the person was</dt>" in page
    assert "<dt>Time to live, in minutes</dt>" in page
    assert "<dt>$visibility</dt>" in page
    assert "<dt>form</dt>" in page
    assert "&quot;$event_name&quot;: &quot;$page_view&quot;" in page
    assert "&quot;$country&quot;: &quot;FR&quot;" in page
    assert "&quot;$ttl&quot;: 43200" in page


def test_a_broken_choice_and_an_unknown_type_are_shown_all_the_same(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    event = {"$event_name": "$set_user_choice", "$properties": {"$choice_acceptance_value": "no"}}
    odd = {"$ts": 9 * 10**15, "$type": "SHOP_QUEUE", "$session_status": "X", "$events": [event]}
    page = told(as_alice, lied_about, liar, odd)
    assert "Shop queue" in page
    assert "set user choice" in page
    assert "A time that is in no calendar" in page


def test_it_is_a_page_without_htmx_and_a_fragment_with_it(as_alice: Client, marie: Handle) -> None:
    assert "<html" in text(as_alice.get(url(marie)))
    assert "<html" not in text(as_alice.get(url(marie), headers=HTMX))


def test_the_persons_page_leaves_it_to_a_link_that_loads(as_alice: Client, marie: Handle) -> None:
    page = text(as_alice.get(f"/person/{marie.pk}"))
    assert f'<a href="{url(marie)}" hx-get="{url(marie)}" hx-trigger="load, click"' in page


def test_more_goes_on_where_the_page_ended(as_alice: Client, marie: Handle) -> None:
    first = text(as_alice.get(url(marie), headers=HTMX))
    onward = first.split('rel="next" href="')[1].split('"')[0]
    second = text(as_alice.get(onward, headers=HTMX))
    before = onward.split("before=")[1]
    assert second.startswith(f'<div id="older-{before}">')
    assert "timeline-filters" not in second
    assert "Newest" in text(as_alice.get(onward))


def test_filters_are_chips_that_can_be_removed(as_alice: Client, marie: Handle) -> None:
    page = text(as_alice.get(url(marie, "?type=EMAIL&since=2010-01-01"), headers=HTMX))
    assert "Type: E-mail" in page
    assert "Remove the filter From" in page
    assert f'href="{url(marie)}?type=EMAIL"' in page
    assert "Visit to a site <" not in page


def test_days_are_the_viewers_and_the_last_is_included(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    as_alice.cookies["zone"] = "America/New_York"
    as_alice.get(url(lied_about, "?since=2020-01-01&until=2020-01-01"), headers=HTMX)
    asked = next(one.path for one in liar.requests if "/user_timelines/" in one.path)
    assert "start_ts%3D%3D1577854799999" in asked  # midnight in New York, and a millisecond wider
    assert "end_ts%3D%3D1577941200000" in asked


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?since=yesterday", "Write the date as 2026-11-24."),
        ("?since=9999-12-31", "This date can&#x27;t be meant."),
        ("?since=2021-01-02&until=2021-01-01", "This lies before the beginning."),
        ("?type=EMAIL,SITE_VISIT", "holds no comma"),
        ("?before=x", "Correct what is marked above"),
    ],
)
def test_bad_filters_are_marked_and_kept(
    as_alice: Client, marie: Handle, query: str, words: str
) -> None:
    response = as_alice.get(url(marie, query), headers=HTMX)
    assert response.status_code == 422
    assert words in text(response)


def test_nothing_says_what_to_do(as_alice: Client, alice: Staff, datamart: Datamart) -> None:
    handle = factories.handle(NO_CHOICES, alice, datamart)
    assert "holds no activity of this person" in text(as_alice.get(url(handle)))
    assert "Remove one of them" in text(as_alice.get(url(handle, "?type=EMAIL")))


def test_a_device_without_a_person_has_none(
    as_alice: Client, alice: Staff, datamart: Datamart
) -> None:
    page = text(as_alice.get(url(factories.handle(POINTLESS_DEVICE, alice, datamart))))
    assert "A device without a person has no timeline" in page


def test_a_failure_says_so_with_its_id_and_a_way_to_try_again(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    liar.on("GET", "/user_timelines/", error(500, "Our database is on fire"))
    page = text(as_alice.get(url(lied_about), headers=HTMX))
    assert "The platform is busy or out of order." in page
    assert "err-1" in page
    assert "Read the timeline again" in page
    assert "holds no activity" not in page


def test_more_that_fails_keeps_its_place(as_alice: Client, lied_about: Handle, liar: Liar) -> None:
    liar.on("GET", "/user_timelines/", error(500))
    page = text(as_alice.get(url(lied_about, "?before=1600000000000"), headers=HTMX))
    assert page.startswith('<div id="older-1600000000000">')
    assert 'hx-target="#older-1600000000000"' in page


def test_an_officer_is_offered_to_record_an_activity_and_an_agent_is_not(
    client: Client, alice: Staff, bob: Staff, datamart: Datamart
) -> None:
    for staff, is_offered in ((alice, False), (bob, True)):
        handle = factories.handle(MARIE, staff, datamart)
        page = text(signed_in(client, staff).get(url(handle)))
        assert ("Record an activity" in page) is is_offered


def test_it_is_only_read(as_alice: Client, marie: Handle) -> None:
    assert as_alice.post(url(marie)).status_code == 405


def test_others_do_not_get_in(
    client: Client, carol: Staff, bob: Staff, marie: Handle, datamart: Datamart
) -> None:
    assert signed_in(client, carol).get(url(marie)).status_code == 404  # not her handle
    assert signed_in(client, bob).get(url(marie)).status_code == 404
    assert client.get(url(factories.handle(MARIE, bob, datamart))).status_code == 200
