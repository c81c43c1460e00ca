"""What is done to a call on its way between our processes and the sandbox (`proxy.py`)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Ask: TypeAlias = Callable[[], Awaitable[bytes]]
"""Asks the sandbox, and returns its whole answer."""


@dataclass(slots=True)
class Wire:
    """The connection to our process."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def wait_till_left(self) -> None:
        """Wait until whoever called hangs up."""
        while await self.reader.read(65_536):
            pass


Harm: TypeAlias = Callable[[Wire, Ask], Awaitable[bool]]
"""What is done to a call: it may ask the sandbox, and returns whether the connection is kept."""


async def pass_on(wire: Wire, ask: Ask) -> bool:
    """Do no harm."""
    await wire.say(await ask())
    return True


def delay(seconds: float) -> Harm:
    """Be slow."""

    async def harm(wire: Wire, ask: Ask) -> bool:
        await asyncio.sleep(seconds)
        return await pass_on(wire, ask)

    return harm


def drop_request() -> Harm:
    """Let the call come to nothing, and say nothing."""

    async def harm(wire: Wire, ask: Ask) -> bool:
        await wire.wait_till_left()
        return False

    return harm


def drop_answer(after: bytes = b"") -> Harm:
    """Let the call be applied, and say nothing after these bytes."""

    async def harm(wire: Wire, ask: Ask) -> bool:
        await ask()
        await wire.say(after)
        await wire.wait_till_left()
        return False

    return harm


def reset(*, applied: bool, share: float = 0.0) -> Harm:
    """Reset the connection, after this share of the answer where the call was applied."""

    async def harm(wire: Wire, ask: Ask) -> bool:
        answer = await ask() if applied else b""
        await wire.say(answer[: int(len(answer) * share)])
        sock = wire.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wire.writer.transport.abort()
        return False

    return harm


def half(*, applied: bool = True) -> Harm:
    """Send half of the answer and hang up in good order."""

    async def harm(wire: Wire, ask: Ask) -> bool:
        answer = await ask()
        await wire.say(answer[: len(answer) - len(answer) // 4])
        return False

    return harm


def drip(interval: float) -> Harm:
    """Have it applied, and send the answer by the byte."""

    async def harm(wire: Wire, ask: Ask) -> bool:
        for byte in await ask():
            await wire.say(bytes([byte]))
            await asyncio.sleep(interval)
        return True

    return harm


def never_ending() -> Harm:
    """Have it applied, and answer a body that goes on for ever."""

    async def harm(wire: Wire, ask: Ask) -> bool:
        await ask()
        await wire.say(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[")
        while True:
            await wire.say(b"1," * 20_000)

    return harm


def say(
    status: int,
    body: bytes = b"",
    *,
    applied: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Harm:
    """Answer this, whether or not the call is applied."""
    fields = {"content-type": "application/json", "content-length": str(len(body))}
    fields |= dict(headers or {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    answer = f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body

    async def harm(wire: Wire, ask: Ask) -> bool:
        if applied:
            await ask()
        await wire.say(answer)
        return True

    return harm
