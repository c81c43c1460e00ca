"""The ASGI application: the token, the raw path, the answer (PLATFORM §1).

It reads `raw_path` and never `path`: see `selectors`. Whatever comes in, what goes out is one of
the platform's envelopes, and never a traceback.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from consentadmin.sandbox.access import Access
from consentadmin.sandbox.choices import Choices
from consentadmin.sandbox.decisions import ORDINARY, Decisions
from consentadmin.sandbox.persons import Persons
from consentadmin.sandbox.problems import Problem
from consentadmin.sandbox.profiles import Profiles
from consentadmin.sandbox.referentials import Referentials
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.store import Store

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_WITH_BODY = frozenset({"PUT", "POST"})
_JSON = (b"content-type", b"application/json;charset=utf-8")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Manners:
    """How it behaves: the token it wants, ms added to each call, the share of calls that fail."""

    token: str
    latency_ms: float = 0.0
    error_rate: float = 0.0


class Sandbox:
    """The platform's API over one store."""

    def __init__(self, store: Store, manners: Manners, decisions: Decisions = ORDINARY) -> None:
        self._token = manners.token.encode()
        self._latency = manners.latency_ms / 1000
        self._error_rate = manners.error_rate
        self._largest_body = decisions.largest_body
        self._dice = random.Random(manners.token)  # noqa: S311 (the same faults on each start)
        access = Access(store)
        routes = Routes()
        Referentials(store, access, decisions).add_to(routes)
        Persons(store, access, decisions).add_to(routes)
        Choices(store, access, decisions).add_to(routes)
        Profiles(store, access, decisions).add_to(routes)
        self._find = routes.find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        assert scope["type"] == "http", "served without lifespan and without websockets"
        headers = [_JSON]
        try:
            status, body = 200, await self._answer(scope, receive)
        except Problem as problem:
            status, body = problem.status, problem.envelope()
            if problem.allow:
                headers.append((b"allow", problem.allow.encode()))
        except Exception:  # noqa: BLE001 (whatever comes in, no traceback goes out)
            _log.exception("The sandbox itself failed")
            status, body = 500, _internal_error().envelope()
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        method = scope["method"]
        body = await self._read(receive) if method in _WITH_BODY else b""
        if self._latency:
            await asyncio.sleep(self._latency)
        self._check_token(scope["headers"])
        if self._error_rate and self._dice.random() < self._error_rate:
            raise self._fault()
        handler, values = self._find(method, scope["raw_path"].decode("latin-1"))
        return handler(Call(values, scope["query_string"].decode("latin-1"), body))

    def _check_token(self, headers: list[tuple[bytes, bytes]]) -> None:
        given = [value for name, value in headers if name == b"authorization"]
        if given != [self._token]:
            raise Problem(401, "Unauthorized", "UNAUTHORIZED")

    def _fault(self) -> Problem:
        if self._dice.random() < 0.5:
            return _internal_error()
        return Problem(503, "Service Unavailable", "SERVICE_UNAVAILABLE")

    async def _read(self, receive: Receive) -> bytes:
        """Read the whole body, keeping none of it past the limit, so that a 413 gets through."""
        message = await receive()
        body: bytes = message.get("body", b"")
        size = len(body)
        while message.get("more_body"):
            message = await receive()
            chunk = message.get("body", b"")
            size += len(chunk)
            body = body + chunk if size <= self._largest_body else b""
        if size > self._largest_body:
            raise Problem(413, "Request Entity Too Large", "REQUEST_TOO_LARGE")
        return body


def _internal_error() -> Problem:
    return Problem(500, "Internal Server Error", "INTERNAL_SERVER_ERROR")
