"""The ASGI application: the token, the raw path, the answer (PLATFORM §1).

It reads `raw_path` and never `path`: see `selectors`. Whatever comes in, what goes out is one of
the platform's envelopes, and never a traceback.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from consentadmin.sandbox import openapi
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.admin import Admin, Gone, Work
from consentadmin.sandbox.choices import Choices
from consentadmin.sandbox.decisions import ORDINARY, Decisions
from consentadmin.sandbox.envelopes import Lines
from consentadmin.sandbox.imports import LARGEST_FILE, is_upload
from consentadmin.sandbox.later import add_later_work
from consentadmin.sandbox.memberships import Memberships
from consentadmin.sandbox.persons import Persons
from consentadmin.sandbox.pipeline import PLAIN, Plant
from consentadmin.sandbox.problems import JSON, Foreign, Outage, Problem
from consentadmin.sandbox.profiles import Profiles
from consentadmin.sandbox.referentials import Referentials
from consentadmin.sandbox.refusals import as_decided
from consentadmin.sandbox.routing import Call, Handler, Routes
from consentadmin.sandbox.selectors import decoded_before_splitting
from consentadmin.sandbox.store import Store
from consentadmin.sandbox.timelines import Timelines

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_WITH_BODY = frozenset({"PUT", "POST"})
_LINES = (b"content-type", b"application/x-ndjson;charset=utf-8")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Manners:
    """How it behaves: the token it wants, ms added to each call, the share of calls that fail.

    `has_admin` opens the admin endpoints, by which faults are asked for. `plant` is how the
    processing pipeline is set up; `scoped_tokens` are more tokens, each with the datamarts that
    it is limited to.
    """

    token: str
    latency_ms: float = 0.0
    error_rate: float = 0.0
    has_admin: bool = False
    plant: Plant = PLAIN
    scoped_tokens: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Sandbox:
    """The platform's API over one store."""

    def __init__(self, store: Store, manners: Manners, decisions: Decisions = ORDINARY) -> None:
        self._rights: dict[bytes, frozenset[str] | None] = {
            token.encode(): datamarts for token, datamarts in manners.scoped_tokens.items()
        }
        self._rights[manners.token.encode()] = None
        self._latency = manners.latency_ms / 1000
        self._error_rate = manners.error_rate
        self._decisions = decisions
        self._largest_body = decisions.largest_body
        self._dice = random.Random(manners.token)  # noqa: S311 (the same faults on each start)
        self._commits = store.commits
        self._access = access = Access(store, decisions)
        routes = Routes()
        Referentials(store, access, decisions).add_to(routes)
        Persons(store, access, decisions).add_to(routes)
        Choices(store, access, decisions).add_to(routes)
        Profiles(store, access, decisions).add_to(routes)
        Memberships(store, access, decisions).add_to(routes)
        Timelines(store, access, decisions).add_to(routes)
        self.background = add_later_work(routes, store, access, decisions, manners.plant)
        self._admin = Admin(store, access, decisions) if manners.has_admin else None
        if self._admin is not None:
            self._admin.add_to(routes)
        self.patterns = routes.patterns
        self._find = routes.find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        assert scope["type"] == "http", "served without lifespan and without websockets"
        headers = [JSON]
        try:
            status, body = 200, await self._answer(scope, receive)
            if isinstance(body, Lines):
                headers = [_LINES]
        except Problem as raised:
            problem = as_decided(raised, self._decisions)
            status, body, headers = problem.status, problem.envelope(), problem.headers()
        except Gone:
            return
        except Exception:  # noqa: BLE001 (whatever comes in, no traceback goes out)
            _log.exception("The sandbox itself failed")
            status, body = 500, Outage(500).envelope()
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        method = scope["method"]
        if scope["raw_path"] == b"/openapi.json" and method == "GET":
            return openapi.BODY
        body = b""
        if method in _WITH_BODY:
            most = LARGEST_FILE if is_upload(scope["raw_path"]) else self._largest_body
            body = await self._read(receive, most)
        if self._latency:
            await asyncio.sleep(self._latency)
        datamarts = self._check_token(scope["headers"])
        if self._error_rate and self._dice.random() < self._error_rate:
            raise self._fault()
        path = scope["raw_path"].decode("latin-1")
        if path.startswith("/admin/") and datamarts is not None and self._admin is not None:
            raise Foreign
        if self._decisions.decodes_before_splitting:
            path = decoded_before_splitting(path)
        handler, values = self._find(method, path)
        query = scope["query_string"].decode("latin-1")
        call = Call(values, query, body)
        if self._admin is None:
            answer = self._run(handler, call, datamarts)
            if self._commits.is_open:
                await self._commits.wait()
            return answer
        run = partial(self._run, handler, call, datamarts)
        work = Work(method, path, query, body, run)
        return await self._admin.answer(work, scope["client"], receive)

    def _run(self, handler: Handler, call: Call, datamarts: frozenset[str] | None) -> bytes:
        self._access.limit_to(datamarts)
        return handler(call)

    def _check_token(self, headers: list[tuple[bytes, bytes]]) -> frozenset[str] | None:
        """Return the datamarts that the token is limited to, None for no limit, or raise a 401."""
        given = [value for name, value in headers if name == b"authorization"]
        if len(given) != 1 or given[0] not in self._rights:
            raise Problem(401, "Unauthorized", "UNAUTHORIZED")
        return self._rights[given[0]]

    def _fault(self) -> Problem:
        status = 500 if self._dice.random() < 0.5 else 503
        return Outage(status, is_html=self._decisions.faults_are_html)

    async def _read(self, receive: Receive, most: int) -> bytes:
        """Read the whole body, keeping none of it past the limit, so that a 413 gets through."""
        message = await receive()
        chunks: list[bytes] = [message.get("body", b"")]
        size = len(chunks[0])
        while message.get("more_body"):
            message = await receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > most:
                chunks.clear()
        if size > most:
            raise Problem(413, "Request Entity Too Large", "REQUEST_TOO_LARGE")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
