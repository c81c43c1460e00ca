"""Looking ahead: what a worker has reserved holds up nothing, and is claimed if it still can be."""

import pytest

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.claims import claim, give_back, reserve
from consentadmin.changes.deciding import cancel
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced, move
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.datamarts.services import hold_sending, pause_sending
from consentadmin.sandbox.catalogue import ADS, NEWSLETTER, SMS
from consentadmin.subjects.models import Handle
from tests import factories
from tests.changes.conftest import again, claim_to_send, drained
from tests.fixtures.liar import Liar, error

LANE = Lane.INTERACTIVE
ASKED = (NEWSLETTER, SMS, ADS)


@pytest.fixture
def asked(handle: Handle) -> list[Change]:
    return [factories.change(handle, processing, accepted=True) for processing in ASKED]


@pytest.fixture
def reserved(asked: list[Change]) -> list[Change]:
    return reserve(LANE, most=3)


def lapse() -> None:
    Change.objects.update(lease_until="2020-01-01T00:00Z")


def entries_of_sending(change: Change) -> int:
    return Entry.objects.filter(action=Action.CHANGE_SENDING, change=change.pk).count()


def test_no_more_is_reserved_than_was_asked_for(asked: list[Change]) -> None:
    assert reserve(LANE, most=2) == asked[:2]
    assert reserve(LANE, most=2) == asked[2:]


def test_what_is_reserved_is_still_queued_and_tells_of_no_attempt(reserved: list[Change]) -> None:
    assert {(again(c).state, again(c).attempts) for c in reserved} == {(State.QUEUED, 0)}
    assert not any(entries_of_sending(change) for change in reserved)


def test_what_is_reserved_is_left_alone_by_others(reserved: list[Change]) -> None:
    assert claim_to_send(LANE) is None


def test_what_is_given_back_is_free_at_once(reserved: list[Change]) -> None:
    give_back(reserved[1:])
    assert reserve(LANE, most=3) == reserved[1:]


def test_what_can_not_be_sent_after_all_is_given_back(asked: list[Change], liar: Liar) -> None:
    held = error(429, headers={"Retry-After": "60"})
    liar.on("GET", f"processing_id={SMS}", held)
    assert drained(asked[0]).is_settled
    last = again(asked[2])
    assert (last.state, last.attempts, last.lease_until) == (State.QUEUED, 0, None)


def test_what_a_dead_worker_had_reserved_falls_free_and_counts_no_death(
    reserved: list[Change],
) -> None:
    lapse()
    assert drained(reserved[0]).is_settled
    assert not Entry.objects.filter(action=Action.CHANGE_UNKNOWN).exists()


def test_who_claims_first_has_it_where_two_reserved_it(reserved: list[Change]) -> None:
    lapse()
    later = reserve(LANE, most=3)
    assert [claim(later[0]), claim(reserved[0])] == [True, False]
    assert entries_of_sending(reserved[0]) == 1


def test_what_is_reserved_can_be_cancelled(reserved: list[Change], handle: Handle) -> None:
    assert cancel(change=reserved[0], by=handle.staff.actor()).state == State.CANCELLED
    assert not claim(reserved[0])
    assert entries_of_sending(reserved[0]) == 0


def test_a_withdrawal_takes_the_place_of_what_is_reserved(
    reserved: list[Change], handle: Handle
) -> None:
    withdrawal = factories.change(handle, NEWSLETTER, accepted=False)
    assert claim_to_send(LANE) == withdrawal
    assert not claim(reserved[0])
    assert again(reserved[0]).state == State.SUPERSEDED


def test_a_withdrawal_of_another_choice_does_not_wait_for_what_is_reserved(
    reserved: list[Change], handle: Handle
) -> None:
    withdrawal = factories.change(handle, "3408", accepted=False)
    assert claim_to_send(LANE) == withdrawal


def test_a_pause_stops_what_is_reserved(reserved: list[Change]) -> None:
    pause_sending(datamart=reserved[0].datamart, why="refused")
    assert not any(claim(change) for change in reserved)


def test_a_hold_stops_what_is_reserved(reserved: list[Change]) -> None:
    hold_sending(datamart=reserved[0].datamart, seconds=60)
    assert not any(claim(change) for change in reserved)


def test_one_of_what_is_reserved_tries_a_platform_that_is_down(asked: list[Change]) -> None:
    Datamart.objects.update(down_since="2026-01-01T00:00Z", sending_held_until="2026-01-01T00:00Z")
    assert [claim(change) for change in reserve(LANE, most=3)] == [True, False, False]


def test_what_takes_the_whole_person_is_not_claimed_beside_another(asked: list[Change]) -> None:
    Change.objects.filter(pk=asked[1].pk).update(takes_person=True)
    one, whole, _ = reserve(LANE, most=3)
    assert [claim(one), claim(whole)] == [True, False]
    move(one, State.DECLINED)
    assert claim(whole)


def test_a_move_that_meets_no_row_leaves_no_entry(reserved: list[Change]) -> None:
    claim(reserved[0])
    before = Entry.objects.count()
    Change.objects.filter(pk=reserved[0].pk).update(fence=9)
    with pytest.raises(Fenced):
        move(reserved[0], State.DECLINED)
    assert Entry.objects.count() == before


def test_a_step_counts_from_its_own_claim(reserved: list[Change]) -> None:
    first = reserved[0].carried
    claim(reserved[0])
    assert first is not None
    assert reserved[0].carried is not None
    assert reserved[0].carried.since > first.since
