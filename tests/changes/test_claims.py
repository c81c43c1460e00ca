"""Claiming, leases and fences: a change is carried out by one worker at a time, or by none."""

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.claims import (
    claim_to_check,
    due_lanes,
    release_expired,
)
from consentadmin.changes.deciding import cancel, retry
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, move
from consentadmin.changes.sending import carry_out
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.services import pause_sending
from consentadmin.sandbox.catalogue import NEWSLETTER, SMS
from consentadmin.subjects.models import Handle
from tests import factories
from tests.changes.conftest import again, claim_to_send, drained

LANE = Lane.INTERACTIVE


@pytest.fixture
def asked(handle: Handle) -> Change:
    return factories.change(handle, NEWSLETTER, accepted=False)


@pytest.fixture
def claimed(asked: Change) -> Change:
    found = claim_to_send(LANE)
    assert found is not None
    assert found.pk == asked.pk
    return found


def lose_lease(change: Change) -> None:
    Change.objects.filter(pk=change.pk).update(lease_until="2020-01-01T00:00Z")


def test_a_claim_takes_a_lease_a_fence_and_an_attempt(claimed: Change) -> None:
    assert (claimed.state, claimed.fence, claimed.attempts) == (State.SENDING, 1, 1)
    assert claimed.lease_until is not None
    assert claim_to_send(LANE) is None


def test_a_change_of_another_lane_is_left_alone(asked: Change) -> None:
    assert claim_to_send(Lane.BULK) is None
    assert due_lanes() == {LANE}


def test_what_is_not_due_is_not_claimed(asked: Change) -> None:
    Change.objects.update(due_at="2100-01-01T00:00Z")
    assert claim_to_send(LANE) is None
    assert not due_lanes()


def test_nothing_is_claimed_while_sending_is_paused(asked: Change) -> None:
    pause_sending(datamart=asked.datamart, why="refused")
    assert claim_to_send(LANE) is None
    assert not due_lanes()


def test_one_change_of_a_choice_is_in_flight_at_a_time(claimed: Change, handle: Handle) -> None:
    factories.change(handle, NEWSLETTER, accepted=False)
    assert claim_to_send(LANE) is None
    move(claimed, State.DECLINED)
    assert claim_to_send(LANE) is not None


def test_the_database_itself_refuses_two_in_flight(claimed: Change, handle: Handle) -> None:
    second = factories.change(handle, NEWSLETTER, accepted=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.filter(pk=second.pk).update(
            state=State.SENDING, lease_until="2100-01-01T00:00Z"
        )


def test_another_choice_of_the_person_goes_at_once(claimed: Change, handle: Handle) -> None:
    other = factories.change(handle, SMS, accepted=False)
    found = claim_to_send(LANE)
    assert found is not None
    assert found.pk == other.pk


def test_a_lost_lease_makes_it_unknown_and_due(claimed: Change) -> None:
    lose_lease(claimed)
    assert due_lanes() == {LANE}
    assert release_expired() == 1
    assert again(claimed).state == State.UNKNOWN
    assert Entry.objects.filter(action=Action.CHANGE_UNKNOWN, change=claimed.pk).count() == 1


def test_a_lost_change_is_sent_once_more_and_confirmed(claimed: Change) -> None:
    lose_lease(claimed)
    assert drained(claimed).state == State.CONFIRMED


def test_a_living_lease_is_left_alone(claimed: Change) -> None:
    assert release_expired() == 0
    assert claim_to_check(LANE) is None


def test_who_lost_the_lease_changes_nothing_any_more(claimed: Change) -> None:
    lose_lease(claimed)
    after = drained(claimed)
    with pytest.raises(Fenced):
        move(claimed, State.DECLINED)
    assert again(claimed).state == after.state


def test_a_late_result_is_recorded_and_discarded(claimed: Change) -> None:
    lose_lease(claimed)
    drained(claimed)
    carry_out(claimed)
    assert again(claimed).state == State.CONFIRMED
    assert Entry.objects.filter(action=Action.CHANGE_LATE, change=claimed.pk).count() == 1


def test_a_stuck_change_can_be_tried_again_or_cancelled(claimed: Change, handle: Handle) -> None:
    move(claimed, State.STUCK)
    queued = retry(change=again(claimed), by=handle.staff.actor())
    assert (queued.state, queued.attempts) == (State.QUEUED, 0)
    assert cancel(change=queued, by=handle.staff.actor()).state == State.CANCELLED


def test_a_grant_waits_behind_a_stuck_change_and_a_withdrawal_does_not(
    claimed: Change, handle: Handle
) -> None:
    grant = factories.change(handle, SMS, accepted=True)
    Change.objects.filter(pk=claimed.pk).update(state=State.STUCK, lease_until=None)
    Change.objects.filter(pk=grant.pk).update(document=claimed.document, is_withdrawal=False)
    assert claim_to_send(LANE) is None
    Change.objects.filter(pk=grant.pk).update(is_withdrawal=True)
    assert claim_to_send(LANE) is not None


def test_leases_take_the_clock_of_the_database(asked: Change, settings: Settings) -> None:
    settings.CHANGE_LEASE = 60
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL consentadmin.clock_offset = '1 hour'")
        found = claim_to_send(LANE)
        assert found is not None
        cursor.execute("SELECT extract(epoch FROM %s - clock_timestamp())", [found.lease_until])
        assert 3600 < cursor.fetchone()[0] <= 3660


def test_every_step_is_settled_with_its_entry_or_not_at_all(claimed: Change) -> None:
    with transaction.atomic():
        move(claimed, State.DECLINED)
        transaction.set_rollback(True)
    assert again(claimed).state == State.SENDING
    assert not Entry.objects.filter(action=Action.CHANGE_DECLINED).exists()
