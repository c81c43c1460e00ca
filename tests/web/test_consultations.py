"""Who consulted a person: dates and purposes, no names; as a page and as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.services import record
from consentadmin.audit.words import Action, Outcome
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import MARIE, NO_CHOICES
from consentadmin.subjects.models import Handle, Reason
from consentadmin.subjects.services import Purpose
from tests import factories
from tests.web.conftest import signed_in, text

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def consulted(bob: Staff, marie: Handle, datamart: Datamart) -> Handle:
    """Bob's handle on Marie, whom alice has looked up too."""
    return factories.handle(MARIE, bob, datamart, Purpose(Reason.CHECK, case="C-7", note="secret"))


@pytest.fixture
def as_bob(bob: Staff, client: Client) -> Client:
    return signed_in(client, bob)


def read(of: Handle, by: Staff, at: datetime, what: str, outcome: Outcome = Outcome.DONE) -> None:
    Entry.objects.bulk_create(
        [
            Entry(
                at=at,
                action=Action.READ,
                outcome=outcome,
                actor_id=by.pk,
                actor_name=by.name,
                subject=of.subject_id,
                reason=of.reason,
                data={"what": what},
            )
        ]
    )


def rows(client: Client, handle: Handle) -> list[list[str]]:
    response = client.get(f"/person/{handle.pk}/consultations/file")
    assert "attachment" in response["Content-Disposition"]
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(content)))


def test_it_tells_when_and_for_what_and_not_who(as_bob: Client, consulted: Handle) -> None:
    page = text(as_bob.get(f"/person/{consulted.pk}/consultations"))
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    assert "The person is on the line or has written" in table
    assert "A check of the records" in table
    for secret in ("Alice", "Bob", "C-0142", "C-7", "secret"):
        assert secret not in table


def test_the_file_holds_the_same_in_exact_times(as_bob: Client, consulted: Handle) -> None:
    found = rows(as_bob, consulted)
    assert found[0] == ["From", "Until", "Purpose", "What was consulted"]
    assert {row[2] for row in found[1:]} == {
        "A check of the records",
        "The person is on the line or has written",
    }
    assert all(row[0].endswith("Z") for row in found[1:])


def test_readings_of_one_visit_are_one_line(
    as_bob: Client, consulted: Handle, alice: Staff, bob: Staff
) -> None:
    for minutes, by, what in [(0, bob, "person"), (5, alice, "choice"), (12, bob, "timeline")]:
        read(consulted, by, BEGAN + timedelta(minutes=minutes), what)
    read(consulted, bob, BEGAN + timedelta(minutes=40), "person")
    found = [row for row in rows(as_bob, consulted) if row[0].startswith("2026-01-05")]
    assert [(row[0][11:16], row[1][11:16]) for row in found] == [
        ("09:40", "09:40"),
        ("09:05", "09:05"),
        ("09:00", "09:12"),
    ]
    assert found[-1][3] == "identifiers, choices and profiles; timeline"


def test_what_failed_was_not_consulted(as_bob: Client, consulted: Handle, bob: Staff) -> None:
    read(consulted, bob, BEGAN, "person", Outcome.FAILED)
    assert not [row for row in rows(as_bob, consulted) if row[0].startswith("2026-01-05")]


def test_other_people_and_other_acts_are_not_in_it(
    as_bob: Client, consulted: Handle, alice: Staff, datamart: Datamart
) -> None:
    before = len(rows(as_bob, consulted))
    factories.handle(NO_CHOICES, alice, datamart, Purpose(Reason.COMPLAINT))
    record(action=Action.CHANGE_ASKED, actor=alice.actor(), subject=consulted.subject_id)
    assert len(rows(as_bob, consulted)) == before


def test_a_search_of_the_trail_for_the_person_counts(
    as_bob: Client, consulted: Handle, carol: Staff
) -> None:
    auditor = signed_in(Client(), carol)
    auditor.get(f"/trail?person={consulted.subject_id}")
    assert "An audit of what staff did" in {row[2] for row in rows(as_bob, consulted)}


def test_looking_is_recorded_and_told_next_time(as_bob: Client, consulted: Handle) -> None:
    as_bob.get(f"/person/{consulted.pk}/consultations")
    entry = Entry.objects.latest("pk")
    assert (entry.action, entry.data["what"], entry.case) == (Action.READ, "consultations", "C-7")
    assert "who consulted the person" in rows(as_bob, consulted)[1][3]
    page = text(as_bob.get("/trail?action=person.read"))
    assert "You read who consulted this person." in page


def test_the_persons_page_leads_there_for_officers_alone(
    as_bob: Client, consulted: Handle, alice: Staff, marie: Handle
) -> None:
    assert f"/person/{consulted.pk}/consultations" in text(as_bob.get(f"/person/{consulted.pk}"))
    agent = signed_in(Client(), alice)
    assert "/consultations" not in text(agent.get(f"/person/{marie.pk}"))
    assert agent.get(f"/person/{marie.pk}/consultations").status_code == 403
    assert agent.get(f"/person/{marie.pk}/consultations/file").status_code == 403


def test_anothers_handle_is_of_no_use(as_bob: Client, bob: Staff, marie: Handle) -> None:
    assert as_bob.get(f"/person/{marie.pk}/consultations").status_code == 404
    assert as_bob.get(f"/person/{marie.pk}/consultations/file").status_code == 404


def test_it_takes_no_post(as_bob: Client, consulted: Handle) -> None:
    assert as_bob.post(f"/person/{consulted.pk}/consultations").status_code == 405
    assert as_bob.post(f"/person/{consulted.pk}/consultations/file").status_code == 405
