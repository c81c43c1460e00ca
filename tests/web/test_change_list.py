"""The list of changes: filters, opening one, and one decision for many."""

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.changes.models import Change
from consentadmin.changes.states import State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.catalogue import ADS, NEWSLETTER, SMS
from consentadmin.sandbox.people import Person
from consentadmin.subjects.models import Handle, Reason
from tests import factories


@pytest.fixture
def handle(alice: Staff, datamart: Datamart, somebody: Person) -> Handle:
    return factories.handle(somebody, alice, datamart)


@pytest.fixture
def three(handle: Handle) -> list[Change]:
    """A queued, a stuck and a never seen change."""
    made = [factories.change(handle, p, accepted=True) for p in (NEWSLETTER, SMS, ADS)]
    put(made[1], State.STUCK)
    put(made[2], State.NOT_SEEN, settled_at="2026-01-01T00:00Z")
    return made


def put(change: Change, state: State, **fields: object) -> None:
    Change.objects.filter(pk=change.pk).update(state=state, **fields)


def as_bob(bob: Staff) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def test_what_is_stuck_comes_first(as_alice: Client, three: list[Change]) -> None:
    page = as_alice.get("/changes").text
    assert page.index("These wait for a person") < page.index("Newest first")
    assert page.count("/open") == 4


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=queued", 1),
        ("state=on-its-way", 1),
        ("state=needs-a-person", 3),
        ("kind=choice.put", 4),
        ("kind=profile.put", 0),
        ("asker=me", 4),
        ("age=24", 0),
    ],
)
def test_each_filter(as_alice: Client, three: list[Change], query: str, count: int) -> None:
    assert as_alice.get(f"/changes?{query}").text.count("/open") == count


def test_an_unknown_state_is_told_and_keeps_the_page(as_alice: Client) -> None:
    assert as_alice.get("/changes?state=nonsense").status_code == 422


def test_an_empty_list_says_what_to_do(as_alice: Client) -> None:
    assert "Nobody has asked for a change yet" in as_alice.get("/changes").text


def test_opening_one_leaves_a_handle_with_its_purpose(three: list[Change], bob: Staff) -> None:
    answer = as_bob(bob).post(f"/changes/{three[0].pk}/open")
    handle = Handle.objects.get(staff=bob)
    assert answer["Location"] == f"/person/{handle.pk}/changes/{three[0].pk}"
    assert (handle.reason, handle.case) == (Reason.FOLLOW_UP, "C-0142")


def test_one_of_another_datamart_can_not_be_opened(
    three: list[Change], other_datamart: Datamart
) -> None:
    stranger = factories.staff("erin", Role.AGENT, other_datamart)
    client = as_bob(stranger)
    assert client.post(f"/changes/{three[0].pk}/open").status_code == 404
    assert "/open" not in client.get("/changes").text


def test_many_are_counted_before_anything_is_done(as_alice: Client, three: list[Change]) -> None:
    page = as_alice.get("/changes/many?act=cancel").text
    assert "This touches 2 changes." in page
    assert Change.objects.filter(state=State.CANCELLED).count() == 0


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        ("retry", State.STUCK, State.QUEUED),
        ("recheck", State.NOT_SEEN, State.SENT),
        ("cancel", State.STUCK, State.CANCELLED),
    ],
)
def test_one_decision_for_many(
    as_alice: Client, three: list[Change], act: str, before: State, after: State
) -> None:
    meant = Change.objects.get(state=before)
    newest = {"newest": str(three[-1].pk)}
    answer = as_alice.post(f"/changes/many/decide?act={act}&state={before.value}", newest)
    meant.refresh_from_db()
    assert answer["Location"] == f"/changes?state={before.value}"
    assert meant.state == after
    assert Entry.objects.filter(change=meant.pk, actor_name="Alice").exists()


def test_no_withdrawal_is_taken_back_in_numbers(as_alice: Client, handle: Handle) -> None:
    withdrawal = factories.change(handle, NEWSLETTER, accepted=False)
    assert "None of the changes" in as_alice.get("/changes/many?act=cancel").text
    as_alice.post("/changes/many/decide?act=cancel", {"newest": str(withdrawal.pk)})
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.QUEUED


def test_what_came_after_the_count_is_left_alone(as_alice: Client, three: list[Change]) -> None:
    as_alice.post("/changes/many/decide?act=cancel", {"newest": str(three[0].pk)})
    assert set(Change.objects.filter(state=State.CANCELLED)) == {three[0]}


def test_an_unknown_act_is_not_there(as_alice: Client) -> None:
    assert as_alice.get("/changes/many?act=delete").status_code == 404


@pytest.mark.parametrize("path", ["/changes", "/changes/many?act=retry"])
def test_who_may_not_change_choices_sees_none(path: str, carol: Staff, dan: Staff) -> None:
    for staff in (carol, dan):
        assert as_bob(staff).get(path).status_code == 403


@pytest.mark.parametrize("path", ["/changes/1/open", "/changes/many/decide?act=retry"])
def test_the_wrong_method_is_refused(as_alice: Client, path: str) -> None:
    assert as_alice.get(path).status_code == 405


def test_a_platform_out_of_order_is_told_on_every_page(as_alice: Client) -> None:
    Datamart.objects.update(down_since="2026-11-25T10:00Z")
    assert "has been out of order for Retail EU since" in as_alice.get("/changes").text
