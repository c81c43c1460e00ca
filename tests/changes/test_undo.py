"""Undoing, repeating and looking again (DESIGN §4, Undo)."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes import undoing
from consentadmin.changes.deciding import approve, expire_approvals, recheck
from consentadmin.changes.documents import ProfileWish
from consentadmin.changes.kinds import Cause, Kind
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced
from consentadmin.changes.rules import Wish, milliseconds
from consentadmin.changes.services import Why, request_change, request_profile
from consentadmin.changes.states import State
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.sandbox.catalogue import NEWSLETTER
from consentadmin.sandbox.people import CUSTOMERS, Person
from consentadmin.subjects.models import Handle
from tests import factories
from tests.changes.conftest import Stands, again, drained, hurried
from tests.fixtures.liar import Liar, ok

WHY = Why(Cause.CORRECTION, "a slip")
MINUTE = 60_000


def ago(minutes: int) -> int:
    """Milliseconds since the epoch, so many minutes ago: later than whatever the seed holds."""
    return milliseconds(timezone.now()) - minutes * MINUTE


def write(handle: Handle, *, accepted: bool, choice_ts: int | None = None) -> None:
    """Record a choice past us, half an hour ago where it is not told when."""
    subject = handle.subject
    client_for(subject.datamart).put_choice(
        subject.datamart.platform_id,
        subject.address(handle.selector),
        NEWSLETTER,
        accepted=accepted,
        choice_ts=choice_ts or ago(30),
        customs={"form": "12"},
    )


def asked(handle: Handle, seen: Choice | None, *, accepted: bool) -> Change:
    """A change of a choice by somebody who saw how it stood."""
    return request_change(
        handle=handle,
        processing=NEWSLETTER,
        wish=Wish(accepted, ago(20)),
        seen=seen.digest() if seen else "",
        was=undoing.as_seen(seen),
        why=WHY,
        by=handle.staff,
        role=Role.AGENT.value,
    )


def undo(
    handle: Handle, change: Change, current: Choice | None, *, overwrite: bool = False
) -> Change:
    return undoing.undo_choice(
        handle=handle,
        change=change,
        current=current,
        overwrite=overwrite,
        now=timezone.now(),
        why=WHY,
        by=handle.staff,
        role=Role.AGENT.value,
    )


def test_an_undo_records_the_earlier_choice_anew_and_says_what_it_corrects(
    handle: Handle, stands: Stands
) -> None:
    write(handle, accepted=True)
    change = drained(asked(handle, stands(NEWSLETTER), accepted=False))
    back = drained(undo(handle, change, stands(NEWSLETTER)))
    now = stands(NEWSLETTER)
    assert back.state == State.CONFIRMED
    assert back.undoes == change
    assert now is not None
    assert now.accepted
    corrected = datetime.fromisoformat(str(now.customs["correction_of"]))
    assert now.customs.keys() == {"form", "correction_of"}
    assert milliseconds(corrected) == change.wish.choice_ts < now.choice_ts


def test_the_undo_of_a_first_record_deletes_it_by_four_eyes(
    handle: Handle, stands: Stands, bob: Staff
) -> None:
    client_for(handle.subject.datamart).delete_choice(
        handle.subject.datamart.platform_id, handle.subject.address(handle.selector), NEWSLETTER
    ) if stands(NEWSLETTER) else None
    change = drained(asked(handle, None, accepted=True))
    back = undo(handle, change, stands(NEWSLETTER))
    assert (back.kind, back.state) == (Kind.CHOICE_DELETE, State.AWAITING_APPROVAL)
    assert drained(approve(change=back, by=bob, role=Role.OFFICER)).state == State.CONFIRMED
    assert stands(NEWSLETTER) is None


def test_an_undo_that_would_overwrite_what_came_later_is_refused_unless_meant(
    handle: Handle, stands: Stands
) -> None:
    write(handle, accepted=True)
    change = drained(asked(handle, stands(NEWSLETTER), accepted=False))
    write(handle, accepted=False, choice_ts=ago(10))
    with pytest.raises(undoing.Overwrites):
        undo(handle, change, stands(NEWSLETTER))
    back = drained(undo(handle, change, stands(NEWSLETTER), overwrite=True))
    assert back.state == State.CONFIRMED


def test_what_is_undone_or_not_confirmed_can_not_be_undone(handle: Handle, stands: Stands) -> None:
    write(handle, accepted=True)
    change = asked(handle, stands(NEWSLETTER), accepted=False)
    with pytest.raises(undoing.NotUndoable):
        undo(handle, change, None)
    change = drained(change)
    undo(handle, change, stands(NEWSLETTER))
    with pytest.raises(undoing.NotUndoable):
        undo(handle, change, stands(NEWSLETTER))


def test_what_was_there_before_and_is_not_known_can_not_be_gone_back_to(
    handle: Handle, stands: Stands
) -> None:
    write(handle, accepted=True)
    seen = stands(NEWSLETTER)
    assert seen is not None
    change = drained(factories.change(handle, NEWSLETTER, accepted=False, seen=seen.digest()))
    assert change.state == State.CONFIRMED
    assert not undoing.can_undo(change)


def test_undoing_a_withdrawal_is_a_grant_for_the_policy(handle: Handle, stands: Stands) -> None:
    Datamart.objects.update(approve_grants=True)
    write(handle, accepted=True)
    handle.subject.datamart.refresh_from_db()
    change = drained(asked(handle, stands(NEWSLETTER), accepted=False))
    assert change.state == State.CONFIRMED
    assert undo(handle, change, stands(NEWSLETTER)).state == State.AWAITING_APPROVAL


def test_the_entry_of_an_undo_names_what_it_undoes(handle: Handle, stands: Stands) -> None:
    write(handle, accepted=True)
    change = drained(asked(handle, stands(NEWSLETTER), accepted=False))
    back = undo(handle, change, stands(NEWSLETTER))
    entry = Entry.objects.get(change=back.pk, action=Action.CHANGE_ASKED)
    assert entry.data["undoes"] == change.pk


# Profiles

WAS: dict[str, Any] = {"city": "Lyon", "old": 1}


def profile_change(handle: Handle, account: str, was: dict[str, Any] | None) -> Change:
    wish = ProfileWish(CUSTOMERS, account, was, {"city": "Paris"}, ProfileStrategy.PARTIAL_UPDATE)
    return drained(
        request_profile(handle=handle, wish=wish, why=WHY, by=handle.staff, role=Role.AGENT.value)
    )


def undo_profile(handle: Handle, change: Change, there: dict[str, Any] | None) -> Change:
    return undoing.undo_profile(
        handle=handle,
        change=change,
        there=there,
        overwrite=False,
        why=WHY,
        by=handle.staff,
        role=Role.AGENT.value,
    )


def test_a_profile_goes_back_whole(handle: Handle, somebody: Person) -> None:
    account = somebody.accounts[0][1]
    client, datamart = client_for(handle.subject.datamart), handle.subject.datamart.platform_id
    address = handle.subject.address(handle.selector)
    client.put_profile(
        datamart, address, CUSTOMERS, account, WAS, strategy=ProfileStrategy.FORCE_REPLACE
    )
    change = profile_change(handle, account, WAS)
    back = drained(undo_profile(handle, change, change.profile.expected))
    assert back.state == State.CONFIRMED
    assert client.profile(datamart, address, CUSTOMERS, account).customs == WAS


def test_a_profile_that_moved_since_is_not_overwritten(handle: Handle) -> None:
    change = profile_change(handle, "new-1", None)
    with pytest.raises(undoing.Overwrites):
        undo_profile(handle, change, {"city": "Nice"})


def test_the_undo_of_a_new_profile_is_its_deletion(handle: Handle) -> None:
    change = profile_change(handle, "new-2", None)
    back = undo_profile(handle, change, {"city": "Paris"})
    assert (back.kind, back.state) == (Kind.PROFILE_DELETE, State.AWAITING_APPROVAL)


# Repeating, and looking again


def test_a_conflict_that_is_meant_all_the_same_goes_on_top_of_what_is_there(
    handle: Handle, stands: Stands
) -> None:
    write(handle, accepted=False)
    change = drained(asked(handle, None, accepted=True))
    assert change.state == State.CONFLICT
    new = undoing.repeat(
        handle=handle, change=change, why=WHY, by=handle.staff, role=Role.AGENT.value
    )
    assert drained(new).state == State.CONFIRMED
    assert new.repeats == change
    assert new.payload["was"]["accepted"] is False


def test_one_that_moved_once_more_is_a_conflict_again(handle: Handle) -> None:
    write(handle, accepted=False)
    change = drained(asked(handle, None, accepted=True))
    write(handle, accepted=False, choice_ts=ago(10))
    new = undoing.repeat(
        handle=handle, change=change, why=WHY, by=handle.staff, role=Role.AGENT.value
    )
    assert drained(new).state == State.CONFLICT


def test_what_was_never_seen_can_be_looked_for_again(
    handle: Handle, stands: Stands, liar: Liar, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0
    liar.on("PUT", "/user_choices/", ok(None), times=1)
    seen = stands(NEWSLETTER)
    change = drained(asked(handle, seen, accepted=not (seen and seen.accepted)))
    assert change.state == State.NOT_SEEN
    write_again = change.wish
    write(handle, accepted=write_again.accepted, choice_ts=write_again.choice_ts)
    found = drained(recheck(change=change, by=handle.staff.actor()))
    assert found.state == State.CONFIRMED
    assert Entry.objects.filter(change=change.pk, action=Action.CHANGE_RECHECKED).exists()


def test_only_what_was_not_seen_is_looked_for_again(handle: Handle) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=True)
    with pytest.raises(Fenced):
        recheck(change=change, by=handle.staff.actor())


def test_steps_are_kept_with_a_change(handle: Handle, liar: Liar) -> None:
    liar.on("PUT", "/user_choices/", ok(None), times=0)
    change = drained(factories.change(handle, NEWSLETTER, accepted=False))
    assert [step["to"] for step in change.steps] == ["sent", "confirmed"]
    assert all(step["took"] >= 0 and step["at"] > 1_700_000_000_000 for step in change.steps)


# Approvals


def test_an_approval_nobody_gives_expires(handle: Handle, settings: Settings) -> None:
    settings.APPROVAL_LIFE = 3600
    change = undo_profile(handle, profile_change(handle, "new-3", None), {"city": "Paris"})
    assert expire_approvals() == 0
    Change.objects.filter(pk=change.pk).update(asked_at="2026-01-01T00:00Z")
    assert expire_approvals() == 1
    change = again(change)
    assert (change.state, change.told) == (State.CANCELLED, {"expired": True})


def test_a_withdrawal_needs_no_approval_whatever_the_policy(handle: Handle) -> None:
    Datamart.objects.update(approve_grants=True, approve_deletions=True)
    handle.subject.datamart.refresh_from_db()
    assert factories.change(handle, NEWSLETTER, accepted=False).state == State.QUEUED
    hurried(factories.change(handle, "3402", accepted=False))
