"""A platform that answers too late, half, nonsense, or not at all (FAULTS §2, cells 11 to 17)."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from consentadmin.changes.states import State
from tests.faults.harms import Harm, drip, drop_answer, drop_request, half, never_ending, reset, say
from tests.faults.proxy import running_proxy
from tests.faults.trials import FEW, SIZE, Trial

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n"
LARGE = b'{"status":"ok","data":"' + b"x" * 24_000_000 + b'"}'
GARBAGE = {
    "half a JSON": say(200, b'{"status":"ok","da', applied=True),
    "HTML": say(200, b"<h1>Welcome</h1>", applied=True, headers={"content-type": "text/html"}),
    "BOM": say(200, b'\xef\xbb\xbf{"status":"ok"}', applied=True),
    "NaN": say(200, b'{"status":"ok","data":NaN}', applied=True),
    "equal keys": say(200, b'{"status":"error","status":"ok"}', applied=True),
    "deep": say(200, b'{"status":' + b"[" * 60_000 + b"]" * 60_000 + b"}", applied=True),
    "large": say(200, LARGE, applied=True),
    "204": say(204, applied=True),
    "empty": say(200, applied=True),
}


def met_by_writes(trial: Trial, fault: str, harm: Harm) -> None:
    """Let half of the writes meet a harm, and see all confirmed, each having taken effect once."""
    for run in trial.runs(fault, times=FEW):
        run.works.proxy.harm(harm, method="PUT", times=SIZE // 2)
        run.withdraw()
        run.works.sweeper()
        run.await_end()
        assert run.states == {State.CONFIRMED}
        assert run.effects == SIZE


def test_a_call_that_was_applied_and_never_answered_is_found(trial: Trial) -> None:
    met_by_writes(trial, "11 no answer, applied", drop_answer())


def test_a_call_that_was_answered_by_an_error_and_applied_is_found(trial: Trial) -> None:
    met_by_writes(trial, "11 error 500, applied", say(500, b"no", applied=True))


def test_a_call_that_never_arrived_is_sent_again(trial: Trial) -> None:
    met_by_writes(trial, "12 no answer, not applied", drop_request())


@pytest.mark.parametrize(
    "harm",
    [reset(applied=True, share=0.7), reset(applied=True), reset(applied=False), half()],
    ids=["in the body", "applied", "not applied", "half a body"],
)
def test_a_connection_that_breaks_is_looked_into(trial: Trial, harm: Harm) -> None:
    met_by_writes(trial, "13 connection cut", harm)


def in_three_seconds() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)


@pytest.mark.parametrize(
    ("told", "holds"),
    [("1", 1), ("date", 1), (None, 0), ("1000000000", 1), ("-5", 0), ("in a while", 0)],
    ids=["seconds", "date", "none", "10^9", "negative", "garbage"],
)
def test_nothing_is_sent_while_the_platform_asks_for_quiet(
    trial: Trial, told: str | None, holds: float
) -> None:
    for run in trial.runs("14 a storm of 429", times=FEW):
        when = in_three_seconds() if told == "date" else told
        run.works.proxy.harm(say(429, headers={"retry-after": when} if when else {}), times=3)
        run.withdraw()
        run.works.sweeper()
        run.await_end()
        first, *others = [call.at for call in run.works.proxy.calls if call.at >= run.began]
        window = [at for at in others if at - first < holds]
        assert window == []
        assert run.states == {State.CONFIRMED}


def test_an_outage_uses_nothing_up_and_is_probed_softly(trial: Trial) -> None:
    for run in trial.runs("15 outage, 503", times=FEW):
        run.works.proxy.harm(say(503, b"down"))
        for place in run.places():
            run.asker.ask(place, accepted=True)
        patient = {"CONSENTADMIN_CHANGE_ATTEMPTS": "12", "CONSENTADMIN_BREAKER_PAUSE": "0.5"}
        run.works.sweeper(told=patient)
        run.works.sweeper(told=patient)
        time.sleep(3)
        calls = [call for call in run.works.proxy.calls if call.at > time.monotonic() - 1.5]
        run.works.proxy.heal()
        run.began = time.monotonic()
        run.await_end()
        assert run.states == {State.CONFIRMED}
        assert len(calls) <= 2 * 4  # a probe in each pause, and the retries of its one reading


@pytest.mark.parametrize(
    "harm",
    [drip(0.05), drop_answer(HEAD), never_ending()],
    ids=["by the byte", "head alone", "never ending"],
)
def test_a_slow_answer_is_ended_at_the_deadline(trial: Trial, harm: Harm) -> None:
    met_by_writes(trial, "16 slow or endless answer", harm)


@pytest.mark.parametrize("name", GARBAGE)
def test_what_makes_no_sense_is_read_back(trial: Trial, name: str) -> None:
    met_by_writes(trial, "17 answers that make no sense", GARBAGE[name])


def test_the_token_never_goes_elsewhere(trial: Trial) -> None:
    with running_proxy(trial.works.sandbox.port) as elsewhere:
        away = say(307, headers={"location": f"{elsewhere.url}/v1/"}, applied=True)
        met_by_writes(trial, "17 redirected elsewhere", away)
        assert elsewhere.calls == []
