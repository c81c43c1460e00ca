"""A load of HTTP calls that costs the caller little: raw requests on a few kept-alive connections.

One thread; each connection has one call under way. What limits the rate is then the server.
"""

import select
import socket
import time
from collections.abc import Iterator

CONNECTIONS = 16


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """Write one request."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: {token}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Load:
    """Connections to one server."""

    def __init__(self, port: int) -> None:
        self._lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        for line in self._lines:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Close them."""
        for line in self._lines:
            line.close()

    def rate(self, requests: Iterator[bytes], seconds: float) -> float:
        """Send requests for so long and return how many were answered a second, each by a 200."""
        poll, by_file = select.epoll(), {line.fileno(): line for line in self._lines}
        for line in self._lines:
            poll.register(line, select.EPOLLIN)
            line.sendall(next(requests))
        answered, began = 0, time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            for number, _ in poll.poll():
                self._take(by_file[number])
                answered += 1
                by_file[number].sendall(next(requests))
        poll.close()
        for line in self._lines:
            self._take(line)
        return answered / passed

    def _take(self, line: socket.socket) -> None:
        """Read one answer: small enough to come in one piece, or in a few."""
        found = line.recv(65_536)
        head, _, body = found.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), found[:500]
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += line.recv(65_536)
