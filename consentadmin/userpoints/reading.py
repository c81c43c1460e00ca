"""Calls side by side, within a deadline and a bulkhead, so that a page costs one round trip.

A platform that hangs must not hang the house: a page waits at most READ_DEADLINE seconds, and at
most PAGES pages of a process wait at once; further ones are told at once that the platform is busy.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.conf import settings

from consentadmin.mediarithmics.errors import Busy, NotFound, PlatformError, Silent

PAGES = 3
PATIENCE = 0.5

T = TypeVar("T")
_pages = threading.BoundedSemaphore(PAGES)


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """What one call of a page brought: a value, or the error that stands in its place."""

    value: T | None = None
    error: PlatformError | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the platform said that there is no such thing."""
        return isinstance(self.error, NotFound)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=settings.READ_WIDTH, thread_name_prefix="platform-read")


class Asked:
    """Calls under way: what the platform is busy with while we do something else.

    Every `Asked` must be waited for (`sections`), which gives its place in the bulkhead back.
    """

    def __init__(self, calls: Mapping[str, Callable[[float], Any]]) -> None:
        """Make the calls at once, each given its deadline in seconds. None touches the database."""
        self._until = time.monotonic() + settings.READ_DEADLINE
        self._names = list(calls)
        self._has_place = _pages.acquire(timeout=PATIENCE)
        self._futures: dict[str, Future[Any]] = {}
        if self._has_place:
            self._futures = {
                name: _pool().submit(_call, call, self._until) for name, call in calls.items()
            }

    def sections(self) -> dict[str, Section[Any]]:
        """Wait, and return what each call brought. The platform's errors are in the sections."""
        if not self._has_place:
            return {name: Section(error=Busy()) for name in self._names}
        try:
            wait(self._futures.values(), timeout=max(self._until - time.monotonic(), 0))
            return {name: _section(future) for name, future in self._futures.items()}
        finally:
            self._has_place = False
            _pages.release()


@contextmanager
def asking(calls: Mapping[str, Callable[[float], Any]]) -> Iterator[Asked]:
    """Run a block while the calls are under way; whatever becomes of it, they are waited for."""
    asked = Asked(calls)
    try:
        yield asked
    except BaseException:
        asked.sections()
        raise


def side_by_side(calls: Mapping[str, Callable[[float], Any]]) -> dict[str, Section[Any]]:
    """Make the calls at once and return what each brought."""
    return Asked(calls).sections()


def _call(call: Callable[[float], T], until: float) -> T:
    left = until - time.monotonic()
    if left <= 0:
        raise Silent
    return call(left)


def _section(future: "Future[Any]") -> Section[Any]:
    if not future.done():
        future.cancel()
        return Section(error=Silent())
    try:
        return Section(value=future.result())
    except PlatformError as error:
        return Section(error=error)
