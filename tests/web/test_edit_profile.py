"""Editing a profile: as fields or as JSON, reviewed, sent; bad input; and what others may not."""

import json
from typing import Any

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.changes.draining import drain
from consentadmin.changes.kinds import Kind, Way
from consentadmin.changes.models import Change
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.subjects.models import Handle
from tests import factories
from tests.fixtures.liar import Liar, error, html
from tests.web.conftest import HTMX, signed_in, text
from tests.web.profiles import WAS, fields, put, step, stored, typed, url


@pytest.fixture
def handle(lied_about: Handle) -> Handle:
    """Alice's handle on somebody whose profile holds WAS."""
    put(lied_about, WAS)
    return lied_about


def opened(client: Client, handle: Handle) -> dict[str, Any]:
    """The form of the profile, as it opens."""
    return fields(client.get(url(handle)))


def as_json(client: Client, handle: Handle, draft: str) -> dict[str, Any]:
    """The form with a draft typed as JSON."""
    page = fields(step(client, url(handle), "raw", opened(client, handle)))
    return {**page, "text": draft}


def reviewed(client: Client, handle: Handle, page: dict[str, Any], **more: Any) -> Any:
    """The page of the review."""
    return step(client, url(handle), "review", page, **more)


def sent(client: Client, handle: Handle, page: dict[str, Any], **more: Any) -> Change:
    """Review a draft and send it, and return the change."""
    review = reviewed(client, handle, page, **more)
    step(client, url(handle), "send", fields(review))
    return Change.objects.latest("pk")


def test_the_form_shows_each_field_with_its_type(as_alice: Client, handle: Handle) -> None:
    page = opened(as_alice, handle)
    rows = list(zip(page["node-name"], page["node-type"], page["node-value"], strict=True))
    assert rows == [
        ("city", "text", "Lyon"),
        ("address", "object", ""),
        ("street", "text", "1, rue X"),
        ("zip", "null", ""),
        ("sizes", "list", ""),
        ("1", "number", "38"),
        ("2", "number", "39"),
    ]


def test_it_opens_as_a_page_and_leaves_its_entry(as_alice: Client, handle: Handle) -> None:
    response = as_alice.get(url(handle))
    assert "<html" in text(response)
    assert "Update fields" in text(response)
    assert "$creation_ts" in text(response)
    assert Entry.objects.filter(action=Action.READ).latest("pk").data["what"] == "profile"


def test_the_review_tells_path_by_path_what_we_expect(as_alice: Client, handle: Handle) -> None:
    page = text(reviewed(as_alice, handle, typed(opened(as_alice, handle), "street", "2, rue Y")))
    assert "address / street" in page
    assert "1, rue X" in page
    assert "2, rue Y" in page
    assert "Update fields" in page
    assert "This is our expectation" in page
    assert not Change.objects.exists()


def test_only_what_changes_is_sent_and_then_read_back(as_alice: Client, handle: Handle) -> None:
    change = sent(as_alice, handle, typed(opened(as_alice, handle), "street", "2, rue Y"))
    assert change.profile.body == {"address": {"street": "2, rue Y"}}
    drain(lane=Lane.INTERACTIVE)
    change.refresh_from_db()
    assert change.state == State.CONFIRMED
    assert stored(handle) == {**WAS, "address": {"street": "2, rue Y", "zip": None}}


def test_an_update_can_go_as_an_event_in_the_timeline(as_alice: Client, handle: Handle) -> None:
    review = reviewed(as_alice, handle, typed(opened(as_alice, handle), "city", "Paris"))
    assert "Send it as an event in the timeline." in text(review)
    step(as_alice, url(handle), "send", {**fields(review), "by_event": "1"})
    change = Change.objects.latest("pk")
    assert (change.way, change.takes_person) == (Way.EVENT, True)


def test_a_replacement_can_not_go_as_an_event(as_alice: Client, handle: Handle) -> None:
    page = typed(opened(as_alice, handle), "city", "Paris") | {"strategy": "FORCE_REPLACE"}
    review = reviewed(as_alice, handle, page)
    step(as_alice, url(handle), "send", {**fields(review), "by_event": "1"})
    assert Change.objects.latest("pk").way == Way.DIRECT


def test_sending_leads_to_the_page_of_the_change(as_alice: Client, handle: Handle) -> None:
    review = fields(reviewed(as_alice, handle, typed(opened(as_alice, handle), "city", "Paris")))
    response = step(as_alice, url(handle), "send", review)
    page = f"/person/{handle.pk}/changes/{Change.objects.get().pk}"
    assert response["HX-Redirect"] == page
    assert "Queued." in text(as_alice.get(page))
    assert "asked to change the profile" in text(as_alice.get(page))


def test_without_htmx_every_step_is_a_page(as_alice: Client, handle: Handle) -> None:
    page = typed(opened(as_alice, handle), "city", "Paris")
    for name in ("add:", "raw", "review"):
        response = as_alice.post(url(handle), {**page, "cause": "correction", "step": name})
        assert response.status_code == 200
        assert "<html" in text(response)
    response = as_alice.post(url(handle), {**fields(response), "step": "send"})
    assert response.status_code == 302
    assert Change.objects.get().kind == Kind.PROFILE_PUT


def test_a_field_is_removed_and_another_added_by_replacing_all(
    as_alice: Client, handle: Handle
) -> None:
    page = fields(step(as_alice, url(handle), "add:", opened(as_alice, handle)))
    page = {**typed(page, "", "7", "number"), "node-gone": page["node-at"][0]}
    page["node-name"] = [name or "rank" for name in page["node-name"]]
    review = reviewed(as_alice, handle, page)
    assert "Replace all" in text(review)
    assert "added" in text(review)
    assert "removed" in text(review)
    change = sent(as_alice, handle, page)
    assert change.profile.body == {"address": WAS["address"], "sizes": [38, 39], "rank": 7}


def test_a_field_is_added_inside_an_object(as_alice: Client, handle: Handle) -> None:
    page = opened(as_alice, handle)
    at = page["node-at"][page["node-name"].index("address")]
    page = typed(fields(step(as_alice, url(handle), f"add:{at}", page)), "", "FR")
    page["node-name"] = [name or "country" for name in page["node-name"]]
    assert sent(as_alice, handle, page).profile.body == {"address": {"country": "FR"}}


def test_the_two_views_are_of_one_draft(as_alice: Client, handle: Handle) -> None:
    page = typed(opened(as_alice, handle), "city", "Paris")
    raw = fields(step(as_alice, url(handle), "raw", page))
    assert json.loads(raw["text"][0]) == {**WAS, "city": "Paris"}
    raw["text"] = [raw["text"][0].replace("38", "41")]
    again = fields(step(as_alice, url(handle), "fields", raw))
    assert again["node-value"] == ["Paris", "", "1, rue X", "", "", "41", "39"]


def test_going_back_from_the_review_keeps_the_draft_and_its_view(
    as_alice: Client, handle: Handle
) -> None:
    page = typed(opened(as_alice, handle), "city", "Paris")
    review = fields(reviewed(as_alice, handle, page, note="as typed"))
    back = fields(step(as_alice, url(handle), "edit", review))
    assert back["view"] == ["fields"]
    assert "Paris" in back["node-value"]
    assert back["note"] == ["as typed"]


def test_a_draft_without_changes_can_not_be_sent(as_alice: Client, handle: Handle) -> None:
    page = text(reviewed(as_alice, handle, opened(as_alice, handle)))
    assert "Nothing to send." in page
    assert 'value="send"' not in page


def test_what_a_way_of_writing_does_not_reach_is_told(as_alice: Client, handle: Handle) -> None:
    page = as_json(as_alice, handle, '{"city": "Paris"}')
    told = text(reviewed(as_alice, handle, page, strategy="PARTIAL_UPDATE"))
    assert "does not reach all of your draft" in told
    assert "sizes" in told
    alone = as_json(as_alice, handle, '{"city": "Lyon"}')
    told = text(reviewed(as_alice, handle, alone, strategy="PARTIAL_UPDATE"))
    assert "Nothing to send." in told


@pytest.mark.parametrize("strategy", ["FORCE_REPLACE", "LEGACY_REPLACE", "LEGACY_MERGE"])
def test_of_documented_ways_no_expectation_is_spoken(
    as_alice: Client, handle: Handle, strategy: str
) -> None:
    page = typed(opened(as_alice, handle), "city", "Paris")
    told = text(reviewed(as_alice, handle, page, strategy=strategy))
    assert "The platform documents what this does." in told
    assert "This is our expectation" not in told


BAD_TEXTS = {
    "[1]": "a profile is an object",
    '{"a": 1,}': "Line 1, column 9",
    '{"a": 1,\n "a": 2}': "Line 2, column 2: the name “a” stands twice",
    '{"a": NaN}': "Line 1, column 7: NaN",
    '{"a": 1e999}': "too large",
    '{"a": 9007199254740993}': "Line 1, column 7: this number is too large",
    '{"a": 0.12345678901234567890}': "more digits than can be kept",
    '{"a": "\\ud800"}': "lone surrogate",
    '{"$creation_ts": 1}': "belong to the platform",
    '{"a":' * 65 + "1" + "}" * 65: "Line 1, column 321: this is nested deeper than 64",
    '{"a": "' + "x" * 1_048_576 + '"}': "longer than 1,048,576 bytes",
}


@pytest.mark.parametrize("draft", BAD_TEXTS, ids=[draft[:20] for draft in BAD_TEXTS])
def test_bad_json_is_told_with_line_and_column_and_kept(
    as_alice: Client, handle: Handle, draft: str
) -> None:
    response = reviewed(as_alice, handle, as_json(as_alice, handle, draft), note="typed")
    assert response.status_code == 422
    assert BAD_TEXTS[draft] in text(response)
    assert fields(response)["text"] == [draft]
    assert fields(response)["note"] == ["typed"]


@pytest.mark.parametrize(
    ("name", "kind", "value", "says"),
    [
        ("city", "number", "many", "not a number"),
        ("city", "number", "01", "not a number"),
        ("city", "number", "9" * 20, "too large"),
        ("city", "boolean", "perhaps", "true or false"),
        ("city", "escaped", 'say "x"', "Write it as JSON does"),
        ("city", "colour", "x", "Choose one of the types"),
    ],
)
def test_a_bad_field_is_told_at_its_row_and_kept(
    as_alice: Client, handle: Handle, name: str, kind: str, value: str, says: str
) -> None:
    response = reviewed(as_alice, handle, typed(opened(as_alice, handle), name, value, kind))
    assert response.status_code == 422
    assert says in text(response)
    assert value in fields(response)["node-value"]


@pytest.mark.parametrize(
    ("name", "says"), [("", "Name this"), ("$x", "belong"), ("address", "twice")]
)
def test_a_bad_name_is_told_at_its_row(
    as_alice: Client, handle: Handle, name: str, says: str
) -> None:
    page = opened(as_alice, handle)
    page["node-name"] = [name if each == "city" else each for each in page["node-name"]]
    assert says in text(reviewed(as_alice, handle, page))


def test_bad_json_can_not_be_turned_into_fields_and_is_kept(
    as_alice: Client, handle: Handle
) -> None:
    response = step(as_alice, url(handle), "fields", as_json(as_alice, handle, '{"a": '))
    assert response.status_code == 422
    assert fields(response)["text"] == ['{"a": ']


def test_a_cause_is_needed_to_review_but_not_to_go_on_typing(
    as_alice: Client, handle: Handle
) -> None:
    page = opened(as_alice, handle)
    added = as_alice.post(url(handle), {**page, "step": "add:"}, headers=HTMX)
    assert (added.status_code, "This field is required" in text(added)) == (200, False)
    review = as_alice.post(url(handle), {**page, "step": "review"}, headers=HTMX)
    assert (review.status_code, "This field is required" in text(review)) == (422, True)


def test_a_profile_too_large_for_fields_opens_as_json_and_says_why(
    as_alice: Client, handle: Handle
) -> None:
    put(handle, {f"field {n}": n for n in range(301)})
    response = as_alice.get(url(handle))
    assert fields(response)["view"] == ["raw"]
    assert "more than 300 fields" in text(response)


def test_a_profile_that_moved_is_a_conflict_and_the_draft_is_kept(
    as_alice: Client, handle: Handle
) -> None:
    page = typed(opened(as_alice, handle), "city", "Paris")
    put(handle, {**WAS, "sizes": [40]})
    response = reviewed(as_alice, handle, page)
    assert response.status_code == 422
    assert "has changed since you opened it" in text(response)
    assert json.loads(fields(response)["text"][0]) == {**WAS, "city": "Paris"}


@pytest.mark.parametrize(
    ("way", "body"),
    [("replay", {"city": "Paris"}), ("rebase", {"city": "Paris", "sizes": [38, 39]})],
)
def test_after_a_conflict_the_draft_goes_on_what_is_there(
    as_alice: Client, handle: Handle, way: str, body: dict[str, Any]
) -> None:
    page = typed(opened(as_alice, handle), "city", "Paris")
    put(handle, {**WAS, "sizes": [40]})
    conflict = fields(reviewed(as_alice, handle, page))
    editor = fields(step(as_alice, url(handle), way, conflict))
    assert sent(as_alice, handle, editor).profile.body == body


@pytest.mark.parametrize("spoil", ["review", "text"])
def test_what_was_not_reviewed_is_not_sent(as_alice: Client, handle: Handle, spoil: str) -> None:
    review = fields(reviewed(as_alice, handle, typed(opened(as_alice, handle), "city", "Paris")))
    response = step(as_alice, url(handle), "send", {**review, spoil: '{"city": "Nice"}'})
    assert response.status_code == 422
    assert "Review the change once more" in text(response)
    assert not Change.objects.exists()


def test_another_persons_target_is_not_taken(as_alice: Client, handle: Handle) -> None:
    page = opened(as_alice, handle)
    assert step(as_alice, url(handle), "review", {**page, "target": "x"}).status_code == 404


def test_sending_twice_does_not_ask_twice(as_alice: Client, handle: Handle) -> None:
    review = fields(reviewed(as_alice, handle, typed(opened(as_alice, handle), "city", "Paris")))
    codes = [step(as_alice, url(handle), "send", review).status_code for _ in range(2)]
    assert codes == [200, 422]
    assert Change.objects.count() == 1


def test_a_platform_that_can_not_be_read_is_told_and_the_draft_kept(
    as_alice: Client, handle: Handle, liar: Liar
) -> None:
    page = typed(opened(as_alice, handle), "city", "Paris")
    liar.on("GET", "/user_profiles", html(200))
    response = reviewed(as_alice, handle, page)
    assert "be understood" in text(response)
    assert "Paris" in fields(response)["node-value"]
    assert as_alice.get(url(handle)).status_code == 503


def test_a_declined_change_shows_the_platforms_words_and_can_be_edited_again(
    as_alice: Client, handle: Handle, liar: Liar
) -> None:
    liar.on("PUT", "/user_profiles/", error(400, "city is not in the schema"))
    change = sent(as_alice, handle, typed(opened(as_alice, handle), "city", "Paris"))
    drain(lane=Lane.INTERACTIVE)
    page = text(as_alice.get(f"/person/{handle.pk}/changes/{change.pk}"))
    assert "city is not in the schema" in page
    assert "err-1" in page
    again = fields(as_alice.get(f"{url(handle)}?again={change.pk}"))
    assert "Paris" in again["node-value"]


def test_a_profile_that_is_not_there_is_not_found(as_alice: Client, handle: Handle) -> None:
    assert as_alice.get(url(handle, account="nobody")).status_code == 404


def test_the_persons_page_leads_to_it_and_shows_how_a_change_fares(
    as_alice: Client, handle: Handle
) -> None:
    sent(as_alice, handle, typed(opened(as_alice, handle), "city", "Paris"))
    page = text(as_alice.get(f"/person/{handle.pk}"))
    assert f'href="{url(handle)}"' in page
    assert "asked to change the profile" in page
    assert "Queued." in page


def test_one_profile_is_read_anew_for_its_place_on_the_page(
    as_alice: Client, handle: Handle
) -> None:
    where = url(handle).removesuffix("/edit")
    assert "Lyon" in text(as_alice.get(where, headers=HTMX))
    assert "<html" in text(as_alice.get(where))
    missing = url(handle, account="nobody").removesuffix("/edit")
    assert "no profile here" in text(as_alice.get(missing, headers=HTMX))


def test_who_may_read_but_not_change_is_refused_with_an_entry(
    client: Client, handle: Handle, datamart: Datamart
) -> None:
    handle.staff.grants.all().delete()
    signed_in(client, factories.staff("alice", Role.AUDITOR, datamart))
    for what in ("edit", "delete"):
        assert client.get(url(handle, what)).status_code == 403
        assert client.post(url(handle, what), {"step": "send"}).status_code == 403
    assert Entry.objects.filter(action=Action.REFUSED, outcome=Outcome.REFUSED).count() == 4


def test_another_members_handle_is_of_no_use(client: Client, bob: Staff, handle: Handle) -> None:
    assert signed_in(client, bob).get(url(handle)).status_code == 404


def test_it_takes_no_other_method(as_alice: Client, handle: Handle) -> None:
    assert as_alice.put(url(handle)).status_code == 405
    assert as_alice.post(url(handle).removesuffix("/edit")).status_code == 405
