"""Changes of profiles: written, read back and compared; a conflict keeps both versions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.deciding import OwnChange, approve, cancel, reject
from consentadmin.changes.documents import ProfileWish, profile_key
from consentadmin.changes.kinds import Cause, Kind
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced
from consentadmin.changes.queries import awaiting_approval, latest
from consentadmin.changes.sending import carry_out
from consentadmin.changes.services import AlreadyPending, Why, request_profile
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.errors import InvalidBody, NotFound
from consentadmin.mediarithmics.profiles import ProfileStrategy as S
from consentadmin.sandbox.people import CUSTOMERS, Person
from consentadmin.subjects.models import Handle
from tests import factories
from tests.changes.conftest import again, claim_to_send, drained, hurried
from tests.fixtures.liar import (
    Liar,
    carry_out_then,
    error,
    ok,
    reset,
)

PUT = ("PUT", "/user_profiles/")
DELETE = ("DELETE", "/user_profiles/")
WAS = {"city": "Lyon", "address": {"street": "1, rue X", "zip": None}, "old": True}


@pytest.fixture
def account(somebody: Person) -> str:
    """The account of the person at hand."""
    return somebody.accounts[0][1]


Stored = Callable[[], dict[str, Any] | None]


@pytest.fixture
def stored(handle: Handle, account: str) -> Stored:
    """Tell the custom fields that the platform holds, None without a profile."""
    subject = handle.subject
    client, address = client_for(subject.datamart), subject.address(handle.selector)

    def look() -> dict[str, Any] | None:
        try:
            found = client.profile(subject.datamart.platform_id, address, CUSTOMERS, account)
        except NotFound:
            return None
        return dict(found.customs)

    return look


@pytest.fixture
def profile(handle: Handle, account: str) -> None:
    """The person's profile holds WAS."""
    put(handle, account, WAS)


def put(handle: Handle, account: str, body: dict[str, Any]) -> None:
    """Write a profile past us, as another tool would."""
    subject = handle.subject
    client_for(subject.datamart).put_profile(
        subject.datamart.platform_id,
        subject.address(handle.selector),
        CUSTOMERS,
        account,
        body,
        strategy=S.FORCE_REPLACE,
    )


def writes(liar: Liar, body: dict[str, Any]) -> int:
    """Count how often this body was sent."""
    return sum(r.method == "PUT" and r.json() == body for r in liar.requests)


def claimed() -> Change:
    """Claim what is to be sent next."""
    change = claim_to_send(Lane.INTERACTIVE)
    assert change is not None, "something was queued"
    return change


def asked(
    handle: Handle,
    account: str,
    body: dict[str, Any] | None,
    strategy: S | None = S.PARTIAL_UPDATE,
    was: dict[str, Any] | None = WAS,
) -> Change:
    """A change of the profile that the handle's owner asks for."""
    return request_profile(
        handle=handle,
        wish=ProfileWish(CUSTOMERS, account, was, body, strategy),
        why=Why(Cause.CORRECTION, "as she wrote"),
        by=handle.staff,
        role=Role.AGENT.value,
    )


@pytest.mark.parametrize("strategy", list(S))
def test_each_strategy_is_sent_and_confirmed(
    handle: Handle, account: str, profile: None, stored: Stored, strategy: S
) -> None:
    change = drained(asked(handle, account, {"city": "Paris"}, strategy))
    assert change.state == State.CONFIRMED
    assert stored() == change.profile.expected
    assert change.read_back is not None
    assert change.read_back.as_expected == [("city",)]


def test_a_new_profile_is_made_where_there_is_none(handle: Handle, stored: Stored) -> None:
    account = "a new one, 7/8"
    change = drained(asked(handle, account, {"city": "Paris"}, was=None))
    found = client_for(change.datamart).profile(
        change.datamart.platform_id, change.address, CUSTOMERS, account
    )
    assert change.state == State.CONFIRMED
    assert found.customs == {"city": "Paris"}


def test_what_moved_since_it_was_seen_is_a_conflict_with_both_versions(
    handle: Handle, account: str, profile: None, stored: Stored
) -> None:
    put(handle, account, {**WAS, "city": "Nice"})
    change = drained(asked(handle, account, {"city": "Paris"}))
    assert change.state == State.CONFLICT
    assert change.profile.was == WAS
    assert change.found == {**WAS, "city": "Nice"} == stored()


def test_a_profile_gone_since_it_was_seen_is_a_conflict(
    handle: Handle, account: str, profile: None
) -> None:
    subject = handle.subject
    change = asked(handle, account, {"city": "Paris"})
    client_for(subject.datamart).delete_profile(
        subject.datamart.platform_id, subject.address(handle.selector), CUSTOMERS, account
    )
    change = drained(change)
    assert change.state == State.CONFLICT
    assert change.has_found
    assert change.found is None


def test_what_is_there_already_is_confirmed_without_a_write(
    handle: Handle, account: str, profile: None, liar: Liar
) -> None:
    put(handle, account, {**WAS, "city": "Paris", "more": 1})
    change = drained(asked(handle, account, {"city": "Paris"}))
    assert change.state == State.CONFIRMED
    assert change.told == {"others_differ": 1}
    assert writes(liar, {"city": "Paris"}) == 0


def test_an_answer_that_never_came_is_read_back_and_not_sent_twice(
    handle: Handle, account: str, profile: None, liar: Liar
) -> None:
    liar.on(*PUT, carry_out_then(reset()), times=1)
    change = drained(asked(handle, account, {"city": "Paris"}))
    assert change.state == State.CONFIRMED
    assert writes(liar, {"city": "Paris"}) == 1


def test_a_write_that_never_arrived_is_sent_again(
    handle: Handle, account: str, profile: None, liar: Liar, stored: Stored
) -> None:
    liar.on(*PUT, reset(), times=1)
    change = drained(asked(handle, account, {"city": "Paris"}))
    assert change.state == State.CONFIRMED
    assert stored() == {**WAS, "city": "Paris"}
    assert writes(liar, {"city": "Paris"}) == 2


def test_one_that_may_have_landed_beside_another_write_is_for_a_person(
    handle: Handle, account: str, profile: None, liar: Liar
) -> None:
    liar.on(*PUT, reset(), times=1)
    change = asked(handle, account, {"city": "Paris"})
    carry_out(claimed())
    put(handle, account, {"city": "Nice"})
    change = drained(change)
    assert change.state == State.CONFLICT
    assert change.may_have_landed
    assert change.found == {"city": "Nice"}


def test_a_platform_that_stores_something_else_is_found_out(
    handle: Handle, account: str, profile: None, liar: Liar, settings: Settings
) -> None:
    liar.on(*PUT, ok(None), times=1)
    change = asked(handle, account, {"city": "Paris", "old": False})
    carry_out(claimed())
    put(handle, account, {**WAS, "city": "Paris"})
    settings.NOT_SEEN_AFTER = 0
    hurried(change)
    change = drained(change)
    assert change.state == State.NOT_SEEN
    assert change.told["paths_differ"] == 1
    assert change.read_back is not None
    assert [each.path for each in change.read_back.differing] == [("old",)]


def test_a_platform_that_stores_nothing_is_found_out(
    handle: Handle, account: str, profile: None, liar: Liar, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0
    liar.on(*PUT, ok(None), times=1)
    change = drained(asked(handle, account, {"city": "Paris"}))
    assert change.state == State.NOT_SEEN
    assert "paths_differ" not in change.told


def test_a_declined_body_tells_the_platforms_words(
    handle: Handle, account: str, profile: None, liar: Liar
) -> None:
    liar.on(*PUT, error(400, "city is no field of ours"), times=1)
    change = drained(asked(handle, account, {"city": "Paris"}))
    assert change.state == State.DECLINED
    assert change.words == "city is no field of ours"
    assert change.error_id == "err-1"


def test_nothing_personal_stands_in_clear(handle: Handle, account: str, profile: None) -> None:
    change = drained(asked(handle, account, {"city": "Paris"}))
    row = Change.objects.filter(pk=change.pk).values().get()
    entries = Entry.objects.filter(change=change.pk).values()
    told = repr([row, *entries])
    assert account not in told
    assert "Paris" not in told
    assert "as she wrote" not in told


def test_the_entry_tells_the_compartment_and_the_strategy(
    handle: Handle, account: str, profile: None
) -> None:
    change = asked(handle, account, {"city": "Paris"})
    entry = Entry.objects.get(change=change.pk, action=Action.CHANGE_ASKED)
    assert entry.data["kind"] == Kind.PROFILE_PUT
    assert entry.data["compartment"] == CUSTOMERS
    assert entry.data["strategy"] == S.PARTIAL_UPDATE
    assert "processing" not in entry.data


def test_one_change_of_a_profile_at_a_time(handle: Handle, account: str, profile: None) -> None:
    change = asked(handle, account, {"city": "Paris"})
    with pytest.raises(AlreadyPending):
        asked(handle, account, {"city": "Nice"})
    assert latest(subject=handle.subject) == {change.document: change}


def test_profiles_of_one_person_do_not_wait_for_each_other(
    handle: Handle, account: str, profile: None
) -> None:
    asked(handle, account, {"city": "Paris"})
    other = asked(handle, "another", {"city": "Nice"}, was=None)
    assert other.document != f"profile {CUSTOMERS} {profile_key(CUSTOMERS, account)}"


def test_a_body_that_is_no_json_is_refused(handle: Handle, account: str) -> None:
    with pytest.raises(InvalidBody):
        asked(handle, account, {"city": "\ud800"})
    assert not Change.objects.exists()


# Four eyes


@pytest.fixture
def deletion(handle: Handle, account: str, profile: None) -> Change:
    """A deletion that alice asks for."""
    return asked(handle, account, None, None)


def test_a_deletion_waits_for_a_second_officer(
    deletion: Change, stored: Stored, bob: Staff
) -> None:
    change = drained(deletion)
    assert change.state == State.AWAITING_APPROVAL
    assert stored() == WAS
    assert list(awaiting_approval(datamarts=[change.datamart])) == [change]


def test_an_approved_deletion_is_carried_out(deletion: Change, stored: Stored, bob: Staff) -> None:
    change = drained(approve(change=deletion, by=bob, role=Role.OFFICER))
    entry = Entry.objects.get(change=change.pk, action=Action.CHANGE_APPROVED)
    assert change.state == State.CONFIRMED
    assert stored() is None
    assert change.decided_by == bob
    assert entry.actor_id == bob.pk


def test_a_rejected_deletion_is_never_sent(deletion: Change, stored: Stored, bob: Staff) -> None:
    change = drained(reject(change=deletion, by=bob, role=Role.OFFICER))
    assert change.state == State.REJECTED
    assert stored() == WAS
    assert change.settled_at is not None


@pytest.mark.parametrize("decide", [approve, reject])
def test_the_asker_is_no_second_pair_of_eyes(
    deletion: Change, alice: Staff, decide: Callable[..., Change]
) -> None:
    with pytest.raises(OwnChange):
        decide(change=deletion, by=alice, role=Role.OFFICER)
    assert again(deletion).state == State.AWAITING_APPROVAL


def test_what_is_decided_is_not_decided_again(deletion: Change, bob: Staff) -> None:
    approve(change=deletion, by=bob, role=Role.OFFICER)
    with pytest.raises(Fenced):
        reject(change=again(deletion), by=bob, role=Role.OFFICER)


def test_the_asker_may_take_it_back(deletion: Change, alice: Staff) -> None:
    assert cancel(change=deletion, by=factories.actor(alice)).state == State.CANCELLED


def test_a_profile_that_moved_while_it_awaited_approval_is_not_deleted(
    deletion: Change, handle: Handle, account: str, stored: Stored, bob: Staff
) -> None:
    put(handle, account, {"city": "Nice"})
    change = drained(approve(change=deletion, by=bob, role=Role.OFFICER))
    assert change.state == State.CONFLICT
    assert stored() == {"city": "Nice"}


def test_a_deletion_the_platform_already_made_is_confirmed(
    deletion: Change, handle: Handle, account: str, liar: Liar, bob: Staff
) -> None:
    liar.on(*DELETE, carry_out_then(error(404)), times=1)
    change = drained(approve(change=deletion, by=bob, role=Role.OFFICER))
    assert change.state == State.CONFIRMED


def test_a_deletion_that_is_not_seen_is_told(
    deletion: Change, liar: Liar, bob: Staff, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0
    liar.on(*DELETE, ok(None), times=1)
    change = drained(approve(change=deletion, by=bob, role=Role.OFFICER))
    assert change.state == State.NOT_SEEN


def test_a_decision_has_a_person_and_a_time(deletion: Change, bob: Staff) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.filter(pk=deletion.pk).update(decided_by=bob)
