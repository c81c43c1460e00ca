"""Nothing of a call gets into a log, an exception, a repr or a traceback."""

import logging
import pickle
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import pytest

from consentadmin.mediarithmics.activities import Activity, Event, SessionStatus
from consentadmin.mediarithmics.client import Client, Timeouts
from consentadmin.mediarithmics.errors import (
    Garbled,
    InvalidBody,
    InvalidFilter,
    InvalidSelector,
    PlatformError,
)
from consentadmin.mediarithmics.filters import EVERYTHING
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import AccountSelector, PointSelector
from tests.fixtures import lies
from tests.fixtures.liar import Liar, running_liar
from tests.fixtures.lies import Answer
from tests.mediarithmics.conftest import ONCE, SHORT, TOKEN

PERSON = AccountSelector("1606", "bob needle-one")
SECRETS = ("needle-one", "needle%20one", "needle-two", "needle-three", "secret-token")
SAID = {"$choice_ts": "needle-three", "$choice_acceptance_value": True, "note": "needle-three"}

FAULTS: dict[str, Answer] = {
    "refusal": lies.error(400, "needle-three"),
    "missing": lies.error(404, "needle-three"),
    "busy": lies.error(503, "needle-three"),
    "wrong types": lies.ok(SAID),
    "an error in a 200": lies.error(200, "needle-three"),
    "half a JSON": lies.body_answer(200, b'{"status":"ok","data":"needle-three'),
    "half a surrogate": lies.body_answer(200, b'{"a":"needle-three \\ud800"}'),
    "bad headers": lies.raw_answer(b"HTTP/1.1 200 OK\r\nneedle-three\r\n needle-three\r\n\r\n"),
    "not HTTP": lies.raw_answer(b"needle-three\r\n"),
    "redirect": lies.redirect("http://127.0.0.1:1/needle-three"),
    "close": lies.close(),
    "reset": lies.reset(),
    "hang": lies.hang(),
    "cut": lies.cut(body=b"needle-three"),
    "broken gzip": lies.body_answer(200, b"needle-three", {"Content-Encoding": "gzip"}),
}


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """All that is logged, at any level, by anybody."""
    found: list[logging.LogRecord] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record)

    handler = Collector()
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


Call: TypeAlias = tuple[str, tuple[object, ...], dict[str, object]]
"""A method, and what it is given: called where no frame of ours is between."""

PROFILE = ("1", PERSON, "1606", PERSON.account)
UPDATE = ProfileStrategy.PARTIAL_UPDATE
CHOICE = {"accepted": True, "choice_ts": 1_573_134_360_000, "customs": {"note": "needle-two"}}
POINT = PointSelector("needle-one")
KEY = EVERYTHING.where("$unique_key", "needle-two")
ACTIVITY = Activity(
    type="TOUCH",
    session_status=SessionStatus.NO_SESSION,
    ts=1_573_134_360_000,
    identifiers=(PERSON,),
    events=(Event(name="note", ts=1_573_134_360_000, properties={"note": "needle-two"}),),
    customs={"note": "needle-two"},
    location={"$city": "needle-two"},
    topics={"needle-two": {"needle-one": 1}},
)
LINES = [b'{"email_hash":"needle-one","note":"needle-two"}']
READS: dict[str, Call] = {
    "choice": ("choice", ("1", PERSON, "7"), {}),
    "choices": ("choices", ("1", PERSON), {}),
    "segments": ("segments", ("1", PERSON), {}),
    "activities": ("activities", ("1", PERSON), {"filters": KEY}),
    "timeline": ("timeline", ("1", POINT), {"filters": KEY}),
    "timeline_page": ("timeline_page", ("1", POINT), {"filters": KEY}),
    "execution": ("execution", ("1", "7", "9"), {}),
    "start_execution": ("start_execution", ("1", "7", LINES), {}),
}
WRITES: dict[str, Call] = {
    "put_choice": ("put_choice", ("1", PERSON, "7"), CHOICE),
    "put_profile": ("put_profile", (*PROFILE, {"note": "needle-two"}), {"strategy": UPDATE}),
    "delete_profile": ("delete_profile", PROFILE, {}),
    "delete_point": ("delete_point", ("1", PERSON), {}),
    "post_activity": ("post_activity", ("1", ACTIVITY), {}),
    "delete_activities": ("delete_activities", ("1", POINT, KEY), {}),
}


def failing(client: Client, call: Call) -> Exception:
    method, given, named = call
    try:
        getattr(client, method)(*given, **named)
    except (PlatformError, InvalidBody, InvalidFilter, InvalidSelector) as error:
        return error
    raise AssertionError("it did not fail")


def shown(error: Exception) -> str:
    """All that an error page, a log or a tracker would print of an error, locals included."""
    assert error.__cause__ is None
    assert error.__context__ is None
    assert error.__traceback__ is not None
    below = traceback.TracebackException(
        type(error), error, error.__traceback__.tb_next, capture_locals=True
    )
    return "".join([*below.format(), str(error), repr(error), repr(error.args), f"{error.args}"])


FILE: Call = ("error_file", ("mics://needle-one",), {"deadline": 0.5})
UNREADABLE = FAULTS.keys() - {"wrong types", "an error in a 200", "half a JSON", "bad headers"}


@pytest.mark.parametrize("fault", sorted(UNREADABLE - {"half a surrogate"}))
def test_a_file_of_errors_that_fails_tells_nothing(
    liar: Liar, hasty: Client, records: list[logging.LogRecord], fault: str
) -> None:
    """It may hold any bytes: only what breaks off is a failure of it."""
    liar.always(FAULTS[fault])
    told = shown(failing(hasty, FILE)) + "".join(repr(vars(r)) for r in records)
    assert [secret for secret in SECRETS if secret in told] == []


# A write's answer is not read as truth: these two are no failures of it.
UNREAD = {"wrong types", "bad headers"}
CASES = [
    (fault, call)
    for fault in FAULTS
    for call in (READS | WRITES)
    if call in READS or fault not in UNREAD
]


@pytest.mark.parametrize(("fault", "call"), CASES)
def test_a_failure_tells_nothing(
    liar: Liar,
    hasty: Client,
    records: list[logging.LogRecord],
    fault: str,
    call: str,
) -> None:
    liar.always(FAULTS[fault])
    told = shown(failing(hasty, (READS | WRITES)[call])) + "".join(repr(vars(r)) for r in records)
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES.keys())
def test_a_refused_connection_tells_nothing(records: list[logging.LogRecord], call: Call) -> None:
    with running_liar() as gone:
        base_url = gone.base_url
    client = Client(base_url=base_url, token=TOKEN, timeouts=SHORT, reads=ONCE)
    told = shown(failing(client, call)) + "".join(repr(vars(r)) for r in records)
    assert [secret for secret in SECRETS if secret in told] == []


REFUSED: dict[str, Call] = {
    "an address": (
        "post_activity",
        ("1", replace(ACTIVITY, customs={"a": {"$email": "needle-two"}})),
        {},
    ),
    "a broken text": (
        "post_activity",
        ("1", replace(ACTIVITY, customs={"a": "needle-two \ud800"})),
        {},
    ),
    "a line": ("start_execution", ("1", "7", [b"needle-two"]), {}),
    "bytes": ("start_execution", ("1", "7", [b'{"needle-two":"\xff"}']), {}),
    "a deletion": (
        "delete_activities",
        ("1", POINT, KEY.where("a", "needle-two", "2").where("b", "1", "2")),
        {},
    ),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_before_it_is_sent_tells_nothing(client: Client, call: Call) -> None:
    error = failing(client, call)
    told = shown(error)
    assert [secret for secret in SECRETS if secret in told] == []
    frames = traceback.extract_tb(error.__traceback__)
    assert [frame.name for frame in frames] == ["failing", "call"]  # nothing of the inside


@pytest.mark.parametrize(
    "body",
    [
        {"a": "needle-two \ud800"},
        {"needle-two": float("nan")},
        {"a": {1: "needle-two"}},
        {"a": {("needle-two",): 1}},
        {"a": b"needle-two"},
    ],
)
def test_a_body_that_is_refused_tells_nothing(client: Client, body: object) -> None:
    error = failing(client, ("put_profile", (*PROFILE, body), {"strategy": UPDATE}))
    assert isinstance(error, InvalidBody)
    told = shown(error)
    assert [secret for secret in SECRETS if secret in told] == []


def test_a_success_tells_nothing(
    liar: Liar, client: Client, records: list[logging.LogRecord]
) -> None:
    liar.always(lies.ok([]))
    with client.error_file("needle-one") as errors:
        found = (client.choices("1", PERSON), client.timeline("1", POINT), errors)
    for method, given, named in WRITES.values():
        getattr(client, method)(*given, **named)
    told = repr(found) + "".join(repr(vars(record)) for record in records)
    assert [secret for secret in SECRETS if secret in told] == []


def test_the_libraries_are_silent_even_after_logging_is_configured_anew(
    liar: Liar, client: Client, records: list[logging.LogRecord]
) -> None:
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)
    liar.always(lies.ok([]))
    client.choices("1", PERSON)
    assert [record for record in records if record.name.startswith(("urllib3", "requests"))] == []


def test_the_platforms_own_words_are_kept_apart(liar: Liar, client: Client) -> None:
    liar.always(lies.error(400, "needle-three is no address"))
    error = failing(client, WRITES["put_choice"])
    assert isinstance(error, PlatformError)
    assert error.message == "needle-three is no address"
    assert "needle" not in repr(pickle.loads(pickle.dumps(error)).__dict__)  # noqa: S301 - our own


def test_a_pickled_error_keeps_what_is_safe() -> None:
    error = pickle.loads(pickle.dumps(Garbled("x", status=200, error_id="e")))  # noqa: S301 - our own
    assert (type(error), error.status, error.error_id, error.message) == (Garbled, 200, "e", "")


def test_a_client_shows_and_gives_away_no_token() -> None:
    client = Client(base_url="https://api.example", token=TOKEN, timeouts=Timeouts())
    assert TOKEN not in repr(client) + repr(vars(client)) + repr(client._transport)
    with pytest.raises(TypeError):
        pickle.dumps(client)
