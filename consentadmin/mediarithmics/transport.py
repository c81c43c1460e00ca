"""One request over the wire and its answer, or Unreachable, Silent or Garbled. No JSON here.

A `Transport` may be used by any number of threads: each exchange has a session, so a connection,
to itself, taken from those that are idle. The environment (proxies, CA bundle) is read once, when a
session is made, not at each request.
"""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import NoReturn
from urllib.parse import urlsplit

import requests
from requests.models import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import DecodeError, HTTPError

from consentadmin.mediarithmics.errors import Garbled, PlatformError, Silent, Unreachable
from consentadmin.mediarithmics.quiet import hush
from consentadmin.mediarithmics.sockets import OneConnection, attempting
from consentadmin.mediarithmics.spools import Spool, length_of
from consentadmin.mediarithmics.watch import WATCHDOG, Attempt

LARGEST_BODY, LARGEST_FILE, LARGEST_ERROR = 20_000_000, 200_000_000, 65_536
"""Bytes, decompressed, taken at most: of a 2xx, of one into a spool, of any other answer."""

IDLE_READ, IDLE_WRITE = 30.0, 4.0
"""Seconds a connection may have been idle to be used again. A server may be closing an idle one
just now: a read is then asked again, but a write would be left unknown, so it keeps clear of it."""

_CHUNK = 65_536
_TROUBLES = (requests.RequestException, HTTPError, http.client.HTTPException, OSError, UnicodeError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect to one address, to wait for the next bytes, and for the whole call."""

    connect: float = 3.0
    read: float = 10.0
    total: float = 20.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request. `path` is percent-encoded already and goes out byte for byte.

    A body in a spool is sent piece by piece. `patience`: seconds to wait for the next bytes of the
    answer, where the client's `Timeouts.read` is not meant for it.
    """

    method: str
    path: str = field(repr=False)
    body: bytes | Spool | None = field(default=None, repr=False)
    content_type: str = "application/json"
    accept: str = "application/json"
    patience: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole. An error's body may have been cut."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Transport:
    """The way to one base URL with one API token."""

    def __init__(
        self, *, base_url: str, token: str, timeouts: Timeouts, trust_env: bool, pool_size: int
    ) -> None:
        hush()
        self.base_url = check_base_url(base_url)
        self._headers = _headers(token)
        self._timeouts = timeouts
        self._trust_env = trust_env
        self._pool_size = pool_size
        self._lock = threading.Lock()
        self._idle: list[OneConnection] = []
        self._owner = os.getpid()

    def __repr__(self) -> str:
        return f"<Transport to {self.base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a transport holds an API token and is not pickled")

    def close(self) -> None:
        """Close the idle connections; those in use close when their exchange ends."""
        with self._lock:
            idle, self._idle, self._pool_size = self._idle, [], 0
        for session in idle:
            session.close()

    def send(
        self,
        outgoing: Outgoing,
        *,
        ends_at: float,
        fresh: bool = False,
        into: Spool | None = None,
    ) -> Answer:
        """Send a request once and return its whole answer, whatever the status.

        Given a spool, it writes the body of a 2xx into that; the answer's own body is then empty.

        Raises Unreachable when nothing was sent, Silent when no whole answer came before `ends_at`
        (of `time.monotonic()`), Garbled for an answer that isn't HTTP, a redirect, or oversize.
        """
        if ends_at <= time.monotonic():
            raise Unreachable("no time left")
        attempt, failure, answer = Attempt(ends_at), None, None
        session = self._take(outgoing, fresh=fresh)
        WATCHDOG.watch(attempt)
        try:
            with attempting(attempt):
                answer = self._exchange(session, outgoing, attempt, into)
        except _TROUBLES as error:
            failure = _failure(attempt, error)
        finally:
            # Also when a signal ended the call: a connection in an unknown state is not kept.
            self._give_back(session, keep=answer is not None)
        if failure is not None:
            raise failure  # here, not above: the library's exception holds the URL
        assert answer is not None, "an exchange answers or raises"
        return answer

    def _exchange(
        self, session: OneConnection, outgoing: Outgoing, attempt: Attempt, into: Spool | None
    ) -> Answer:
        left, patience = attempt.left, outgoing.patience or self._timeouts.read
        timeout = (min(self._timeouts.connect, left), min(patience, left))
        with session.send(
            self._prepare(outgoing), timeout=timeout, allow_redirects=False, **session.environment
        ) as response:
            status = response.status_code
            if 200 <= status < 300:
                body = _taken(response, into)
                if attempt.expired:
                    raise OSError("ended by the watchdog")  # without a length it looks whole
            elif 400 <= status < 600:
                body = _error_body(response)
            else:
                raise Garbled("a redirect" if 300 <= status < 400 else "no status", status=status)
            return Answer(status, response.headers, body)

    def _prepare(self, outgoing: Outgoing) -> PreparedRequest:
        # Made by hand: `requests` would normalise the path, and look into .netrc for another token.
        prepared = PreparedRequest()
        prepared.method = outgoing.method
        prepared.url = self.base_url + outgoing.path
        prepared.headers = CaseInsensitiveDict(self._headers)
        prepared.headers["Accept"] = outgoing.accept
        if outgoing.body is not None:
            # With its length: whether the platform takes chunks is documented nowhere.
            prepared.body = outgoing.body  # type: ignore[assignment]  # a file may be one
            prepared.headers["Content-Type"] = outgoing.content_type
            prepared.headers["Content-Length"] = str(length_of(outgoing.body))
        return prepared

    def _take(self, outgoing: Outgoing, *, fresh: bool) -> OneConnection:
        with self._lock:
            if self._owner != os.getpid():  # forked: the connections are the parent's
                self._owner, self._idle = os.getpid(), []
            session = self._idle.pop() if self._idle else None
        if session is None:
            return self._new_session()
        longest = IDLE_READ if outgoing.method == "GET" else IDLE_WRITE
        if fresh or time.monotonic() - session.used_at > longest:
            session.close()  # its connections; the session itself goes on
        return session

    def _give_back(self, session: OneConnection, *, keep: bool) -> None:
        session.used_at = time.monotonic()
        with self._lock:
            if keep and len(self._idle) < self._pool_size:
                self._idle.append(session)
                return
        session.close()

    def _new_session(self) -> OneConnection:
        session = OneConnection(trust_env=self._trust_env)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        session.environment = session.merge_environment_settings(
            self.base_url, {}, stream=True, verify=None, cert=None
        )
        return session


def _taken(response: Response, into: Spool | None) -> bytes:
    if into is None:
        return b"".join(_chunks(response, LARGEST_BODY))
    for chunk in _chunks(response, LARGEST_FILE):
        into.write(chunk)
    return b""


def _chunks(response: Response, largest: int) -> Iterator[bytes]:
    size = 0
    for chunk in response.raw.stream(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > largest:
            raise Garbled("oversize", status=response.status_code)
        yield chunk


def _error_body(response: Response) -> bytes:
    """Return an error's body, or nothing if it can't be had: the status says what to do."""
    try:
        return b"".join(_chunks(response, LARGEST_ERROR))
    except (*_TROUBLES, Garbled):
        return b""


def _failure(attempt: Attempt, error: Exception) -> PlatformError:
    if not attempt.sent:
        return Unreachable()
    if not attempt.expired and any(_is_nonsense(found) for found in _within(error)):
        return Garbled("not HTTP")
    return Silent()


def _is_nonsense(error: BaseException) -> bool:
    if isinstance(error, http.client.RemoteDisconnected | http.client.IncompleteRead):
        return False
    return isinstance(error, DecodeError | http.client.HTTPException)


def _within(error: BaseException) -> Iterator[BaseException]:
    """The error and those it wraps: the libraries put the cause into the arguments."""
    pending, seen = [error], 0
    while pending and seen < 20:
        found, seen = pending.pop(), seen + 1
        yield found
        pending += [inner for inner in found.args if isinstance(inner, BaseException)]


def check_base_url(text: str) -> str:
    """Return the base URL with its version (``/v1`` if none is given), or raise ValueError."""
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("The API's address begins with https:// and a host.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("The API's address has no user, query or fragment.")
    base = parts.geturl().rstrip("/")
    return base if re.search(r"/v[0-9]+$", parts.path.rstrip("/")) else f"{base}/v1"


def _headers(token: str) -> dict[str, str]:
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise ValueError("The API token is empty or has characters that can't be sent.")
    return {
        "Authorization": token,  # bare: no "Bearer" (PLATFORM.md §1)
        "Accept-Encoding": "gzip",
        "User-Agent": "consentadmin",
    }
