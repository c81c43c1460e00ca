"""Files of lines on their way to the platform and from it, out of memory (PLATFORM.md §7).

A spool keeps its first megabyte in memory and the rest in a temporary file without a name, gone
when it is closed or the process ends. So an import is checked whole before its first byte is sent,
and a slow reader of an answer holds up no connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import TypeAlias

from consentadmin.mediarithmics.errors import Garbled, InvalidBody

Spool: TypeAlias = "SpooledTemporaryFile[bytes]"
"""A binary file."""

LARGEST_IMPORT = 100_000_000
"""Bytes of one import. D: "100 MB", read as the smaller of the two."""

LONGEST_LINE = 1_000_000
"""Bytes of one line, in either direction."""

_IN_MEMORY = 1_000_000


def new_spool() -> Spool:
    """Return an empty spool. It is a context manager and closes itself at the end."""
    return SpooledTemporaryFile(max_size=_IN_MEMORY)


def spooled(lines: Iterable[bytes] | Path) -> Spool:
    """Return a spool of the lines, each ended by a newline, or raise InvalidBody.

    Takes lines with or without their newline, or the path of a file of them; skips blank ones.
    Refuses what isn't UTF-8, what can't be a JSON object, more than LARGEST_IMPORT, and nothing.
    """
    spool = new_spool()
    try:
        _fill(spool, _lines_in(lines) if isinstance(lines, Path) else lines)
    except BaseException:
        spool.close()
        raise
    return spool


def length_of(body: bytes | Spool) -> int:
    """Return the length of a body in bytes, and set a spool to its beginning."""
    if isinstance(body, bytes):
        return len(body)
    length = body.seek(0, 2)
    body.seek(0)
    return length


class Lines(Iterator[bytes]):
    """The lines of an answer, without their newlines; blank ones are skipped.

    It closes at its last line. Whoever stops before closes it, or uses it in a ``with``.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        spool.seek(0)
        while line := spool.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise Garbled("a line too long")
        spool.seek(0)

    def __next__(self) -> bytes:
        while not self._spool.closed and (line := self._spool.readline()):
            if kept := line.strip(b"\r\n"):
                return kept
        self.close()
        raise StopIteration

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the temporary file up. Doing so twice does no harm."""
        self._spool.close()


def _fill(spool: Spool, lines: Iterable[bytes]) -> None:
    size = 0
    for line in lines:
        kept = line.strip(b" \t\r\n")
        if not kept:
            continue
        _check(kept)
        size += len(kept) + 1
        if size > LARGEST_IMPORT:
            raise InvalidBody("An import has at most 100 MB.")
        spool.write(kept + b"\n")
    if not size:
        raise InvalidBody("An import has at least one line.")


def _lines_in(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 2):  # of a longer one, enough to refuse it
            yield line


def _check(line: bytes) -> None:
    complaint = ""
    if len(line) > LONGEST_LINE:
        complaint = "A line of an import has at most 1 MB."
    elif b"\n" in line or b"\r" in line or line[:1] != b"{" or line[-1:] != b"}":
        complaint = "Each line of an import is one JSON object."
    else:
        try:
            line.decode()
        except UnicodeDecodeError:  # it holds the line: raised outside
            complaint = "An import is written in UTF-8."
    if complaint:
        raise InvalidBody(complaint)
