"""When a read is asked again, and how long to wait before (PLATFORM.md §1, FAULTS cell 14).

Only reads: whether a write is repeated is the pipeline's to decide, never the client's.
"""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from consentadmin.mediarithmics.errors import Busy, PlatformError, Silent, Unreachable

LONGEST_WAIT = 3600.0
"""Seconds. A platform that asks for more is taken at this: nobody plans for thirty years."""

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a read is asked again, with full jitter. Times in seconds."""

    retries: int = 2
    first_pause: float = 0.1
    longest_pause: float = 2.0

    def pause(self, error: PlatformError, *, failures: int, left: float) -> float | None:
        """Return the seconds to wait before asking again, or None when to give up.

        `failures` counts from 1; `left` is what remains of the deadline. A `Retry-After` is kept
        to if it fits into what is left; if it doesn't, there is no use in asking.
        """
        if failures > self.retries or not isinstance(error, Busy | Silent | Unreachable):
            return None
        ceiling = min(self.longest_pause, self.first_pause * 2.0 ** (failures - 1))
        pause = random.uniform(0.0, ceiling)  # noqa: S311 - jitter, not a secret
        if isinstance(error, Busy) and error.retry_after is not None:
            pause = max(pause, error.retry_after)
        return pause if pause < left else None


def read_retry_after(value: str | None, *, date: str | None = None) -> float | None:
    """Return the seconds that a `Retry-After` asks for, or None if it is absent or nonsense.

    Takes seconds or an HTTP date (measured against the answer's own `Date`, so that a wrong clock
    does no harm). A date gone by is 0; a negative number is nonsense; LONGEST_WAIT is the most.
    """
    text = (value or "").strip()
    if not text or len(text) > 4000:
        return None
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_WAIT)
    until = _read_date(text)
    if until is None:
        return None
    now = _read_date(date or "")
    return min(max(until - (time.time() if now is None else now), 0.0), LONGEST_WAIT)


def _read_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
