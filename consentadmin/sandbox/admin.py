"""The admin endpoints: faults on request, and the history of writes. Off unless asked for.

    POST   /admin/faults       add a rule        GET    /admin/history?after=N
    GET    /admin/faults       list them
    DELETE /admin/faults[/ID]  drop all, or one

They bear the same token as the API, and no fault ever meets them.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from consentadmin.sandbox import bodies, wires
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import DONE, arguments, listed, single
from consentadmin.sandbox.faults import Fault, Faults
from consentadmin.sandbox.history import History
from consentadmin.sandbox.lag import Lag
from consentadmin.sandbox.problems import Problem, bad_request
from consentadmin.sandbox.roster import point_of
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.selectors import Selector, decoded, parsed
from consentadmin.sandbox.store import Store

_LONGEST_HANG_S = 600.0
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Gone(Exception):
    """The connection was cut: there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Work:
    """A call that has come in whole: `run` carries it out and returns the body of the answer."""

    method: str
    path: str
    query: str
    body: bytes
    run: Callable[[], bytes]


class Admin:
    """Stands between the server and the work, where it is let."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
        self._access = access
        self._decisions = decisions
        self._faults = Faults()
        self._history = History(store)
        self._lag = Lag(store)

    def add_to(self, routes: Routes) -> None:
        """Register the admin endpoints."""
        routes.add("POST", "/admin/faults", self.add_fault)
        routes.add("GET", "/admin/faults", self.read_faults)
        routes.add("DELETE", "/admin/faults", self.clear_faults)
        routes.add("DELETE", "/admin/faults/:", self.clear_faults)
        routes.add("GET", "/admin/history", self.read_history)

    def add_fault(self, call: Call) -> bytes:
        """Add a rule and answer it, with its id."""
        fault = self._faults.add(bodies.parsed(call.body))
        return single(bodies.written(fault.body()))

    def read_faults(self, _: Call) -> bytes:
        """Answer the rules and how often each has fired."""
        rules = [bodies.written(each.body()) for each in self._faults.all()]
        return listed(rules, max_results=len(rules))

    def clear_faults(self, call: Call) -> bytes:
        """Drop all rules, or one."""
        self._faults.clear(decoded(call.values[0]) if call.values else None)
        return DONE

    def read_history(self, call: Call) -> bytes:
        """Answer the writes that were applied, those after a number if asked, the oldest first."""
        text = arguments(call.query).get("after", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise bad_request("after must be a whole number")
        records = self._history.after(int(text))
        return listed(records, max_results=len(records))

    async def answer(self, work: Work, client: Sequence[object], receive: Receive) -> bytes:
        """Carry a call out, or let it go wrong as a rule wants it.

        Raises `Gone` where the connection was cut, and `Problem` for any other answer than a 200.
        """
        if work.path.startswith("/admin/"):
            return work.run()
        fault = self._faults.pick(work.method, work.path)
        if fault is None:
            return self._carry_out(work)
        if fault.delay_s and fault.kind != "hang":
            await asyncio.sleep(fault.delay_s)
        if fault.kind == "delay":
            return self._carry_out(work)
        if fault.kind == "stale":
            return self._read_stale(work, fault)
        answer = self._hidden(work, fault)
        if fault.kind in ("status", "html"):
            raise fault.outage(self._decisions)
        if fault.kind == "hang":
            await _silence(receive, fault.delay_s or _LONGEST_HANG_S)
        self._cut(fault, client, answer)
        raise Gone

    def _hidden(self, work: Work, fault: Fault) -> bytes:
        """Carry out a read, and a write if the rule says so, of which the caller hears nothing."""
        if work.method == "GET" or fault.applies:
            with contextlib.suppress(Problem):
                return self._carry_out(work)
        return DONE

    def _cut(self, fault: Fault, client: Sequence[object], answer: bytes) -> None:
        wire: socket.socket | None = wires.find(client)
        if wire is None:
            return  # the caller left first
        with wire:
            match fault.kind:
                case "reset":
                    wires.reset(wire)
                case "half":
                    wires.send_half(wire, answer or DONE)
                case _:
                    wires.close(wire)

    def _carry_out(self, work: Work) -> bytes:
        if work.method == "GET":
            return work.run()
        who, changes = self._who(work), self._store.connection.total_changes
        with self._store.transaction(), self._kept(work):
            answer = work.run()
            stored = self._store.connection.total_changes > changes
            if who["user_point_id"] is None:
                who = self._who(work)  # the write may have made the person
            self._history.append(
                method=work.method, who=who, query=work.query, body=work.body, stored=stored
            )
        return answer

    def _read_stale(self, work: Work, fault: Fault) -> bytes:
        if work.method != "GET":
            return self._carry_out(work)
        with self._lag.as_it_was(fault.lag_ms):
            return work.run()

    @contextlib.contextmanager
    def _kept(self, work: Work) -> Iterator[None]:
        longest_ms = self._faults.longest_lag_ms
        named = _named(work)
        if not longest_ms or named is None:
            yield
            return
        with self._lag.kept(lambda: self._access.found(*named), longest_ms):
            yield

    def _who(self, work: Work) -> dict[str, str | None]:
        """Say which datamart, person and document a call is about, as far as its path tells."""
        named = _named(work)
        segments = work.path.split("/")
        if named is None:
            datamart = segments[3] if segments[2:3] == ["datamarts"] else None
            place = "/".join(segments[4 if datamart else 2 :])
            found = {"datamart": datamart, "selector": None, "user_point_id": None}
            return {**found, "document": place}
        person = self._access.found(*named)
        point = None if person is None else point_of(self._store.identifiers(person))
        document = decoded("/".join(segments[6:]))
        return {
            "datamart": named[0],
            "selector": decoded(segments[5]),
            "user_point_id": point,
            "document": document,
        }


def _named(work: Work) -> tuple[str, Selector] | None:
    """Return the datamart and selector of a path, or None where it names nobody."""
    segments = work.path.split("/")
    if segments[2:3] != ["datamarts"] or segments[4:5] != ["user_points"] or len(segments) < 6:
        return None
    try:
        return decoded(segments[3]), parsed(segments[5])
    except Problem:
        return None


async def _silence(receive: Receive, longest_s: float) -> None:
    """Say nothing until the caller leaves, or for so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(longest_s):
            while (await receive())["type"] != "http.disconnect":
                pass
