"""Connections are kept, shared by threads, and never trusted too long."""

import contextlib
import gzip
import os
import signal
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from consentadmin.mediarithmics import transport
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import Garbled, NotFound, Silent, Unreachable
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.mediarithmics.conftest import ONCE, PATIENT, TOKEN, put

DATAMART = lies.ok({"id": "1", "organisation_id": "2"})
Call = Callable[[], object]


@pytest.mark.parametrize("status", [200, 204])
def test_calls_one_after_another_share_a_connection(
    liar: Liar, client: Client, status: int
) -> None:
    liar.always(DATAMART)
    liar.on("PUT", "", lies.empty(status))
    for _ in range(3):
        client.datamart("1")
        put(client)
    assert liar.connections == 1


def test_an_error_keeps_the_connection(liar: Liar, client: Client) -> None:
    liar.always(lies.error(404))
    for _ in range(3):
        with pytest.raises(NotFound):
            client.datamart("1")
    assert liar.connections == 1


def test_threads_share_a_client(liar: Liar, client: Client) -> None:
    def echo(talk: lies.Conversation) -> bool:
        key = talk.request.path.rpartition("/")[2]
        return lies.ok({"id": key, "organisation_id": "2"})(talk)

    liar.always(echo)
    keys = [str(number) for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda key: client.datamart(key, deadline=5.0).id, keys))
    assert found == keys
    assert liar.connections <= 8


def test_no_more_connections_are_kept_than_the_pool_has(liar: Liar) -> None:
    client = Client(base_url=liar.base_url, token=TOKEN, timeouts=PATIENT, pool_size=2)
    meet = threading.Barrier(6)
    liar.always(lambda talk: bool(meet.wait(5) + 1) and DATAMART(talk))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(client.datamart, ["1"] * 6))
    assert len(client._transport._idle) == 2
    client.close()


def test_a_connection_closed_meanwhile_does_no_harm(liar: Liar, client: Client) -> None:
    closing = lies.raw_answer(
        lies.http_bytes(200, b'{"status":"ok","data":{"id":"1","organisation_id":"2"}}')
    )
    liar.always(closing)
    client.datamart("1")
    time.sleep(0.05)
    put(client)
    assert liar.connections == 2


def test_a_stale_connection_costs_a_read_a_second_try(liar: Liar, stubborn: Client) -> None:
    liar.always(lies.in_turn(DATAMART, lies.close(), DATAMART))
    stubborn.datamart("1")
    stubborn.datamart("1")
    assert [request.connection for request in liar.requests] == [1, 1, 2]


def test_a_stale_connection_leaves_a_write_unknown(liar: Liar, stubborn: Client) -> None:
    liar.always(lies.in_turn(DATAMART, lies.close(), DATAMART))
    stubborn.datamart("1")
    with pytest.raises(Silent):
        put(stubborn)


def test_a_write_keeps_clear_of_a_connection_long_idle(
    liar: Liar, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "IDLE_WRITE", 0.02)
    liar.always(DATAMART)
    client.datamart("1")
    time.sleep(0.05)
    put(client)
    assert [request.connection for request in liar.requests] == [1, 2]


@pytest.mark.parametrize("fault", [lies.hang(), lies.cut(), lies.reset(), lies.redirect("/x")])
def test_a_connection_is_not_used_after_a_fault(
    liar: Liar, client: Client, fault: lies.Answer
) -> None:
    liar.always(lies.in_turn(fault, DATAMART))
    with pytest.raises((Silent, Garbled)):
        client.datamart("1", deadline=0.5)
    client.datamart("1")
    assert liar.requests[1].connection == 2


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_beyond_the_limit_is_garbled(
    liar: Liar, call: Call, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 200_000)
    body = b'{"status":"ok","data":"' + b"a" * 200_000 + b'"}'
    sent = gzip.compress(body) if encoding == "gzip" else body
    liar.always(lies.body_answer(200, sent, {"Content-Encoding": encoding}))
    with pytest.raises(Garbled):
        call()


def test_a_body_just_within_the_limit_is_taken(liar: Liar, client: Client) -> None:
    rest = b" " * 1_000_000 + b'{"status":"ok","data":{"id":"1","organisation_id":"2"}}'
    liar.always(lies.body_answer(200, gzip.compress(rest), {"Content-Encoding": "gzip"}))
    assert client.datamart("1", deadline=5.0).id == "1"


@pytest.mark.parametrize("chunked", [True, False])
def test_a_decompression_bomb_takes_no_memory(liar: Liar, *, chunked: bool) -> None:
    bomb = gzip.compress(bytes(1_000_000)) * 300  # members of one gzip stream
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
    if chunked:
        head += b"Transfer-Encoding: chunked\r\n"
        bomb = b"%x\r\n%b\r\n0\r\n\r\n" % (len(bomb), bomb)
    liar.always(lies.raw_answer(head + b"\r\n" + bomb))
    client = Client(base_url=liar.base_url, token=TOKEN, reads=ONCE)
    tracemalloc.start()
    try:
        with pytest.raises(Garbled):
            client.datamart("1")
        assert 20_000_000 < tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_goes_on_with_its_own_connections(liar: Liar, client: Client) -> None:
    liar.always(lies.in_turn(DATAMART, DATAMART, lies.drip(b" " * 99)))
    client.datamart("1")
    with warnings.catch_warnings(action="ignore"):
        child = os.fork()
    if child == 0:
        os._exit(ask_in_child(client))
    assert os.waitpid(child, 0)[1] == 0
    assert [request.connection for request in liar.requests] == [1, 2, 2]


def ask_in_child(client: Client) -> int:
    """Return 0 if a call is answered and another ended by the child's own watchdog."""
    client.datamart("1")
    try:
        client.datamart("1", deadline=0.2)
    except Silent:
        return 0
    return 1


def test_a_call_ended_by_a_signal_keeps_no_connection(liar: Liar, client: Client) -> None:
    class Stop(BaseException):
        pass

    def interrupt(*_: object) -> None:
        raise Stop

    liar.always(lies.in_turn(lies.hang(), DATAMART))
    with interrupting(interrupt, after=0.3), pytest.raises(Stop):
        client.datamart("1")
    client.datamart("1")
    assert liar.requests[1].connection == 2


@contextlib.contextmanager
def interrupting(handler: Callable[..., None], *, after: float) -> Iterator[None]:
    """Run a handler in the middle of the block, as a worker's soft time limit does."""
    former = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def test_a_closed_client_still_works_but_keeps_nothing(liar: Liar, client: Client) -> None:
    liar.always(DATAMART)
    client.datamart("1")
    client.close()
    client.datamart("1")
    client.datamart("1")
    assert liar.connections == 3


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc here")
def test_no_descriptor_is_left_behind(liar: Liar, client: Client) -> None:
    faults = (lies.cut(), lies.reset(), lies.html(), lies.hang(), lies.redirect("/x"))
    liar.always(lies.in_turn(*faults, DATAMART))
    before = open_descriptors()
    for _ in range(6):
        with contextlib.suppress(Silent, Garbled):
            client.datamart("1", deadline=0.3)
    client.close()
    time.sleep(0.05)
    assert open_descriptors() <= before


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_proxy_that_refuses_has_sent_nothing(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", liar.base_url)
    liar.always(lies.empty(407))
    client = Client(base_url="https://api.example", token=TOKEN, timeouts=PATIENT)
    with pytest.raises(Unreachable):
        put(client)
    assert [(r.method, r.path) for r in liar.requests] == [("CONNECT", "api.example:443")]
