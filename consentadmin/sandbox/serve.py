"""Serves the sandbox on one port: one process, one thread of Python, no lifespan.

The store is open and seeded before the port is, so whoever can connect gets an answer.
"""

import asyncio
import ctypes
import os
import signal
import socket
import sys
from typing import Protocol

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from consentadmin.sandbox.app import Receive, Scope, Send
from consentadmin.sandbox.background import Background

_PR_SET_PDEATHSIG = 1
_PATIENCE_S = 2.0  # how long open calls may take to end after SIGTERM


class Application(Protocol):
    """What can be served: calls, and work to be done between them."""

    background: Background

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Answer one call."""


class PortTakenError(Exception):
    """Somebody listens on the port already."""


def claim(host: str, port: int) -> socket.socket | None:
    """Make sure that the port is free and stays ours; keep what it returns.

    granian listens with SO_REUSEPORT: two sandboxes could share one port, each getting half of
    the calls. So on Linux an abstract socket named after the port is held as long as we live.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise PortTakenError(f"port {port} on {host} is not free") from None
    if not sys.platform.startswith("linux"):
        return None
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind(f"\0consentadmin-sandbox-{port}")
    except OSError:
        held.close()
        raise PortTakenError(f"port {port} is being taken by another sandbox") from None
    return held


def die_with_parent() -> None:
    """Ask Linux to send SIGTERM when the parent ends, however it ends; elsewhere do nothing.

    To Linux the parent is the *thread* that started us: start the sandbox from one that stays.
    """
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(0)


def serve(sandbox: Application, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(_serve(sandbox, host, port))


async def _serve(sandbox: Application, host: str, port: int) -> None:
    server = Server(
        sandbox,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        log_enabled=False,
        backlog=1024,
    )
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stopped.wait())
    working = asyncio.create_task(sandbox.background.run())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait({serving}, timeout=_PATIENCE_S)
    stopping.cancel()
    working.cancel()
    if serving.done():
        serving.result()
