"""Calls side by side, within a deadline and a bulkhead, so that a page costs one round trip.

A platform that hangs must not hang the house: a page waits at most READ_DEADLINE seconds, and at
most PAGES pages of a process wait at once; further ones are told at once that the platform is busy.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
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


def side_by_side(calls: Mapping[str, Callable[[float], Any]]) -> dict[str, Section[Any]]:
    """Make the calls at once, each given its deadline in seconds, and return what each brought.

    No call touches the database. Raises nothing of the platform's: errors are in the sections.
    """
    if not _pages.acquire(timeout=PATIENCE):
        return {name: Section(error=Busy()) for name in calls}
    try:
        until = time.monotonic() + settings.READ_DEADLINE
        futures = {name: _pool().submit(_call, call, until) for name, call in calls.items()}
        wait(futures.values(), timeout=settings.READ_DEADLINE)
        return {name: _section(future) for name, future in futures.items()}
    finally:
        _pages.release()


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
