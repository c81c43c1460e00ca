"""The trail's page: who may read it, what it finds, and what never stands in its address."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import MARIE, NO_CHOICES
from consentadmin.subjects.models import Handle
from tests import factories
from tests.web.conftest import signed_in, text


@pytest.fixture
def as_carol(carol: Staff, client: Client) -> Client:
    return signed_in(client, carol)


def test_each_entry_is_a_sentence(as_carol: Client, marie: Handle) -> None:
    page = text(as_carol.get("/trail"))
    assert "Alice looked this person up." in page
    assert "C-0142" in page


def test_it_filters_by_action_actor_and_outcome(as_carol: Client, marie: Handle) -> None:
    alice = marie.staff_id
    assert "looked this person up" in text(
        as_carol.get(f"/trail?action=person.looked-up&actor={alice}")
    )
    assert "looked this person up" not in text(as_carol.get("/trail?outcome=failed"))


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("case=C-0142", True),
        ("case=C-01", False),
        ("reason=call", True),
        ("reason=complaint", False),
        ("datamart=1459", True),
        ("datamart=1460", False),
        ("change=1", False),
        ("case=C-0142&reason=call&datamart=1459&outcome=done", True),
    ],
)
def test_it_filters_by_case_purpose_datamart_and_change(
    as_carol: Client, marie: Handle, other_datamart: Datamart, query: str, *, is_found: bool
) -> None:
    page = text(as_carol.get(f"/trail?{query}"))
    assert ("looked this person up" in page) is is_found


def test_each_filter_is_a_chip_that_can_be_removed(as_carol: Client, marie: Handle) -> None:
    page = as_carol.get("/trail?case=C-0142&reason=call&change=&before=1.2")
    chips = {chip.label: (chip.value, chip.rest) for chip in page.context["chips"]}
    assert chips == {
        "Purpose": ("The person is on the line or has written", "case=C-0142&change="),
        "Case reference": ("C-0142", "reason=call&change="),
    }


def test_it_filters_by_time_in_the_readers_zone(as_carol: Client, marie: Handle) -> None:
    assert "looked this person up" in text(as_carol.get("/trail?since=2020-01-01T00:00"))
    assert "looked this person up" not in text(as_carol.get("/trail?until=2020-01-01T00:00"))


@pytest.mark.parametrize(
    "typed", [MARIE.emails[0], MARIE.point_id, MARIE.agents[1], MARIE.accounts[0][1]]
)
def test_it_finds_a_person_by_a_typed_identifier_and_asks_nobody(
    as_carol: Client, marie: Handle, alice: Staff, datamart: Datamart, typed: str
) -> None:
    factories.handle(NO_CHOICES, alice, datamart)
    factories.moved(datamart, "http://127.0.0.1:9", "token")
    response = as_carol.post("/trail/person", {"text": typed})
    assert response.status_code == 302
    assert typed not in response.url  # type: ignore[attr-defined]
    page = text(as_carol.get(response.url))  # type: ignore[attr-defined]
    assert page.count("looked this person up") == 1


def test_the_other_filters_stand_when_a_person_is_added(as_carol: Client, marie: Handle) -> None:
    response = as_carol.post("/trail/person?action=person.read&before=5", {"text": MARIE.emails[0]})
    assert "action=person.read" in response.url  # type: ignore[attr-defined]
    assert "before" not in response.url  # type: ignore[attr-defined]


def test_somebody_never_looked_up_is_told_at_the_field(as_carol: Client, marie: Handle) -> None:
    response = as_carol.post("/trail/person", {"text": "nobody@example.com"})
    assert response.status_code == 422
    assert "Nobody was ever looked up" in text(response)
    assert "nobody@example.com" in text(response)


@pytest.mark.parametrize(
    "query",
    [
        "since=never",
        "action=nonsense",
        "outcome=x",
        "actor=abc",
        "person=not-a-uuid",
        "person=" + ",".join(["00000000-0000-0000-0000-000000000001"] * 101),
        "datamart=9",
        "reason=curiosity",
        "change=-1",
        "change=99999999999999999999",
        "since=2024-02-02T00:00&until=2024-01-01T00:00",
    ],
)
def test_a_filter_that_makes_no_sense_is_told(as_carol: Client, query: str) -> None:
    assert as_carol.get(f"/trail?{query}").status_code == 422


def test_it_pages_from_newest_to_oldest(as_carol: Client, marie: Handle) -> None:
    for _ in range(60):
        as_carol.get("/trail?outcome=failed")
    first = as_carol.get("/trail")
    onward = first.context["next"]
    assert onward
    assert text(as_carol.get(f"/trail?{onward}")) != text(first)
    assert (
        as_carol.get(f"/trail?{onward}").context["lines"][-1][0].pk
        < first.context["lines"][-1][0].pk
    )


def test_an_auditor_of_one_datamart_sees_that_one_alone(
    client: Client, marie: Handle, bob: Staff, other_datamart: Datamart
) -> None:
    eve = factories.staff("eve", Role.AUDITOR, other_datamart)
    page = text(signed_in(client, eve).get("/trail"))
    assert "looked this person up" not in page
    assert "read the referentials" in page
    assert "Alice" not in page  # not even among the actors to choose from


def test_reading_the_trail_is_recorded(as_carol: Client, carol: Staff) -> None:
    as_carol.get("/trail?action=person.read")
    entry = Entry.objects.get(action=Action.TRAIL_READ)
    assert (entry.actor_id, entry.data["filters"]) == (carol.pk, ["action"])


@pytest.mark.parametrize("who", ["alice", "dan"])
def test_others_are_refused(request: pytest.FixtureRequest, client: Client, who: str) -> None:
    signed_in(client, request.getfixturevalue(who))
    assert client.get("/trail").status_code == 403
    assert client.post("/trail/person", {"text": "x"}).status_code == 403


def test_an_officer_may_read_it(client: Client, bob: Staff) -> None:
    assert signed_in(client, bob).get("/trail").status_code == 200


def test_it_takes_no_post(as_carol: Client) -> None:
    assert as_carol.post("/trail").status_code == 405
    assert as_carol.get("/trail/person").status_code == 405


def test_every_action_has_its_sentence(as_carol: Client, db: None) -> None:
    from consentadmin.audit.services import record
    from consentadmin.audit.words import HOUSE

    for action in Action:
        record(
            action=action, actor=HOUSE, data={"name": "Newsletter", "role": "agent", "why": "it"}
        )
    page = text(as_carol.get("/trail"))
    assert page.count("<time") >= len(Action)
    assert "%(" not in page


def test_a_seal_that_is_behind_is_said_calmly(as_carol: Client, db: None) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    assert "its seal is behind" not in text(as_carol.get("/trail"))
    Entry.objects.bulk_create([Entry(at=long_ago, action=Action.SIGNED_IN, actor_name="Anna")])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_cursor SELECT true, 1, 1, xid, id - 1 FROM audit_entry"
            " ORDER BY id DESC LIMIT 1"
        )
    assert "its seal is behind" in text(as_carol.get("/trail"))
