"""Files of lines: checked before they are sent, sent in constant memory, bounded in time (§7)."""

import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentadmin.mediarithmics import spools
from consentadmin.mediarithmics.client import Client, Timeouts
from consentadmin.mediarithmics.errors import Declined, InvalidBody, Silent
from consentadmin.mediarithmics.spools import spooled
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.mediarithmics.conftest import ONCE, PATIENT, TOKEN

LINE = b'{"operation":"UPSERT","email_hash":"' + b"e" * 960 + b'"}'
STARTED = lies.http_bytes(200, b'{"status":"ok","data":{"id":"9","status":"PENDING"}}')


def many(megabytes: int) -> Iterator[bytes]:
    return (LINE for _ in range(megabytes * 1000))


def read_and_forget(
    listener: socket.socket, answer: bytes, *, after: int, pause: float = 0.0
) -> None:
    """Serve one request: read so many bytes of it into nothing, answer, and hang up."""
    wire, _ = listener.accept()
    time.sleep(pause)
    with wire:
        buffer, size = bytearray(65_536), 0
        while size < after and (got := wire.recv_into(buffer)):
            size += got
        wire.sendall(answer)


@pytest.fixture
def forgetful() -> Iterator[tuple[Client, socket.socket]]:
    """A client of a listener that a test serves by `read_and_forget`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = Client(base_url=base_url, token=TOKEN, timeouts=PATIENT, reads=ONCE)
        yield client, listener
        client.close()


def test_a_large_file_is_sent_in_constant_memory(
    forgetful: tuple[Client, socket.socket],
) -> None:
    client, listener = forgetful
    whole = 20 * 1000 * (len(LINE) + 1)
    serving = threading.Thread(
        target=read_and_forget, args=(listener, STARTED), kwargs={"after": whole}
    )
    serving.start()
    tracemalloc.start()
    try:
        assert client.start_execution("1", "7", many(20)).id == "9"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        serving.join()
    assert peak < 4_000_000


def test_a_refusal_before_the_end_is_that_refusal(
    forgetful: tuple[Client, socket.socket],
) -> None:
    """A server that has seen enough answers, and reads the rest into nothing."""
    client, listener = forgetful

    def refuse_early() -> None:
        wire, _ = listener.accept()
        with wire:
            wire.recv(1000)
            wire.sendall(lies.http_bytes(413, b""))
            while wire.recv(65_536):
                pass

    serving = threading.Thread(target=refuse_early)
    serving.start()
    with pytest.raises(Declined):
        client.start_execution("1", "7", many(5))
    client.close()
    serving.join()


def test_a_reader_that_stops_is_silence_at_the_deadline(
    forgetful: tuple[Client, socket.socket],
) -> None:
    client, listener = forgetful
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with pytest.raises(Silent):
        client.start_execution("1", "7", many(20), deadline=0.5)


IMPATIENT = Timeouts(connect=0.2, read=0.2, total=5.0)


def test_a_file_may_wait_longer_for_its_reader_than_for_a_connection() -> None:
    """Else a platform that writes to a slow disk could never be given a large file."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        serving = threading.Thread(
            target=read_and_forget,
            args=(listener, STARTED),
            kwargs={"after": 8 * 1000 * (len(LINE) + 1), "pause": 0.6},
        )
        serving.start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = Client(base_url=base_url, token=TOKEN, timeouts=IMPATIENT, reads=ONCE)
        assert client.start_execution("1", "7", many(8)).id == "9"
        serving.join()
        client.close()


def test_a_stored_file_may_take_longer_than_a_read(liar: Liar) -> None:
    def slow(talk: lies.Conversation) -> bool:
        talk.liar.stopping.wait(0.5)
        talk.wire.sendall(STARTED)
        return True

    liar.always(slow)
    client = Client(base_url=liar.base_url, token=TOKEN, timeouts=IMPATIENT, reads=ONCE)
    assert client.start_execution("1", "7", [LINE]).id == "9"
    client.close()


def test_a_file_is_sent_as_it_is(liar: Liar, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "commands.ndjson"
    path.write_bytes(b'{"a":1}\r\n\n  {"b":2}\n{"c":3}')
    liar.always(lies.ok({"id": "9"}))
    client.start_execution("1", "7", path)
    assert liar.requests[0].body == b'{"a":1}\n{"b":2}\n{"c":3}\n'


REFUSED = {
    "nothing": [],
    "blanks": [b"", b" \n"],
    "two in one": [b'{"needle":1}\n{"b":2}'],
    "no object": [b"[1]"],
    "half an object": [b'{"needle":'],
    "a byte order mark": [b'\xef\xbb\xbf{"needle":1}'],
    "Latin-1": [b'{"needle":"\xe9"}'],
    "a line too long": [b'{"needle":"' + b"x" * spools.LONGEST_LINE + b'"}'],
}


@pytest.mark.parametrize("lines", REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_cannot_be_right_is_not_sent(
    liar: Liar, client: Client, lines: list[bytes]
) -> None:
    with pytest.raises(InvalidBody) as caught:
        client.start_execution("1", "7", [b'{"a":1}', *lines] if lines and lines[0] else lines)
    assert "needle" not in str(caught.value) + repr(caught.value)
    assert liar.requests == []


def test_a_long_line_of_a_path_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "commands.ndjson"
    path.write_bytes(b'{"a":"' + b"x" * 3_000_000 + b'"}\n')
    with pytest.raises(InvalidBody, match="1 MB"):
        spooled(path)


@pytest.mark.fact("§7 size")
def test_more_than_100_megabytes_are_not_sent(liar: Liar, client: Client) -> None:
    """D §7: at most 100 MB a file."""
    line = b'{"a":"' + b"x" * 999_991 + b'"}'
    with pytest.raises(InvalidBody, match="100 MB"):
        client.start_execution("1", "7", (line for _ in range(101)))
    assert liar.requests == []
    with spooled(line for _ in range(100)) as spool:
        assert spools.length_of(spool) == spools.LARGEST_IMPORT


def test_a_failure_of_the_callers_own_lines_is_passed_on(liar: Liar, client: Client) -> None:
    def broken() -> Iterator[bytes]:
        yield LINE
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        client.start_execution("1", "7", broken())
    assert liar.requests == []


def test_a_spool_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its first megabyte it is a file without a name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with spooled(many(3)) as spool:
        assert spools.length_of(spool) > 2_900_000
        assert [*tmp_path.iterdir()] == []
