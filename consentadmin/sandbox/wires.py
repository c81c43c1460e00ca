"""The TCP connection under a call, for faults that no ASGI message can make.

The server (granian) gives the application no hold of its connections, but they are open files of
this very process: the one whose peer is the caller's address is found among them and cut there.
Needs `/dev/fd`, as Linux and macOS have it. A reset is exact on Linux (RST at once); elsewhere the
connection is ended instead.
"""

import contextlib
import ctypes
import os
import socket
import sys
from collections.abc import Sequence

_UNSPECIFIED = bytes(16)  # a sockaddr of family AF_UNSPEC


def find(client: Sequence[object]) -> socket.socket | None:
    """Return a second handle on the connection that comes from this (host, port); close it."""
    wanted = [str(part) for part in client[:2]]  # granian tells the port as a text
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 (names of descriptors, no paths)
        with contextlib.suppress(OSError):  # no socket, not connected, or closed since
            handle = socket.socket(fileno=os.dup(int(name)))
            with contextlib.suppress(OSError):
                if [str(part) for part in handle.getpeername()[:2]] == wanted:
                    return handle
            handle.close()
    return None


def reset(wire: socket.socket) -> None:
    """Cut the connection with a RST, whatever is on its way."""
    if sys.platform.startswith("linux"):
        # To the kernel, connecting to nobody is disconnecting, whoever else holds the file.
        ctypes.CDLL(None).connect(wire.fileno(), _UNSPECIFIED, len(_UNSPECIFIED))
    else:
        close(wire)


def close(wire: socket.socket) -> None:
    """End the connection without a word more."""
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


def send_half(wire: socket.socket, body: bytes) -> None:
    """Promise the whole body, send half of it, and end the connection."""
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    wire.setblocking(True)  # noqa: FBT003 (its only argument)
    wire.settimeout(1)
    with contextlib.suppress(OSError):
        wire.sendall(head.encode() + body[: len(body) // 2])
    close(wire)
