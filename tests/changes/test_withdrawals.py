"""A withdrawal is never held up (GDPR 7(3); DESIGN §4): each way in which it could have been."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from consentadmin.accounts.models import Staff
from consentadmin.changes.deciding import cancel, retry
from consentadmin.changes.draining import drain
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, move, requeue
from consentadmin.changes.sending import carry_out
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Datamart
from consentadmin.datamarts.services import pause_sending, resume_sending
from consentadmin.sandbox.catalogue import NEWSLETTER, SMS
from consentadmin.subjects.models import Handle, Subject
from consentadmin.subjects.queries import family
from consentadmin.subjects.services import join
from tests import factories
from tests.changes.conftest import Stands, again, claim_to_send, drained, hurried
from tests.fixtures.liar import Answer, Liar, carry_out_then, error, hang, html

PUT, GET = ("PUT", "/user_choices/"), ("GET", "/user_choices/")


@pytest.fixture
def grant(handle: Handle, stands: Stands) -> Change:
    """A grant that a worker has just claimed."""
    seen = stands(NEWSLETTER)
    factories.change(
        handle, NEWSLETTER, accepted=True, seen=seen.digest() if seen else "", customs={"a": 3}
    )
    claimed = claim_to_send(Lane.INTERACTIVE)
    assert claimed is not None
    return claimed


def withdraw(handle: Handle, processing: str = NEWSLETTER) -> Change:
    return factories.change(handle, processing, accepted=False)


def lose(change: Change) -> None:
    Change.objects.filter(pk=change.pk).update(lease_until="2020-01-01T00:00Z")


def settle(*changes: Change) -> list[str]:
    """Let time pass until nothing moves, and return the states."""
    for _ in range(6):
        for change in changes:
            hurried(change)
        drain(lane=Lane.INTERACTIVE, seconds=5)
    return [again(change).state for change in changes]


@pytest.mark.parametrize("fault", [error(503), error(429), error(500), hang()])
def test_a_grant_that_fails_in_flight_makes_way(
    handle: Handle, grant: Change, liar: Liar, fault: object
) -> None:
    liar.on(*PUT, fault, times=1)  # type: ignore[arg-type]
    withdrawal = withdraw(handle)
    carry_out(grant)
    assert settle(grant, withdrawal) == [State.SUPERSEDED, State.CONFIRMED]


def test_a_grant_whose_worker_died_makes_way(handle: Handle, grant: Change) -> None:
    withdrawal = withdraw(handle)
    lose(grant)
    assert settle(grant, withdrawal) == [State.SUPERSEDED, State.CONFIRMED]


def test_a_stuck_grant_is_not_tried_again_over_a_withdrawal(handle: Handle, grant: Change) -> None:
    withdraw(handle)
    Change.objects.filter(pk=grant.pk).update(state=State.STUCK, lease_until=None)
    assert retry(change=again(grant), by=handle.staff.actor()).state == State.SUPERSEDED


def test_it_does_not_wait_behind_readings_back_that_hang(
    handle: Handle, grant: Change, liar: Liar, alice: Staff, lying_datamart: Datamart, crowd: object
) -> None:
    other = factories.handle(next(crowd), alice, lying_datamart)  # type: ignore[call-overload]
    liar.on("GET", str(handle.subject.point), hang())
    lose(grant)
    withdrawal = withdraw(other)
    began = time.monotonic()
    while again(withdrawal).state != State.CONFIRMED:
        hurried(grant)
        drain(lane=Lane.INTERACTIVE, seconds=1)
        assert time.monotonic() - began < 20


def test_it_goes_before_older_grants(handle: Handle) -> None:
    factories.change(handle, SMS, accepted=True)
    withdrawal = withdraw(handle)
    assert claim_to_send(Lane.INTERACTIVE) == withdrawal


def test_it_is_written_although_the_choice_can_not_be_read(
    handle: Handle, liar: Liar, stands: Stands
) -> None:
    liar.on(*GET, html(200))
    change = drained(withdraw(handle))
    assert (change.state, change.told["unread"]) == (State.SENT, True)
    liar.forget()
    assert settle(change) == [State.CONFIRMED]


@pytest.mark.parametrize("status", [409, 412])
def test_it_does_not_end_in_a_conflict(handle: Handle, liar: Liar, status: int) -> None:
    liar.on(*PUT, error(status), times=1)
    change = drained(withdraw(handle))
    assert change.state == State.QUEUED
    assert settle(change) == [State.CONFIRMED]


def test_it_supersedes_what_was_asked_before_a_merge(handle: Handle) -> None:
    grant = factories.change(handle, NEWSLETTER, accepted=True)
    elder = Subject.objects.create(datamart=handle.subject.datamart)
    Subject.objects.filter(pk=handle.subject_id).update(joined_into=elder)
    handle.subject.refresh_from_db()
    withdraw(handle)
    assert again(grant).state == State.SUPERSEDED


def test_a_false_under_an_unknown_basis_is_taken_for_one(handle: Handle) -> None:
    assert withdraw(handle, "9999").is_withdrawal


def test_an_old_token_pauses_no_datamart_that_has_a_new_one(datamart: Datamart) -> None:
    before = Datamart.objects.get(pk=datamart.pk)
    factories.moved(datamart, datamart.api_url, "a newer token")
    pause_sending(datamart=before, why="refused")
    assert Datamart.objects.get(pk=datamart.pk).sending_paused_at is None


def test_a_pause_uses_no_patience_up(handle: Handle, liar: Liar, settings: Settings) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=True)
    Change.objects.update(patience_from="2020-01-01T00:00Z")
    pause_sending(datamart=handle.subject.datamart, why="refused")
    resume_sending(datamart=handle.subject.datamart, by=handle.staff.actor())
    liar.on(*GET, error(503))
    assert drained(change).state == State.QUEUED


def test_a_403_on_one_document_pauses_nobody_else(
    handle: Handle, liar: Liar, datamart: Datamart
) -> None:
    liar.on(*PUT, error(403))
    change = drained(withdraw(handle))
    datamart.refresh_from_db()
    assert (change.state, change.attempts) == (State.QUEUED, 1)
    assert datamart.sending_paused_at is None


def test_a_write_that_landed_behind_an_error_is_no_conflict_with_itself(
    handle: Handle, grant: Change, liar: Liar
) -> None:
    liar.on(*PUT, carry_out_then(error(500)), times=1)
    carry_out(grant)
    datamart, address = handle.subject.datamart, handle.subject.address(handle.selector)
    client_for(datamart).put_choice(  # the person chose anew, elsewhere
        datamart.platform_id,
        address,
        NEWSLETTER,
        accepted=False,
        choice_ts=grant.wish.choice_ts + 1,
        customs={},
    )
    hurried(grant)
    change = drained(grant)
    assert (change.state, change.told["history_only"]) == (State.CONFIRMED, True)


def test_cancelling_what_may_have_landed_says_so(handle: Handle, grant: Change, liar: Liar) -> None:
    liar.on(*PUT, carry_out_then(error(500)), times=1)
    carry_out(grant)
    cancelled = cancel(change=again(grant), by=handle.staff.actor())
    assert (cancelled.state, cancelled.told["may_have_landed"]) == (State.CANCELLED, True)


def test_a_value_kept_with_other_customs_is_told_as_that(
    handle: Handle, grant: Change, liar: Liar, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0
    liar.on(*PUT, carry_out_then(error(500)), times=1)
    carry_out(grant)
    payload = grant.payload | {"customs": {"a": "3"}}
    sealed = grant.subject.seal(payload, purpose="payload")
    Change.objects.filter(pk=grant.pk).update(payload_sealed=sealed)
    hurried(grant)
    change = drained(grant)
    assert (change.state, change.told["customs_differ"]) == (State.NOT_SEEN, True)


def test_a_poisonous_change_stops_no_other(handle: Handle) -> None:
    poison = factories.change(handle, SMS, accepted=True)
    Change.objects.filter(pk=poison.pk).update(payload_sealed=b"\x01 no seal of ours")
    healthy = withdraw(handle)
    drain(lane=Lane.INTERACTIVE, seconds=10)
    assert again(poison).state == State.STUCK
    assert again(healthy).state == State.CONFIRMED


def test_readings_back_grow_rarer(handle: Handle, grant: Change, liar: Liar) -> None:
    liar.on(*GET, error(503))
    lose(grant)
    Change.objects.filter(pk=grant.pk).update(patience_from="2026-01-01T00:00Z")
    drain(lane=Lane.INTERACTIVE, seconds=5)
    change = again(grant)
    assert change.state == State.STUCK or change.due_at.timestamp() - time.time() > 60


@pytest.mark.parametrize("answer", [html(200), error(500)])
def test_it_does_not_wait_behind_what_can_not_be_read_back(
    handle: Handle, grant: Change, liar: Liar, answer: Answer
) -> None:
    liar.on(*PUT, carry_out_then(html(200)), times=1)
    carry_out(grant)
    liar.on(*GET, answer)
    withdrawal = withdraw(handle)
    settle(grant, withdrawal)
    assert again(grant).state == State.SUPERSEDED
    written = [request.json() for request in liar.requests if request.method == "PUT"]
    assert written[-1] == withdrawal.wish.body()
    liar.forget()
    assert settle(withdrawal) == [State.CONFIRMED]


def test_what_was_superseded_but_may_have_landed_says_so(
    handle: Handle, grant: Change, liar: Liar
) -> None:
    liar.on(*PUT, carry_out_then(error(503)), times=1)
    carry_out(grant)
    withdraw(handle)
    assert again(grant).told == {"may_have_landed": True}


def test_what_may_have_landed_in_its_last_attempt_says_so_too(
    handle: Handle, grant: Change, liar: Liar, datamart: Datamart
) -> None:
    withdraw(handle)
    slow_down = error(503, headers={"Retry-After": "30"})
    liar.on(*PUT, carry_out_then(slow_down), times=1)
    carry_out(grant)
    datamart.refresh_from_db()
    assert again(grant).state == State.SUPERSEDED
    assert again(grant).told == {"may_have_landed": True}
    assert datamart.sending_held_until is not None


def test_other_custom_fields_for_the_same_value_and_date_are_sent(
    handle: Handle, liar: Liar, stands: Stands
) -> None:
    at = timezone.now() - timedelta(hours=1)
    drained(factories.change(handle, NEWSLETTER, accepted=False, at=at, customs={"form": "A"}))
    seen = stands(NEWSLETTER)
    assert seen is not None
    liar.on(*PUT, error(503), times=1)
    second = factories.change(
        handle, NEWSLETTER, accepted=False, at=at, customs={"form": "B"}, seen=seen.digest()
    )
    assert settle(second) == [State.CONFIRMED]
    now = stands(NEWSLETTER)
    assert now is not None
    assert dict(now.customs) == {"form": "B"}


def test_only_a_stuck_change_can_be_tried_again(handle: Handle, grant: Change) -> None:
    with pytest.raises(Fenced):
        retry(change=grant, by=handle.staff.actor())
    assert again(grant).state == State.SENDING


def test_who_carried_what_was_put_back_changes_nothing_any_more(grant: Change) -> None:
    carried = again(grant)
    requeue(grant)
    with pytest.raises(Fenced):
        move(carried, State.CANCELLED)


def test_changes_of_a_chain_of_merged_subjects_are_one_persons(handle: Handle) -> None:
    grant = factories.change(handle, NEWSLETTER, accepted=True)
    middle, elder = (Subject.objects.create(datamart=handle.subject.datamart) for _ in range(2))
    join(subject=handle.subject, into=middle)
    join(subject=middle, into=elder)
    assert set(family(elder)) == {handle.subject_id, middle.pk, elder.pk}
    handle.subject.refresh_from_db()
    withdraw(handle)
    assert again(grant).state == State.SUPERSEDED
