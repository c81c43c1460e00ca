"""A proxy between our processes and the sandbox that does harm on the way: asyncio, HTTP/1.1.

    proxy.harm(drop_answer(), method="PUT", times=3)      # applied, and nobody hears of it
    proxy.harm(say(503), rate=0.2)                        # one call in five, by the proxy's dice
    proxy.heal()                                          # from now on all is well

The newest rule that fits and has turns left wins. `proxy.calls` tells what came, and `crossed`
names the documents on which two writes were under way at once: there must be none.
"""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from tests.faults.harms import Harm, Wire, pass_on


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came, byte for byte, and when: of `time.monotonic()`."""

    method: str
    path: str
    whole: bytes = field(repr=False)
    at: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class _Rule:
    harm: Harm
    method: str
    part: str
    times: float
    rate: float


class Proxy:
    """The proxy, in a thread of its own. Make it by `running_proxy`."""

    def __init__(self, upstream: int, *, seed: int = 0) -> None:
        self.upstream, self.calls, self.crossed = upstream, list[Call](), Counter[str]()
        self.is_away = False
        self.port = 0
        self._rules: list[_Rule] = []
        self._dice = random.Random(seed)  # noqa: S311  (dice, not a secret)
        self._under_way = Counter[str]()
        self._loop = asyncio.new_event_loop()

    @property
    def url(self) -> str:
        """Where our processes find it."""
        return f"http://127.0.0.1:{self.port}"

    def harm(
        self, harm: Harm, *, method: str = "*", part: str = "", times: float = float("inf"),
        rate: float = 1.0,
    ) -> None:  # fmt: skip
        """Do this to the calls that fit, so many times, or to a share of them."""
        self._rules.insert(0, _Rule(harm, method, part, times, rate))

    def heal(self) -> None:
        """Drop all rules, and come back where it was away."""
        self._rules, self.is_away = [], False

    def writes(self, since: float = 0.0) -> list[Call]:
        """Return the writes that came since then."""
        return [call for call in self.calls if call.method != "GET" and call.at >= since]

    def run(self, ready: threading.Event) -> None:
        """Serve until stopped."""
        asyncio.set_event_loop(self._loop)
        serving = asyncio.start_server(self._converse, "127.0.0.1", 0, backlog=512)
        server = self._loop.run_until_complete(serving)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    def stop(self) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire, upstream = Wire(reader, writer), _Upstream(lambda: self.upstream)
        with suppress(OSError, EOFError, asyncio.CancelledError):
            while not self.is_away and (call := await _receive(reader)) is not None:
                self.calls.append(call)
                async with self._counted(call):
                    if not await self._pick(call)(wire, partial(upstream.ask, call)):
                        break
        upstream.close()
        writer.close()

    @asynccontextmanager
    async def _counted(self, call: Call) -> AsyncIterator[None]:
        place = "" if call.method == "GET" else call.path
        self._under_way[place] += 1
        if place and self._under_way[place] > 1:
            self.crossed[place] += 1
        try:
            yield
        finally:
            self._under_way[place] -= 1

    def _pick(self, call: Call) -> Harm:
        for rule in list(self._rules):
            if rule.times < 1 or rule.method not in ("*", call.method):
                continue
            if rule.part in call.path and self._dice.random() < rule.rate:
                rule.times -= 1
                return rule.harm
        return pass_on


class _Upstream:
    """A connection to the sandbox, made when it is first needed and again when it broke."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, call: Call) -> bytes:
        """Return the sandbox's whole answer. Raises OSError or EOFError when it gives none."""
        if self._reader is None or self._writer is None or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port())
        self._writer.write(call.whole)
        answer = await _message(self._reader)
        if answer is None:
            raise EOFError("the sandbox has left")
        return answer

    def close(self) -> None:
        """Let go."""
        if self._writer is not None:
            self._writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes | None:
    """Return a whole message of HTTP, or None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.lower().split(b"\r\n")
    length = next((int(one[15:]) for one in lines if one.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


async def _receive(reader: asyncio.StreamReader) -> Call | None:
    whole = await _message(reader)
    if whole is None:
        return None
    method, path, _ = whole.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    return Call(method, path, whole)


@contextmanager
def running_proxy(upstream: int, *, seed: int = 0) -> Iterator[Proxy]:
    """A proxy before the sandbox at this port, for as long as the block lasts."""
    proxy, ready = Proxy(upstream, seed=seed), threading.Event()
    thread = threading.Thread(target=proxy.run, args=(ready,), daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(5)
