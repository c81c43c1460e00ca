"""How the platform is asked: a read again by the retry policy, a write once, ever.

`bare` keeps what is personal out of the errors that leave; each endpoint of the client bears it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from typing import NoReturn, ParamSpec, TypeVar

from consentadmin.mediarithmics.answers import check_written, error_for, parse_envelope
from consentadmin.mediarithmics.errors import (
    Busy,
    InvalidBody,
    InvalidFilter,
    InvalidSelector,
    PlatformError,
    Silent,
    Unreachable,
)
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.lists import PAGE, read_whole
from consentadmin.mediarithmics.retry import RetryPolicy
from consentadmin.mediarithmics.spools import Spool
from consentadmin.mediarithmics.transport import Answer, Outgoing, Timeouts, Transport

_P = ParamSpec("_P")
_R = TypeVar("_R")
_TIMEOUTS, _READS = Timeouts(), RetryPolicy()


def bare(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let an error of ours leave without the frames below: what they hold is personal."""

    @functools.wraps(method)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except (PlatformError, InvalidBody, InvalidFilter, InvalidSelector) as error:
            failure = error.with_traceback(None)
        del args, kwargs
        raise failure  # here, not above: nothing is its context

    return call


class Asking:
    """Reads and writes with one API token, at one base URL (with or without its ``/v1``)."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeouts: Timeouts = _TIMEOUTS,
        reads: RetryPolicy = _READS,
        trust_env: bool = True,
        pool_size: int = 16,
    ) -> None:
        self._transport = Transport(
            base_url=base_url,
            token=token,
            timeouts=timeouts,
            trust_env=trust_env,
            pool_size=pool_size,
        )
        self._total = timeouts.total
        self._reads = reads

    def __repr__(self) -> str:
        return f"<Client of {self._transport.base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds an API token and is not pickled")

    def close(self) -> None:
        """Close the kept-alive connections."""
        self._transport.close()

    def _one(self, path: str, deadline: float | None) -> Json:
        return self._read(Outgoing("GET", path), self._end(deadline))["data"]

    def _all(self, path: str, deadline: float | None) -> list[Json]:
        ends_at, joint = self._end(deadline), "&" if "?" in path else "?"

        def page_at(first: int) -> Mapping[str, Json]:
            paged = f"{path}{joint}first_result={first}&max_results={PAGE}"
            return self._read(Outgoing("GET", paged), ends_at)

        return read_whole(page_at)

    def _read(self, outgoing: Outgoing, ends_at: float) -> Mapping[str, Json]:
        answer = self._fetch(outgoing, ends_at)
        return parse_envelope(answer.body, status=answer.status)

    def _fetch(self, outgoing: Outgoing, ends_at: float, into: Spool | None = None) -> Answer:
        """Ask until it goes well, by the retry policy; into a spool if one is given."""
        failures = 0
        while True:
            try:
                answer = self._transport.send(
                    outgoing, ends_at=ends_at, fresh=failures > 0, into=into
                )
                return _well(answer)
            except (Busy, Silent, Unreachable) as error:
                failures += 1
                left = ends_at - time.monotonic()
                pause = self._reads.pause(error, failures=failures, left=left)
                if pause is None:
                    raise
            time.sleep(pause)
            if into is not None:
                into.seek(0)
                into.truncate()

    def _write(self, outgoing: Outgoing, deadline: float | None) -> None:
        answer = self._transport.send(outgoing, ends_at=self._end(deadline))
        check_written(_well(answer).body, status=answer.status)

    def _write_and_read(self, outgoing: Outgoing, deadline: float | None) -> Json:
        """Send a write, once, whose answer is needed: what it made, by its id."""
        answer = self._transport.send(outgoing, ends_at=self._end(deadline))
        return parse_envelope(_well(answer).body, status=answer.status)["data"]

    def _end(self, deadline: float | None) -> float:
        return time.monotonic() + (self._total if deadline is None else deadline)


def _well(answer: Answer) -> Answer:
    if not 200 <= answer.status < 300:
        raise error_for(answer.status, answer.headers, answer.body)
    return answer
