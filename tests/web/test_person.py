"""The person's page: everything at once, honest where the platform failed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.identifiers import Identifiers, Point
from consentadmin.sandbox.catalogue import PROCESSINGS
from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    DELETED_PROCESSING,
    MERGED,
    MERGED_AWAY,
    NESTED_PROFILE,
    NO_CHOICES,
    OLD_PROCESSINGS,
    POINTLESS_DEVICE,
    THREE_EMAILS,
    TWO_PROFILES,
    UNKNOWN_IDENTIFIER,
    Person,
)
from consentadmin.subjects.models import DataKey, Handle
from consentadmin.subjects.services import know, open_handle
from tests import factories
from tests.fixtures.liar import Answer, Liar, empty, error, half_json, hang, html, json_answer, ok
from tests.web.conftest import signed_in, text


def page_of(person: Person, client: Client, alice: Staff, datamart: Datamart) -> str:
    handle = factories.handle(person, alice, datamart)
    return text(client.get(f"/person/{handle.pk}"))


def test_every_processing_is_there_in_words(as_alice: Client, marie: Handle) -> None:
    page = text(as_alice.get(f"/person/{marie.pk}"))
    live = [p for p in PROCESSINGS if p.id != ARCHIVED_PROCESSING]
    assert all(p.name in page for p in live)
    assert "Consented" in page
    assert "Objected" in page
    assert "Never asked" in page
    assert "rests on no choice" in page


def test_what_needs_the_change_log_is_not_yet_told(as_alice: Client, marie: Handle) -> None:
    page = text(as_alice.get(f"/person/{marie.pk}"))
    assert "Not consented" in page
    assert "Withdrawn" not in page
    assert f"/person/{marie.pk}/choices/3403" in page


def test_one_round_trip_of_three_calls(as_alice: Client, lied_about: Handle, liar: Liar) -> None:
    before = len(liar.requests)
    as_alice.get(f"/person/{lied_about.pk}")
    asked = [request.path.split("?")[0].rsplit("/", 1)[-1] for request in liar.requests[before:]]
    assert sorted(asked) == ["user_choices", "user_identifiers", "user_profiles"]


def test_a_person_without_choices_was_never_asked(
    as_alice: Client, alice: Staff, datamart: Datamart
) -> None:
    page = page_of(NO_CHOICES, as_alice, alice, datamart)
    assert page.count("Never asked") == len(PROCESSINGS) - 1


def test_choices_on_archived_and_deleted_processings_are_kept_and_flagged(
    as_alice: Client, alice: Staff, datamart: Datamart
) -> None:
    page = page_of(OLD_PROCESSINGS, as_alice, alice, datamart)
    assert "archived" in page
    assert "unknown to us" in page
    assert DELETED_PROCESSING in page


def test_identifiers_are_grouped_and_unknown_ones_shown_raw(
    as_alice: Client, alice: Staff, datamart: Datamart
) -> None:
    assert "USER_LOYALTY_CARD" in page_of(UNKNOWN_IDENTIFIER, as_alice, alice, datamart)
    page = page_of(THREE_EMAILS, as_alice, alice, datamart)
    assert all(digest[:8] in page for digest in THREE_EMAILS.email_hashes)


def test_profiles_are_told_by_compartment(
    as_alice: Client, alice: Staff, datamart: Datamart
) -> None:
    page = page_of(TWO_PROFILES, as_alice, alice, datamart)
    assert "Loyalty programme" in page
    assert all(account in page for _, account in TWO_PROFILES.accounts)


def test_nested_values_are_readable(as_alice: Client, alice: Staff, datamart: Datamart) -> None:
    page = page_of(NESTED_PROFILE, as_alice, alice, datamart)
    for value in ("Údolní 12", "Eliška", "allergies", "nuts", "$thing", "kept_by"):
        assert value in page


def test_a_device_without_a_person_has_a_page(
    as_alice: Client, alice: Staff, datamart: Datamart
) -> None:
    page = page_of(POINTLESS_DEVICE, as_alice, alice, datamart)
    assert POINTLESS_DEVICE.agents[0] in page
    assert "Never asked" in page


def test_the_purpose_and_what_staff_did_are_told(as_alice: Client, marie: Handle) -> None:
    page = text(as_alice.get(f"/person/{marie.pk}"))
    assert "C-0142" in page
    assert "You looked this person up." in page
    assert "You opened this person." in page


def test_each_view_leaves_its_entry(as_alice: Client, marie: Handle) -> None:
    as_alice.get(f"/person/{marie.pk}")
    entry = Entry.objects.get(action=Action.READ)
    assert (entry.subject, entry.case, entry.outcome) == (marie.subject_id, "C-0142", Outcome.DONE)
    assert entry.data["sections"] == ["choices", "identifiers", "profiles"]


@contextmanager
def read_only() -> Iterator[None]:
    """Let nothing be written to the database."""
    with transaction.atomic():
        connection.cursor().execute("SET LOCAL transaction_read_only = on")
        yield
        transaction.set_rollback(True)


def test_a_page_whose_entry_can_not_be_written_is_not_shown(
    as_alice: Client, marie: Handle
) -> None:
    with read_only(), pytest.raises(DatabaseError, match="read-only"):
        as_alice.get(f"/person/{marie.pk}")


SECTIONS = ["user_identifiers", "user_choices", "user_profiles"]
FAILURES: list[Answer] = [
    html(200),
    empty(200),
    half_json(200),
    ok({"wrong": "type"}),
    error(401),
    error(403),
    error(409),
    error(429),
    error(500),
    hang(),
]


@pytest.mark.parametrize("answer", FAILURES)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_that_failed_says_so_and_never_looks_empty(
    as_alice: Client, lied_about: Handle, liar: Liar, section: str, answer: Answer
) -> None:
    liar.on("GET", section, answer)
    response = as_alice.get(f"/person/{lied_about.pk}")
    name = section.removeprefix("user_")
    assert response.status_code == 200
    assert f'id="section-{name}"' in text(response)
    assert text(response).count('class="trouble"') == 1
    assert Entry.objects.filter(action=Action.READ).latest("pk").outcome == Outcome.PARTIAL


def test_a_404_on_the_documents_of_a_known_person_means_none(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    for section in ("user_choices", "user_profiles"):
        liar.on("GET", section, error(404))
    page = text(as_alice.get(f"/person/{lied_about.pk}"))
    assert 'class="trouble"' not in page
    assert "Never asked" in page


def test_a_404_tells_nothing_while_the_person_is_not_known_to_be_there(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    liar.on("GET", "user_identifiers", error(500))
    liar.on("GET", "user_choices", error(404))
    page = text(as_alice.get(f"/person/{lied_about.pk}"))
    assert page.count('class="trouble"') == 2
    assert "Never asked" not in page


def test_a_down_platform_leaves_a_page_that_says_so(
    as_alice: Client, marie: Handle, datamart: Datamart
) -> None:
    factories.moved(datamart, "http://127.0.0.1:9", "token")
    assert text(as_alice.get(f"/person/{marie.pk}")).count('class="trouble"') == 3
    assert Entry.objects.filter(action=Action.READ).latest("pk").outcome == Outcome.FAILED


def test_the_error_id_is_shown_with_its_section(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    body = {"status": "error", "error": "Boom", "error_id": "e-99"}
    liar.on("GET", "user_profiles", json_answer(500, body))
    assert "e-99" in text(as_alice.get(f"/person/{lied_about.pk}"))


def test_a_merged_person_is_followed_and_it_is_said(
    as_alice: Client, alice: Staff, datamart: Datamart
) -> None:
    selector = factories.selector(MERGED)
    subject = know(
        datamart=datamart,
        selector=selector,
        identifiers=Identifiers((Point(MERGED_AWAY, None, {}),)),
    )
    handle = open_handle(staff=alice, subject=subject, selector=selector, purpose=factories.PURPOSE)
    response = as_alice.get(f"/person/{handle.pk}", follow=True)
    assert response.redirect_chain
    assert "merged this person" in text(response)
    assert (MERGED.point_id or "")[:8] in text(response)


def test_a_platform_that_answers_to_an_archived_id_is_followed_too(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    old = lied_about.subject.point or ""
    merged = {"type": "USER_POINT", "user_point_id": MERGED.point_id, "creation_ts": 1}
    liar.on("GET", f"user_point_id={old}/user_identifiers", ok([merged], count=1))
    response = as_alice.get(f"/person/{lied_about.pk}", follow=True)
    assert "merged this person" in text(response)
    assert (MERGED.point_id or "")[:8] in text(response)


def test_a_person_whom_nothing_finds_any_more_is_told_gone(
    as_alice: Client, lied_about: Handle, liar: Liar
) -> None:
    liar.on("GET", "/user_points/", error(404))
    response = as_alice.get(f"/person/{lied_about.pk}")
    assert response.status_code == 404
    assert 'class="trouble"' not in text(response)


def test_unknown_foreign_and_expired_handles_are_not_found_with_an_entry(
    client: Client, bob: Staff, marie: Handle
) -> None:
    signed_in(client, bob)
    for token in ("nothing", marie.pk):
        assert client.get(f"/person/{token}").status_code == 404
    signed_in(client, marie.staff)
    Handle.objects.filter(pk=marie.pk).update(expires_at="2020-01-01T00:00Z")
    assert client.get(f"/person/{marie.pk}").status_code == 404
    assert Entry.objects.filter(action=Action.REFUSED, outcome=Outcome.NOT_FOUND).count() == 3


def test_a_role_that_was_lost_opens_no_handle(as_alice: Client, marie: Handle) -> None:
    marie.staff.grants.all().delete()
    assert as_alice.get(f"/person/{marie.pk}").status_code == 403


def test_an_erased_person_is_not_found(as_alice: Client, marie: Handle) -> None:
    DataKey.objects.filter(subject=marie.subject_id).delete()
    assert as_alice.get(f"/person/{marie.pk}").status_code == 404


def test_it_takes_a_get_alone(as_alice: Client, marie: Handle) -> None:
    assert as_alice.post(f"/person/{marie.pk}").status_code == 405
