"""Carrying a change out: DESIGN §4's table of answers, by a server that really answers so."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.models import Change
from consentadmin.changes.states import State
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.catalogue import NEWSLETTER
from consentadmin.subjects.models import Handle
from tests import factories
from tests.changes.conftest import Stands, drained, hurried
from tests.fixtures.liar import (
    Answer,
    Liar,
    carry_out_then,
    drip,
    empty,
    error,
    forward,
    half_json,
    hang,
    html,
    in_turn,
    json_answer,
    ok,
    reset,
)

PUT = ("PUT", "/user_choices/")


@pytest.fixture
def asked(handle: Handle, stands: Stands) -> Change:
    """A grant, asked for by somebody who saw how things stand."""
    seen = stands(NEWSLETTER)
    return factories.change(
        handle,
        NEWSLETTER,
        accepted=True,
        seen=seen.digest() if seen else "",
        customs={"form": "12", "count": 3, "ok": True},
    )


def actions(change: Change) -> list[str]:
    return list(
        Entry.objects.filter(change=change.pk).order_by("id").values_list("action", flat=True)
    )


def test_a_change_is_sent_read_back_and_confirmed(asked: Change, stands: Stands) -> None:
    change = drained(asked)
    shown = stands(NEWSLETTER)
    assert change.state == State.CONFIRMED
    assert shown is not None
    assert (shown.accepted, shown.choice_ts) == (True, asked.choice_ts)
    assert dict(shown.customs) == {"form": "12", "count": 3, "ok": True}


def test_each_step_leaves_its_entry(asked: Change) -> None:
    assert actions(drained(asked)) == [
        Action.CHANGE_ASKED,
        Action.CHANGE_SENDING,
        Action.CHANGE_SENT,
        Action.CHANGE_CONFIRMED,
    ]


def test_the_write_is_addressed_by_the_resolved_point(asked: Change, liar: Liar) -> None:
    drained(asked)
    sent = [r for r in liar.requests if r.method == "PUT"]
    assert len(sent) == 1
    assert f"user_point_id={asked.subject.point}" in sent[0].path


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (error(400), State.DECLINED),
        (error(405), State.DECLINED),
        (error(413), State.DECLINED),
        (error(422), State.DECLINED),
        (error(404), State.DECLINED),
        (error(409), State.CONFLICT),
        (error(412), State.CONFLICT),
        (error(401), State.QUEUED),
        (error(403), State.QUEUED),
        (error(408), State.QUEUED),
        (error(425), State.QUEUED),
        (error(429), State.QUEUED),
        (error(500), State.QUEUED),
        (html(503), State.QUEUED),
        (empty(502), State.QUEUED),
    ],
)
def test_an_answer_leads_to_its_state(
    asked: Change, liar: Liar, stands: Stands, answer: Answer, state: State
) -> None:
    before = stands(NEWSLETTER)
    liar.on(*PUT, answer)
    change = drained(asked)
    assert change.state == state
    assert stands(NEWSLETTER) == before


@pytest.mark.parametrize(
    "fault",
    [
        carry_out_then(hang()),
        carry_out_then(reset()),
        carry_out_then(half_json(200)),
        carry_out_then(html(200)),
        carry_out_then(drip(b"HTTP/1.1 200 OK\r\n", 1)),
    ],
)
def test_a_write_that_was_applied_unheard_is_found_by_reading_back(
    asked: Change, liar: Liar, fault: Answer
) -> None:
    liar.on(*PUT, fault)
    change = drained(asked)
    assert change.state == State.CONFIRMED
    assert Action.CHANGE_UNKNOWN in actions(change)
    assert len([r for r in liar.requests if r.method == "PUT"]) == 1


def test_a_write_that_was_applied_but_answered_500_is_not_sent_again(
    asked: Change, liar: Liar
) -> None:
    liar.on(*PUT, carry_out_then(error(500)), times=1)
    hurried(drained(asked))
    assert drained(asked).state == State.CONFIRMED
    assert len([r for r in liar.requests if r.method == "PUT"]) == 1


def test_a_write_that_was_lost_is_sent_again_with_the_same_timestamp(
    asked: Change, liar: Liar, stands: Stands
) -> None:
    liar.on(*PUT, hang(), times=1)
    assert drained(asked).state == State.CONFIRMED
    sent = [r.json() for r in liar.requests if r.method == "PUT"]
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_a_platform_that_is_down_before_the_write_costs_time_alone(
    asked: Change, liar: Liar
) -> None:
    liar.on("GET", "/user_choices/", error(503))
    change = drained(asked)
    assert (change.state, change.error) == (State.QUEUED, "Busy")
    liar.forget()
    hurried(change)
    assert drained(asked).state == State.CONFIRMED


def test_a_refused_token_pauses_the_datamart_and_burns_no_attempt(
    asked: Change, liar: Liar, datamart: Datamart
) -> None:
    liar.on(*PUT, error(401))
    change = drained(asked)
    hurried(change)
    datamart.refresh_from_db()
    assert datamart.sending_paused_at
    assert (change.state, change.attempts) == (State.QUEUED, 0)
    assert drained(asked).state == State.QUEUED  # nothing is sent while it is paused


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_holds_the_whole_datamart(
    asked: Change, liar: Liar, datamart: Datamart, form: str
) -> None:
    date = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    when = "30" if form == "seconds" else date
    liar.on(*PUT, error(429, headers={"Retry-After": when}))
    hurried(drained(asked))
    liar.forget()
    datamart.refresh_from_db()
    assert datamart.sending_held_until is not None
    assert 10 < (datamart.sending_held_until - timezone.now()).total_seconds() < 40
    assert drained(asked).state == State.QUEUED


def test_what_moved_since_it_was_seen_is_a_conflict(handle: Handle, stands: Stands) -> None:
    change = factories.change(handle, NEWSLETTER, accepted=True, seen="0" * 64)
    before = stands(NEWSLETTER)
    assert drained(change).state == State.CONFLICT
    assert stands(NEWSLETTER) == before


def test_a_withdrawal_applies_although_something_moved_and_tells(
    handle: Handle, stands: Stands
) -> None:
    change = drained(factories.change(handle, NEWSLETTER, accepted=False, seen="0" * 64))
    shown = stands(NEWSLETTER)
    assert change.state == State.CONFIRMED
    assert change.told["moved"] is True
    assert shown is not None
    assert shown.accepted is False


def test_an_older_choice_is_confirmed_by_the_history_and_told(
    handle: Handle, stands: Stands
) -> None:
    seen = stands(NEWSLETTER)
    factories.change(handle, NEWSLETTER, accepted=True, seen=seen.digest() if seen else "")
    drained(Change.objects.latest("pk"))
    now = stands(NEWSLETTER)
    assert now is not None
    older = factories.change(
        handle,
        NEWSLETTER,
        accepted=True,
        seen=now.digest(),
        at=timezone.now() - timedelta(days=4000),
    )
    change = drained(older)
    assert (change.state, change.told) == (State.CONFIRMED, {"history_only": True})


def test_accepted_but_never_shown_is_not_seen(
    asked: Change, liar: Liar, settings: Settings
) -> None:
    settings.NOT_SEEN_AFTER = 0.3
    liar.on(*PUT, ok({}))
    change = drained(asked)
    assert change.state == State.SENT  # there is time yet
    while change.state == State.SENT:
        hurried(change)
        change = drained(asked)
    assert change.state == State.NOT_SEEN


def test_a_choice_shown_late_is_confirmed_late(asked: Change, liar: Liar) -> None:
    stale = json_answer(404, {"status": "error", "error": "Resource Not Found"})
    liar.on("GET", "/user_choices/", in_turn(forward, stale, stale), times=3)
    change = drained(asked)
    assert change.state == State.SENT
    hurried(change)
    assert drained(asked).state == State.CONFIRMED


def test_the_platforms_own_words_are_kept_sealed(asked: Change, liar: Liar) -> None:
    words = {"status": "error", "error": "Marie may not", "error_id": "err-77"}
    liar.on(*PUT, json_answer(400, words))
    change = drained(asked)
    assert (change.words, change.error_id, change.status) == ("Marie may not", "err-77", 400)
    assert b"Marie" not in bytes(change.words_sealed or b"")


def test_a_change_that_used_up_its_attempts_is_stuck(
    asked: Change, liar: Liar, settings: Settings
) -> None:
    settings.CHANGE_ATTEMPTS = 2
    liar.on(*PUT, error(500))
    hurried(drained(asked))
    assert drained(asked).state == State.STUCK


def test_a_withdrawal_is_tried_for_as_long_as_it_takes(
    handle: Handle, liar: Liar, settings: Settings
) -> None:
    settings.CHANGE_ATTEMPTS = settings.CHANGE_AGE = 0
    liar.on(*PUT, error(500))
    change = drained(factories.change(handle, NEWSLETTER, accepted=False))
    assert change.state == State.QUEUED


def test_two_people_do_not_wait_for_each_other(
    asked: Change, liar: Liar, alice: object, lying_datamart: Datamart, crowd: object
) -> None:
    other = factories.handle(next(crowd), alice, lying_datamart)  # type: ignore[call-overload,arg-type]
    liar.on("PUT", str(asked.subject.point), error(500))
    second = factories.change(other, "3402", accepted=False)
    assert drained(second).state == State.CONFIRMED
