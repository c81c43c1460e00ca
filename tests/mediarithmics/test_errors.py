"""Each answer a server can give becomes the one error that says what to do."""

from collections.abc import Callable

import pytest

from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import (
    Busy,
    Conflicted,
    Declined,
    Denied,
    Garbled,
    NotFound,
    PlatformError,
    Silent,
    TokenRefused,
    Unreachable,
)
from tests.fixtures import lies
from tests.fixtures.liar import Liar, running_liar
from tests.fixtures.lies import Answer
from tests.mediarithmics.conftest import ALICE, ONCE, PATIENT, TOKEN, put

Call = Callable[[], object]

ROWS = {
    400: Declined,
    401: TokenRefused,
    403: Denied,
    404: NotFound,
    405: Declined,
    407: Unreachable,
    408: Busy,
    409: Conflicted,
    412: Conflicted,
    413: Declined,
    418: Declined,
    422: Declined,
    425: Busy,
    429: Busy,
    500: Busy,
    502: Busy,
    503: Busy,
    599: Busy,
}


@pytest.mark.fact("§1 odd-errors")
@pytest.mark.parametrize(("status", "kind"), ROWS.items())
@pytest.mark.parametrize("shape", [lies.error, lies.html, lies.empty, lies.half_json])
def test_a_status_makes_the_error_whatever_the_body(
    liar: Liar, call: Call, status: int, kind: type[PlatformError], shape: Callable[[int], Answer]
) -> None:
    liar.always(shape(status))
    with pytest.raises(PlatformError) as caught:
        call()
    assert type(caught.value) is kind
    assert caught.value.status == status


GARBLED = {
    "html": lies.html(),
    "half a JSON": lies.half_json(),
    "an error in a 200": lies.error(200),
    "redirect": lies.redirect("http://127.0.0.1:1/"),
    "not modified": lies.empty(304),
    "not HTTP": lies.raw_answer(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a header without end": lies.raw_answer(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000),
    "too many headers": lies.raw_answer(b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 200 + b"\r\n"),
    "broken gzip": lies.body_answer(200, b"plain", {"Content-Encoding": "gzip"}),
    "unknown encoding": lies.body_answer(200, b"\x1b\x00", {"Content-Encoding": "br"}),
    "NaN": lies.body_answer(200, b'{"status":"ok","data":NaN}'),
    "a key twice": lies.body_answer(200, b'{"status":"ok","data":1,"data":2}'),
}


@pytest.mark.parametrize("answer", GARBLED.values(), ids=GARBLED.keys())
def test_what_cannot_be_understood_is_garbled(liar: Liar, call: Call, answer: Answer) -> None:
    liar.always(answer)
    with pytest.raises(Garbled):
        call()


SILENT = {
    "a hang": lies.hang(),
    "a hang in the headers": lies.hang(b"HTTP/1.1 200 OK\r\nContent-"),
    "a hang in the body": lies.hang(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    "a close": lies.close(),
    "a reset": lies.reset(),
    "a reset in the body": lies.reset(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    "a cut body": lies.cut(),
    "cut chunks": lies.raw_answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
}


@pytest.mark.parametrize("answer", SILENT.values(), ids=SILENT.keys())
def test_no_whole_answer_is_silence(liar: Liar, hasty_call: Call, answer: Answer) -> None:
    liar.always(answer)
    with pytest.raises(Silent):
        hasty_call()


@pytest.mark.parametrize(
    "data", [None, 3, "text", [], {"id": {}}, {"id": "1"}, {"id": True, "organisation_id": "2"}]
)
def test_wrong_types_are_garbled(liar: Liar, client: Client, data: object) -> None:
    liar.always(lies.ok(data))
    with pytest.raises(Garbled):
        client.datamart("1")


@pytest.mark.parametrize("body", [None, [], 1, {}, {"status": "ok"}, {"data": {"id": "1"}}])
def test_a_read_without_the_envelope_is_garbled(liar: Liar, client: Client, body: object) -> None:
    liar.always(lies.json_answer(200, body))
    with pytest.raises(Garbled):
        client.datamart("1")


def test_an_empty_read_is_garbled(liar: Liar, client: Client) -> None:
    liar.always(lies.empty(204))
    with pytest.raises(Garbled):
        client.datamart("1")


def test_a_single_thing_is_not_a_list(liar: Liar, client: Client) -> None:
    liar.always(lies.ok({"id": "1"}))
    with pytest.raises(Garbled):
        client.identifiers("1", ALICE)


def test_a_refused_connection_is_unreachable() -> None:
    with running_liar() as gone:
        base_url = gone.base_url
    client = Client(base_url=base_url, token=TOKEN, timeouts=PATIENT, reads=ONCE)
    with pytest.raises(Unreachable):
        put(client)


def test_an_unknown_host_is_unreachable() -> None:
    client = Client(base_url="http://nowhere.invalid", token=TOKEN, timeouts=PATIENT, reads=ONCE)
    with pytest.raises(Unreachable):
        put(client)


def test_a_redirect_is_not_followed_to_another_host(liar: Liar, call: Call) -> None:
    with running_liar() as thief:
        thief.always(lies.ok({}))
        liar.always(lies.redirect(f"{thief.base_url}/v1/x", 307))
        with pytest.raises(Garbled):
            call()
        assert thief.requests == []


@pytest.mark.fact("§1 error")
def test_the_platforms_words_and_error_id_are_kept(liar: Liar, call: Call) -> None:
    liar.always(lies.error(400, "Bad\nfield \x1b[31m$x"))
    with pytest.raises(Declined) as caught:
        call()
    assert caught.value.message == "Badfield [31m$x"
    assert (caught.value.error_id, caught.value.error_code) == ("err-1", "CODE")


def test_a_contradicting_200_keeps_them_too(liar: Liar, call: Call) -> None:
    liar.always(lies.error(200, "Resource Not Found"))
    with pytest.raises(Garbled) as caught:
        call()
    assert (caught.value.message, caught.value.error_id) == ("Resource Not Found", "err-1")


def test_words_of_wrong_types_or_lengths_are_tamed(liar: Liar, call: Call) -> None:
    liar.always(lies.json_answer(500, {"error": "x" * 10_000, "error_id": 7, "error_code": []}))
    with pytest.raises(Busy) as caught:
        call()
    assert caught.value.message == "x" * 500
    assert (caught.value.error_id, caught.value.error_code) == (None, None)


def test_an_error_whose_body_never_comes_is_still_that_error(liar: Liar, hasty_call: Call) -> None:
    liar.always(lies.hang(b"HTTP/1.1 401 No\r\nContent-Length: 99\r\n\r\n"))
    with pytest.raises(TokenRefused):
        hasty_call()


def test_an_endless_error_is_still_that_error(liar: Liar, call: Call) -> None:
    liar.always(lies.never_ending(503))
    with pytest.raises(Busy):
        call()
