"""Nothing of a call gets into a log, an exception, a repr or a traceback."""

import logging
import pickle
import traceback
from collections.abc import Iterator

import pytest

from consentadmin.mediarithmics.client import Client, Timeouts
from consentadmin.mediarithmics.errors import Garbled, PlatformError
from consentadmin.mediarithmics.selectors import AccountSelector
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


def failing(client: Client, *, write: bool) -> PlatformError:
    try:
        if write:
            client.put_choice(
                "1",
                PERSON,
                "7",
                accepted=True,
                choice_ts=1_573_134_360_000,
                customs={"note": "needle-two"},
            )
        else:
            client.choice("1", PERSON, "7")
            client.choices("1", PERSON)
    except PlatformError as error:
        return error
    raise AssertionError("it did not fail")


def shown(error: PlatformError) -> str:
    """All that an error page, a log or a tracker would print of an error, locals included."""
    assert error.__cause__ is None
    assert error.__context__ is None
    assert error.__traceback__ is not None
    below = traceback.TracebackException(
        type(error), error, error.__traceback__.tb_next, capture_locals=True
    )
    return "".join([*below.format(), str(error), repr(error), repr(error.args), f"{error.args}"])


# A write's answer is not read as truth: these two are no failures of it.
UNREAD = {"wrong types", "bad headers"}
CASES = [
    (name, write) for name in FAULTS for write in (False, True) if not write or name not in UNREAD
]


@pytest.mark.parametrize(("fault", "write"), CASES)
def test_a_failure_tells_nothing(
    liar: Liar, hasty: Client, records: list[logging.LogRecord], fault: str, *, write: bool
) -> None:
    liar.always(FAULTS[fault])
    told = shown(failing(hasty, write=write)) + "".join(repr(vars(r)) for r in records)
    assert [secret for secret in SECRETS if secret in told] == []


def test_a_refused_connection_tells_nothing(records: list[logging.LogRecord]) -> None:
    with running_liar() as gone:
        base_url = gone.base_url
    client = Client(base_url=base_url, token=TOKEN, timeouts=SHORT, reads=ONCE)
    told = shown(failing(client, write=True)) + "".join(repr(vars(r)) for r in records)
    assert [secret for secret in SECRETS if secret in told] == []


def test_a_success_tells_nothing(
    liar: Liar, client: Client, records: list[logging.LogRecord]
) -> None:
    liar.always(lies.ok([]))
    found = client.choices("1", PERSON)
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
    error = failing(client, write=True)
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
