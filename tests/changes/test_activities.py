"""Activities, and choices and profiles that travel as events: received is not stored."""

import time
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.changes.activities import packed, unpacked
from consentadmin.changes.activity_writes import activity_of
from consentadmin.changes.deciding import retry
from consentadmin.changes.documents import ProfileWish
from consentadmin.changes.kinds import Cause, Kind, Way
from consentadmin.changes.models import Change
from consentadmin.changes.rules import Wish, milliseconds
from consentadmin.changes.sending import carry_out
from consentadmin.changes.services import (
    NoPoint,
    Why,
    request_activity,
    request_change,
    request_profile,
)
from consentadmin.changes.states import Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.activities import (
    TOUCH,
    Activity,
    AnyEvent,
    ChoiceEvent,
    Event,
    ProfileEvent,
    SessionStatus,
)
from consentadmin.mediarithmics.errors import InvalidBody
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import AccountSelector
from consentadmin.sandbox.catalogue import ADS, NEWSLETTER
from consentadmin.sandbox.people import CUSTOMERS, POINTLESS_DEVICE, Person
from consentadmin.subjects.models import Handle
from tests import factories
from tests.changes.conftest import Stands, claim_to_send, drained, hurried
from tests.fixtures.liar import Answer, Liar, carry_out_then, error, ok, reset

POST = ("POST", "/user_activities")
WHY = Why(Cause.CORRECTION)


def who(person: Person) -> AccountSelector:
    """What names the person in an activity."""
    return AccountSelector(*person.accounts[0])


def activity(person: Person, *events: AnyEvent, **more: Any) -> Activity:
    """A touch, a minute ago."""
    fields: dict[str, Any] = {"type": TOUCH, "ts": milliseconds(timezone.now()) - 60_000}
    fields |= {"session_status": SessionStatus.NO_SESSION, "identifiers": (who(person),)}
    return Activity(**{**fields, "events": events or (shown(),), **more})


def shown() -> Event:
    return Event(name="shown", ts=milliseconds(timezone.now()) - 60_000, properties={"page": 1})


def asked(handle: Handle, what: Activity) -> Change:
    """An activity that the handle's owner asks for."""
    return request_activity(
        handle=handle, activity=what, why=WHY, by=handle.staff, role=Role.OFFICER.value
    )


def settled(change: Change) -> Change:
    """Let time pass until the pipeline of the platform has stored what it stores."""
    for _ in range(40):
        hurried(change)
        change = drained(change)
        if change.is_settled or change.is_stuck:
            break
        time.sleep(0.1)
    return change


def posts(liar: Liar) -> int:
    return sum(request.method == "POST" for request in liar.requests)


def test_an_activity_is_confirmed_once_the_timeline_shows_it(
    handle: Handle, somebody: Person, liar: Liar
) -> None:
    change = settled(asked(handle, activity(somebody)))
    assert change.state == State.CONFIRMED
    assert posts(liar) == 1


def test_it_survives_being_packed(somebody: Person) -> None:
    choice = ChoiceEvent(processing=ADS, accepted=False, ts=1_700_000_000_000, customs={"a": [1]})
    profile = ProfileEvent(
        compartment=CUSTOMERS, account="x", ts=1_700_000_000_000, properties={"b": None}
    )
    more = {"ttl": 5, "session_duration": 9, "location": {"a": 1}, "topics": {"b": {"c": 1}}}
    origin = {"$channel": "x"}
    whole = activity(somebody, choice, profile, shown(), site="1", origin=origin, **more)
    assert unpacked(packed(whole)) == whole


def test_one_that_an_older_version_packed_is_unpacked(somebody: Person) -> None:
    bare = activity(somebody)
    newer = ("ttl", "session_duration", "location", "topics")
    stored = {name: value for name, value in packed(bare).items() if name not in newer}
    assert unpacked(stored) == bare


@pytest.mark.parametrize("fault", [reset(), error(500), error(503), ok("half")])
def test_one_whose_outcome_is_unknown_is_never_sent_again_by_itself(
    handle: Handle, somebody: Person, liar: Liar, fault: Answer, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0
    liar.on(*POST, fault, times=1)
    change = settled(asked(handle, activity(somebody)))
    assert change.state in {State.STUCK, State.NOT_SEEN}
    assert posts(liar) == 1


@pytest.mark.parametrize("fault", [reset(), error(500)])
def test_one_that_was_applied_unheard_is_found_by_its_key(
    handle: Handle, somebody: Person, liar: Liar, fault: Answer
) -> None:
    liar.on(*POST, carry_out_then(fault), times=1)
    change = settled(asked(handle, activity(somebody)))
    assert change.state == State.CONFIRMED
    assert posts(liar) == 1


def test_a_platform_that_was_busy_did_not_take_it(
    handle: Handle, somebody: Person, liar: Liar
) -> None:
    liar.on(*POST, error(429), times=1)
    change = settled(asked(handle, activity(somebody)))
    assert change.state == State.CONFIRMED
    assert posts(liar) == 2


def test_a_person_may_send_it_again_and_it_is_looked_for_first(
    handle: Handle, somebody: Person, liar: Liar, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0
    liar.on(*POST, reset(), times=1)
    change = settled(asked(handle, activity(somebody)))
    settings.NOT_SEEN_AFTER = 60
    change = settled(retry(change=change, by=handle.staff.actor()))
    assert change.state == State.CONFIRMED
    assert posts(liar) == 2


def test_an_activity_takes_the_whole_person(handle: Handle, somebody: Person) -> None:
    first = asked(handle, activity(somebody))
    factories.change(handle, NEWSLETTER, accepted=True)
    claimed = claim_to_send(Lane.INTERACTIVE)
    assert claimed == first
    assert claim_to_send(Lane.INTERACTIVE) is None


def test_an_activity_waits_for_what_is_in_flight(handle: Handle, somebody: Person) -> None:
    other = factories.change(handle, NEWSLETTER, accepted=True)
    asked(handle, activity(somebody))
    assert claim_to_send(Lane.INTERACTIVE) == other
    assert claim_to_send(Lane.INTERACTIVE) is None


def test_a_device_without_a_point_has_no_timeline(alice: Staff, datamart: Datamart) -> None:
    handle = factories.handle(POINTLESS_DEVICE, alice, datamart)
    with pytest.raises(NoPoint):
        asked(handle, activity(Person("", "", None, ((CUSTOMERS, "x"),))))


def test_what_can_not_be_right_is_refused(handle: Handle, somebody: Person) -> None:
    with pytest.raises(InvalidBody):
        asked(handle, activity(somebody, type="SITE_VISIT"))
    assert not Change.objects.exists()


def test_one_that_holds_a_grant_awaits_approval_where_the_policy_says_so(
    handle: Handle, somebody: Person
) -> None:
    Datamart.objects.update(approve_grants=True)
    handle.subject.datamart.refresh_from_db()
    ts = milliseconds(timezone.now()) - 60_000
    grant, refusal = (
        ChoiceEvent(processing=NEWSLETTER, accepted=accepted, ts=ts) for accepted in (True, False)
    )
    assert asked(handle, activity(somebody, grant)).state == State.AWAITING_APPROVAL
    assert asked(handle, activity(somebody, refusal)).state == State.QUEUED


# A choice, and a profile, by an event


def by_event(handle: Handle, person: Person, *, accepted: bool, seen: str = "") -> Change:
    return request_change(
        handle=handle,
        processing=NEWSLETTER,
        wish=Wish(accepted, milliseconds(timezone.now()) - 1_000, {"form": "12"}),
        seen=seen,
        why=WHY,
        by=handle.staff,
        role=Role.AGENT.value,
        by_event=who(person),
    )


def test_a_choice_travels_as_an_event_and_is_read_back(
    handle: Handle, somebody: Person, stands: Stands, liar: Liar
) -> None:
    before = stands(NEWSLETTER)
    seen = before.digest() if before else ""
    change = settled(by_event(handle, somebody, accepted=True, seen=seen))
    now = stands(NEWSLETTER)
    assert (change.way, change.state) == (Way.EVENT, State.CONFIRMED)
    assert now is not None
    assert now.accepted
    assert posts(liar) == 1
    assert not any(request.method == "PUT" for request in liar.requests)


def test_an_event_that_an_analyzer_drops_is_never_seen(
    handle: Handle, somebody: Person, stands: Stands, liar: Liar, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0
    liar.on(*POST, ok(True), times=1)  # noqa: FBT003  (the platform's own answer)
    before = stands(NEWSLETTER)
    seen = before.digest() if before else ""
    change = settled(by_event(handle, somebody, accepted=True, seen=seen))
    assert change.state == State.NOT_SEEN
    assert stands(NEWSLETTER) == before


def test_a_withdrawal_goes_by_its_own_endpoint(handle: Handle, somebody: Person) -> None:
    change = by_event(handle, somebody, accepted=False)
    assert change.way == Way.DIRECT
    assert not change.takes_person


def test_a_profile_travels_as_an_event(handle: Handle, somebody: Person) -> None:
    account = somebody.accounts[0][1]
    wish = ProfileWish(CUSTOMERS, account, None, {"shoe": 38}, ProfileStrategy.PARTIAL_UPDATE)
    change = request_profile(
        handle=handle,
        wish=wish,
        why=WHY,
        by=handle.staff,
        role=Role.AGENT.value,
        by_event=who(somebody),
        now=timezone.now(),
    )
    (event,) = activity_of(change).events
    assert isinstance(event, ProfileEvent)
    assert (event.account, event.properties) == (account, {"shoe": 38})
    assert change.kind == Kind.PROFILE_PUT


def test_a_lost_event_is_not_sent_twice(
    handle: Handle, somebody: Person, stands: Stands, liar: Liar, settings: Settings
) -> None:
    liar.on(*POST, reset(), times=1)
    before = stands(NEWSLETTER)
    change = by_event(handle, somebody, accepted=True, seen=before.digest() if before else "")
    claimed = claim_to_send(Lane.INTERACTIVE)
    assert claimed is not None
    carry_out(claimed)
    settings.NOT_SEEN_AFTER = 0
    assert settled(change).state == State.STUCK
    assert posts(liar) == 1
