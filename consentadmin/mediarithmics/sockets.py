"""The HTTP library's connections, so made that the watchdog can end a call on them.

`attempting(attempt)` says on whose behalf this thread uses connections; each connection hands its
descriptor to that attempt, and notes when the first byte of a request leaves. So it is known
for sure whether anything was sent, and the total deadline holds in every phase but the look-up of
the name (`getaddrinfo` can't be interrupted; the resolver's own limits bound it).
"""

# ruff: noqa: ANN401 - what the library's own methods take is passed on as it comes

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.models import Response
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from consentadmin.mediarithmics.watch import Attempt

_here = threading.local()


@contextlib.contextmanager
def attempting(attempt: Attempt) -> Iterator[None]:
    """Use connections in this thread on behalf of an attempt; let go of them at the end."""
    _here.attempt = attempt
    try:
        yield
    finally:
        _here.attempt = None
        attempt.finish()


def _attempt() -> Attempt:
    attempt: Attempt | None = getattr(_here, "attempt", None)
    assert attempt is not None, "a watched connection is used by nobody but Transport"
    return attempt


class WatchedConnection(HTTPConnection):
    """A plain connection; what it adds works for TLS as well."""

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers: the connect time-out for each, within the end.

        (The library's own loop knows no end, and keeps the socket to itself until it is through.)
        """
        attempt, timeout = _attempt(), float(self.timeout or 0)
        trouble = OSError("no address")
        host = self._dns_host.strip("[]")
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, self.port, type=socket.SOCK_STREAM
        ):
            wire = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    wire.setsockopt(*option)
                wire.settimeout(min(timeout, attempt.left))
                wire.connect(address)
                attempt.hold(wire.fileno())
            except OSError as error:
                wire.close()
                trouble = error
            else:
                return wire
        raise trouble

    def connect(self) -> None:
        attempt = _attempt()
        attempt.connecting = attempt.connected = True
        try:
            super().connect()
        finally:
            attempt.connecting = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        attempt = _attempt()
        if self.sock is not None and not attempt.connected:
            attempt.hold(self.sock.fileno())
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        attempt = _attempt()
        if not attempt.connecting:  # what a proxy is told before is not the request
            attempt.sent = True
            # Until here the time-out to connect: a large body may wait longer for its reader.
            self.sock.settimeout(attempt.left)
        super().send(data)


class WatchedTLSConnection(WatchedConnection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = WatchedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = WatchedTLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        if not args[0].lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class OneConnection(requests.Session):
    """A session that keeps one connection, knows no redirects and takes no cookies."""

    def __init__(self, *, trust_env: bool) -> None:
        super().__init__()
        self.trust_env = trust_env
        self.used_at = 0.0
        self.environment: Mapping[str, Any] = {}
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))

    def get_redirect_target(self, resp: Response) -> str | None:  # noqa: ARG002
        """None: a redirect is an answer like another. The token must not go to another host."""
        return None
