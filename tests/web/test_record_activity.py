"""Recording an activity: form, review with the exact request, sending; bad input; who may not."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import Change
from consentadmin.changes.states import State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.catalogue import ADS, SHOP_APP, SHOP_SITE
from consentadmin.sandbox.people import MARIE, POINTLESS_DEVICE, Person
from consentadmin.subjects.models import Handle
from tests import factories
from tests.fixtures.liar import Liar, error
from tests.web.conftest import HTMX, signed_in, text


@pytest.fixture
def handle(bob: Staff, lying_datamart: Datamart, somebody: Person) -> Handle:
    """Bob's handle on somebody, behind a server that lies where it is told to."""
    return factories.handle(somebody, bob, lying_datamart)


@pytest.fixture
def as_bob(bob: Staff, client: Client) -> Client:
    """A browser in which bob the officer is signed in."""
    return signed_in(client, bob)


def url(handle: Handle) -> str:
    return f"/person/{handle.pk}/activities/record"


def keys(client: Client, handle: Handle) -> list[str]:
    """The identifiers that the form offers, by their keys."""
    page = text(client.get(url(handle), headers=HTMX))
    return re.findall(r'name="names" value="(\w+)"', page)


def filled(client: Client, handle: Handle, **fields: Any) -> dict[str, Any]:
    """The form as filled in for a touch without events; fields override."""
    return {
        "type": "TOUCH",
        "session": "NO_SESSION",
        "names": keys(client, handle)[:1],
        "cause": "correction",
        "note": "",
        **fields,
    }


def reviewed(client: Client, handle: Handle, **fields: Any) -> Any:
    """Fill the form in, and return the answer to Review."""
    posted = {**filled(client, handle, **fields), "step": "review"}
    return client.post(url(handle), posted, headers=HTMX)


def body_in(page: str) -> dict[str, Any]:
    """The body of the exact request that a page shows."""
    shown = re.search(r'<pre tabindex="0">(.*?)</pre>', page, re.DOTALL)
    assert shown, page
    found: dict[str, Any] = json.loads(unescape(shown.group(1)))
    return found


def sent(client: Client, handle: Handle, **fields: Any) -> Change:
    """Fill the form in, review and send it, and return the change."""
    page = text(reviewed(client, handle, **fields))
    review = page.split('name="review" value="')[1].split('"')[0]
    client.post(url(handle), {"step": "send", "review": review}, headers=HTMX)
    return Change.objects.latest("pk")


def test_the_form_offers_the_persons_own_identifiers_and_names_them_by_no_value(
    as_bob: Client, bob: Staff, datamart: Datamart
) -> None:
    handle = factories.handle(MARIE, bob, datamart)
    page = text(as_bob.get(url(handle), headers=HTMX))
    assert all(name in page for name in ("acc-914", MARIE.email_hashes[0], *MARIE.agents))
    offered = re.findall(r'name="names" value="(\w+)"( checked)?', page)
    assert len(offered) == 4
    assert [bool(checked) for _key, checked in offered] == [True, True, False, False]


def test_the_review_shows_the_exact_request(
    as_bob: Client, handle: Handle, somebody: Person
) -> None:
    page = text(reviewed(as_bob, handle, type="SITE_VISIT", place=SHOP_SITE, at="2024-03-05T10:11"))
    assert "POST /v1/datamarts/1459/user_activities" in page
    body = body_in(page)
    assert body["$ts"] == 1_709_629_860_000  # 10:11 in Paris
    assert body["$site_id"] == SHOP_SITE
    (named,) = body["$user_identifiers"]
    assert named.pop("$type") == "USER_ACCOUNT"
    assert (named["$compartment_id"], named["$user_account_id"]) in somebody.accounts
    assert not Change.objects.exists()


def test_a_choice_a_profile_and_other_events_become_events(as_bob: Client, handle: Handle) -> None:
    key = keys(as_bob, handle)[0]
    page = text(
        reviewed(
            as_bob,
            handle,
            processing=ADS,
            accepted="true",
            profile=key,
            **{
                "choice-name": "form",
                "choice-type": "text",
                "choice-value": "f-7",
                "profile-name": ["city", "size"],
                "profile-type": ["text", "number"],
                "profile-value": ["Lyon", "38"],
                "event-name": "$page_view",
                "event-properties": '{"$url": "https://a.example"}',
            },
        )
    )
    events = {each["$event_name"]: each["$properties"] for each in body_in(page)["$events"]}
    assert events["$set_user_choice"] == {
        "$processing_id": ADS,
        "$choice_acceptance_value": True,
        "form": "f-7",
    }
    assert events["$set_user_profile_properties"].items() >= {"city": "Lyon", "size": 38}.items()
    assert events["$page_view"] == {"$url": "https://a.example"}
    assert "Choice Ad personalisation:" in page


def test_fields_of_ones_own_and_another_type_go_to_the_root(as_bob: Client, handle: Handle) -> None:
    rest = '{"shop": {"till": 4}, "$origin": {"$channel": "phone"}}'
    page = text(reviewed(as_bob, handle, type="other", other_type="SHOP_QUEUE", rest=rest))
    body = body_in(page)
    assert body["$type"] == "SHOP_QUEUE"
    assert body["shop"] == {"till": 4}
    assert body["$origin"] == {"$channel": "phone"}


def test_what_few_activities_have_is_sent_and_told(as_bob: Client, handle: Handle) -> None:
    place, topics = {"$country": "FR"}, {"shelf": {"wool": 0.5}}
    rest = json.dumps({"$location": place, "$topics": topics})
    sending = sent(as_bob, handle, ttl="0", session_duration="302", rest=rest)
    page = text(as_bob.get(f"/person/{handle.pk}/changes/{sending.pk}"))
    optional = {"$ttl": 0, "$session_duration": 302, "$location": place, "$topics": topics}
    assert body_in(page).items() >= optional.items()
    assert "<dt>Length of the session</dt>" in page
    assert "<dt>Where the person was</dt>" in page


def test_what_few_activities_have_is_folded_until_it_is_wrong(
    as_bob: Client, handle: Handle
) -> None:
    folded = "<details> <summary>More: lengths"
    assert folded in text(as_bob.get(url(handle), headers=HTMX))
    assert folded not in text(reviewed(as_bob, handle, ttl="soon"))


def test_what_is_sent_is_what_was_reviewed(as_bob: Client, handle: Handle) -> None:
    page = text(reviewed(as_bob, handle, type="APP_VISIT", place=SHOP_APP, note="By phone"))
    review = page.split('name="review" value="')[1].split('"')[0]
    response = as_bob.post(url(handle), {"step": "send", "review": review}, headers=HTMX)
    change = Change.objects.get()
    assert response["HX-Redirect"] == f"/person/{handle.pk}/changes/{change.pk}"
    assert change.kind == Kind.ACTIVITY
    assert change.state == State.QUEUED
    assert change.payload["activity"]["unique_key"] == body_in(page)["$unique_key"]
    assert change.note == "By phone"
    assert Entry.objects.get(action=Action.CHANGE_ASKED).change == change.pk


def test_without_javascript_sending_leads_to_the_change(as_bob: Client, handle: Handle) -> None:
    page = text(as_bob.post(url(handle), {**filled(as_bob, handle), "step": "review"}))
    assert "<html" in page
    review = page.split('name="review" value="')[1].split('"')[0]
    response = as_bob.post(url(handle), {"step": "send", "review": review}, follow=True)
    assert "The recording of an activity" in text(response)
    assert "The activity is queued." in text(response)
    assert "You asked to record an activity." in text(response)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"names": []}, "Choose at least one"),
        ({"names": ["0" * 32]}, "no longer this person&#x27;s"),
        ({"type": "SITE_VISIT"}, "names the site: choose it"),
        ({"type": "APP_VISIT", "place": SHOP_SITE}, "names the app: choose it"),
        ({"type": "other"}, "Name the type."),
        ({"at": "2050-01-01T10:00"}, "can&#x27;t lie in the future"),
        ({"at": "1970-01-02T10:00"}, "in milliseconds since 1970"),
        ({"accepted": "true"}, "Choose the processing"),
        ({"processing": ADS}, "Choose one."),
        ({"profile-name": "city", "profile-value": "Lyon"}, "Choose whose profile"),
        ({"choice-name": "$x", "choice-value": "1"}, "belong to the platform"),
        ({"event-properties": "{}", "event-name": ""}, "Name this event."),
        (
            {"event-name": "$set_user_choice", "event-properties": ""},
            "have fields of their own above",
        ),
        (
            {"event-name": "seen", "event-properties": '{"a": 1,\n "a": 2}'},
            "Line 2, column 2: the name “a” stands twice",
        ),
        ({"event-name": "seen", "event-properties": "[1]"}, "properties are an object"),
        ({"event-name": "seen", "event-properties": '{"$email": "a@b"}'}, "clear e-mail address"),
        ({"rest": '{"a": NaN}'}, "Line 1, column 7: NaN"),
        ({"rest": '{"$ttl": 3}'}, "only $origin, $location and $topics are taken"),
        ({"rest": '{"$origin": 3}'}, "$origin is an object"),
        ({"rest": '{"$location": [48, 2]}'}, "$location is an object"),
        ({"rest": '{"$topics": {"shelf": 1}}'}, "Each topic is an object of numbers"),
        ({"ttl": "-1"}, "greater than or equal to 0"),
        ({"session_duration": "soon"}, "Enter a whole number"),
        ({"cause": ""}, "This field is required."),
    ],
)
def test_bad_input_is_marked_and_what_was_typed_is_kept(
    as_bob: Client, handle: Handle, fields: dict[str, Any], words: str
) -> None:
    fields = {"note": "typed by me", **fields}
    response = reviewed(as_bob, handle, **fields)
    assert response.status_code == 422
    assert words in text(response)
    assert fields["note"] in text(response)
    assert not Change.objects.exists()


def test_an_altered_or_old_review_is_not_sent_and_nothing_is_lost(
    as_bob: Client, handle: Handle
) -> None:
    posted = {**filled(as_bob, handle, note="typed by me"), "step": "send", "review": "altered"}
    response = as_bob.post(url(handle), posted, headers=HTMX)
    assert response.status_code == 422
    assert "This review has expired." in text(response)
    assert 'name="note" value="typed by me"' in text(response)
    assert not Change.objects.exists()


def test_what_says_no_for_the_person_is_better_changed_directly(
    as_bob: Client, handle: Handle
) -> None:
    page = text(reviewed(as_bob, handle, processing=ADS, accepted="false"))
    assert "This says no for the person." in page
    assert f"/person/{handle.pk}/choices/{ADS}/change" in page


def test_a_grant_that_needs_a_second_officer_does_not_slip_through(
    as_bob: Client, handle: Handle, lying_datamart: Datamart
) -> None:
    Datamart.objects.filter(pk=lying_datamart.pk).update(approve_grants=True)
    response = reviewed(as_bob, handle, processing=ADS, accepted="true")
    assert response.status_code == 422
    assert "a second officer approves" in text(response)


def test_a_platform_that_fails_is_told_and_what_was_typed_is_kept(
    as_bob: Client, handle: Handle, liar: Liar
) -> None:
    posted = {**filled(as_bob, handle, note="typed by me"), "step": "review"}
    liar.on("GET", "/user_identifiers", error(503))
    response = as_bob.post(url(handle), posted)
    assert response.status_code == 503
    assert "The platform is busy" in text(response)
    assert 'name="note" value="typed by me"' in text(response)


def test_a_device_without_a_person_has_nothing_to_record_in(
    as_bob: Client, bob: Staff, datamart: Datamart
) -> None:
    handle = factories.handle(POINTLESS_DEVICE, bob, datamart)
    assert "no timeline to record in" in text(as_bob.get(url(handle)))


def test_each_reading_for_it_leaves_an_entry(as_bob: Client, handle: Handle) -> None:
    as_bob.get(url(handle))
    entry = Entry.objects.filter(action=Action.READ).latest("pk")
    assert entry.data["what"] == "activity"


@pytest.mark.parametrize(
    ("state", "told", "words"),
    [
        (State.NOT_SEEN, {}, "An activity analyzer of this datamart may have dropped it"),
        (State.NOT_SEEN, {"events_dropped": 2}, "2 of its events were dropped."),
        (State.UNKNOWN, {}, "It is never sent again by itself"),
        (State.STUCK, {}, "looks in the timeline first"),
        (State.CONFIRMED, {}, "It stands in the timeline with every event."),
        (State.CONFLICT, {"merged": True}, "merged this person with another"),
    ],
)
def test_each_state_is_told(
    as_bob: Client, handle: Handle, state: State, told: dict[str, Any], words: str
) -> None:
    change = sent(as_bob, handle)
    settled = None if state in {State.UNKNOWN, State.STUCK} else change.asked_at
    Change.objects.filter(pk=change.pk).update(state=state, told=told, settled_at=settled)
    page = text(as_bob.get(f"/person/{handle.pk}/changes/{change.pk}"))
    assert words in page
    assert "The exact request" in page


def test_it_stands_above_the_timeline_until_it_is_settled(as_bob: Client, handle: Handle) -> None:
    change = sent(as_bob, handle)
    page = text(as_bob.get(f"/person/{handle.pk}/timeline", headers=HTMX))
    assert f"/person/{handle.pk}/changes/{change.pk}" in page
    assert "You asked to record an activity." in page


def test_an_officer_can_take_it_back_and_an_agent_cannot(
    client: Client, bob: Staff, alice: Staff, handle: Handle, somebody: Person, datamart: Datamart
) -> None:
    change = sent(signed_in(client, bob), handle)
    hers = factories.handle(somebody, alice, datamart)
    cancel = f"/person/{hers.pk}/changes/{change.pk}/cancel"
    assert signed_in(client, alice).post(cancel).status_code == 403
    ours = f"/person/{handle.pk}/changes/{change.pk}/cancel"
    assert "Cancelled." in text(signed_in(client, bob).post(ours, follow=True))


def test_it_is_told_in_the_trail_without_what_it_holds(as_bob: Client, handle: Handle) -> None:
    sent(as_bob, handle, note="typed by me")
    page = text(as_bob.get("/trail"))
    assert "You asked to record an activity." in page
    assert "typed by me" not in page


def test_an_agent_does_not_get_in(as_alice: Client, marie: Handle) -> None:
    assert as_alice.get(url(marie)).status_code == 403
    assert as_alice.post(url(marie), {"step": "review"}).status_code == 403
    assert Entry.objects.filter(outcome=Outcome.REFUSED).count() == 2


def test_somebody_elses_handle_is_of_no_use(as_bob: Client, marie: Handle) -> None:
    assert as_bob.get(url(marie)).status_code == 404


def test_other_methods_are_rejected(as_bob: Client, handle: Handle) -> None:
    assert as_bob.delete(url(handle)).status_code == 405
