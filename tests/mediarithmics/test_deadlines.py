"""A call ends at its deadline, whatever the server does meanwhile."""

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

from consentadmin.mediarithmics.client import Client, RetryPolicy, Timeouts
from consentadmin.mediarithmics.errors import Busy, PlatformError, Silent, Unreachable
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.fixtures.lies import Answer
from tests.mediarithmics.conftest import ALICE, ONCE, TOKEN, put

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
OPEN_HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

SLOW = {
    "the status line": lies.drip(b"HTTP/1.1 200 Okay" * 9),
    "the headers": lies.drip(b"X-Header: value\r\n" * 9, after=b"HTTP/1.1 200 OK\r\n"),
    "the body": lies.drip(b" " * 99, after=HEAD),
    "a body without length": lies.drip(b" " * 99, after=OPEN_HEAD),
    "chunks": lies.drip(b"1\r\n \r\n" * 20, after=CHUNKS),
    "a body on a connection to be closed": lies.drip(
        b" " * 99, after=HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    ),
    "continue, for ever": lies.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 9, 0.02),
}


@pytest.fixture
def slow_client(liar: Liar) -> Client:
    """Its read time-out never fires: only the total deadline can end it."""
    times = Timeouts(connect=5.0, read=5.0, total=0.3)
    return Client(base_url=liar.base_url, token=TOKEN, timeouts=times, reads=ONCE)


@contextlib.contextmanager
def ending_within(least: float, most: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert least <= time.monotonic() - began <= most


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW.keys())
def test_a_byte_now_and_then_ends_at_the_total(
    liar: Liar, slow_client: Client, answer: Answer
) -> None:
    liar.always(answer)
    with ending_within(0.25, 2), pytest.raises(Silent):
        put(slow_client)


def test_a_slow_whole_body_that_looks_complete_is_not_taken(
    liar: Liar, slow_client: Client
) -> None:
    data = b'{"status":"ok","data":{"id":"1","organisation_id":"2"}}'
    liar.always(lies.hang(OPEN_HEAD + data))
    with pytest.raises(Silent):
        slow_client.datamart("1")


def test_a_slow_error_ends_at_the_total_as_that_error(liar: Liar, slow_client: Client) -> None:
    liar.always(lies.drip(b" " * 99, after=HEAD.replace(b"200 OK", b"503 No")))
    with ending_within(0.25, 2), pytest.raises(Busy):
        put(slow_client)


def test_a_body_without_end_is_bounded(liar: Liar) -> None:
    liar.always(lies.never_ending())
    client = Client(base_url=liar.base_url, token=TOKEN, reads=ONCE)
    with ending_within(0, 5), pytest.raises(PlatformError, match="could not be understood"):
        client.datamart("1")


@pytest.mark.parametrize("seconds", [0.1, 0.3])
def test_the_callers_deadline_counts_for_all_tries_together(liar: Liar, seconds: float) -> None:
    liar.always(lies.hang())
    times = Timeouts(connect=1.0, read=0.08, total=20.0)
    client = Client(
        base_url=liar.base_url, token=TOKEN, timeouts=times, reads=RetryPolicy(retries=99)
    )
    with ending_within(0, seconds + 2), pytest.raises(Silent):
        client.choices("1", ALICE, deadline=seconds)


def test_the_deadline_counts_for_all_pages_together(liar: Liar, client: Client) -> None:
    def slow_page(talk: lies.Conversation) -> bool:
        time.sleep(0.05)
        page = lies.ok([{"id": len(talk.liar.requests)}], total=10**9)
        return page(talk)

    liar.always(slow_page)
    with ending_within(0.2, 2), pytest.raises((Silent, Unreachable)):
        client.channels("1", deadline=0.3)


def test_no_time_left_sends_nothing(liar: Liar, client: Client) -> None:
    with pytest.raises(Unreachable):
        put(client, deadline=0.0)
    assert liar.requests == []


def test_the_read_timeout_ends_a_hang_before_the_total(liar: Liar) -> None:
    liar.always(lies.hang())
    times = Timeouts(connect=1.0, read=0.1, total=9.0)
    client = Client(base_url=liar.base_url, token=TOKEN, timeouts=times, reads=ONCE)
    with ending_within(0.1, 2), pytest.raises(Silent):
        put(client)


def test_a_call_that_is_over_is_left_alone(liar: Liar, client: Client) -> None:
    liar.always(lies.ok({"id": "1", "organisation_id": "2"}))
    client.datamart("1", deadline=0.5)
    time.sleep(0.6)
    client.datamart("1", deadline=0.5)
    assert liar.connections == 1


def test_many_slow_calls_need_one_watchdog(liar: Liar, slow_client: Client) -> None:
    liar.always(lies.hang())

    def ask() -> None:
        with pytest.raises(Silent):
            put(slow_client)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    with ending_within(0.25, 3):
        run_all(threads)
    watchdogs = [t for t in threading.enumerate() if t.name == "mediarithmics-watchdog"]
    assert len(watchdogs) == 1


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
