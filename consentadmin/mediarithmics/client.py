"""The platform's API, one method an endpoint (PLATFORM.md). It leaks no HTTP: values or our errors.

- Reads are asked again by the retry policy, within the deadline; writes are sent once, ever.
- `deadline` is in seconds, for the whole call with its retries and pages; None: `Timeouts.total`.
- Ids are strings. Times are milliseconds since the epoch, UTC.
- A client may be shared by threads and lives long; after a fork it goes on with new connections.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from typing import NoReturn, ParamSpec, TypeVar

from consentadmin.mediarithmics.answers import check_written, error_for, parse_envelope
from consentadmin.mediarithmics.errors import (
    Busy,
    Garbled,
    NotFound,
    PlatformError,
    Silent,
    Unreachable,
)
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.identifiers import Identifiers, read_identifiers
from consentadmin.mediarithmics.lists import PAGE, read_whole
from consentadmin.mediarithmics.paths import choice_path, one, person, profile_path, query, under
from consentadmin.mediarithmics.retry import RetryPolicy
from consentadmin.mediarithmics.selectors import Selector
from consentadmin.mediarithmics.shapes import (
    Channel,
    Choice,
    Compartment,
    Datamart,
    Organisation,
    Processing,
    Profile,
    read_channel,
    read_choice,
    read_compartment,
    read_datamart,
    read_organisation,
    read_processing,
    read_profile,
)
from consentadmin.mediarithmics.transport import Answer, Outgoing, Timeouts, Transport

__all__ = ["Client", "RetryPolicy", "Timeouts"]

EARLIEST_TS = 100_000_000_000
"""Milliseconds. What is less must be seconds by mistake (PLATFORM.md §1)."""

_P = ParamSpec("_P")
_R = TypeVar("_R")
_TIMEOUTS, _READS = Timeouts(), RetryPolicy()


def _bare(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let an error of ours leave without the frames below: what they hold is personal."""

    @functools.wraps(method)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except PlatformError as error:
            failure = error.with_traceback(None)
        del args, kwargs
        raise failure  # here, not above: nothing is its context

    return call


class Client:
    """The platform as one API token sees it, at one base URL (with or without its ``/v1``)."""

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

    # Referentials (PLATFORM.md §8)

    @_bare
    def datamart(self, datamart: str, *, deadline: float | None = None) -> Datamart:
        return read_datamart(self._one(one("datamarts", datamart), deadline))

    @_bare
    def datamarts(
        self, organisation: str, *, deadline: float | None = None
    ) -> tuple[Datamart, ...]:
        path = query("datamarts", organisation_id=organisation)
        return tuple(read_datamart(found) for found in self._all(path, deadline))

    @_bare
    def organisation(self, organisation: str, *, deadline: float | None = None) -> Organisation:
        return read_organisation(self._one(one("organisations", organisation), deadline))

    @_bare
    def processings(
        self, community: str, *, deadline: float | None = None
    ) -> tuple[Processing, ...]:
        """Return all processings of a community, archived ones too, every page of them."""
        path = query("processings", community_id=community)
        return tuple(read_processing(found) for found in self._all(path, deadline))

    @_bare
    def compartments(
        self, datamart: str, *, deadline: float | None = None
    ) -> tuple[Compartment, ...]:
        path = under(one("datamarts", datamart), "compartments")
        return tuple(read_compartment(found) for found in self._all(path, deadline))

    @_bare
    def channels(self, organisation: str, *, deadline: float | None = None) -> tuple[Channel, ...]:
        path = query("channels", organisation_id=organisation)
        return tuple(read_channel(found) for found in self._all(path, deadline))

    # One person (PLATFORM.md §3 to §5). NotFound: unknown person, or no such document.

    @_bare
    def identifiers(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> Identifiers:
        path = person(datamart, selector, "user_identifiers")
        return read_identifiers(self._all(path, deadline))

    @_bare
    def choices(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> tuple[Choice, ...]:
        path = person(datamart, selector, "user_choices")
        return tuple(read_choice(found) for found in self._all(path, deadline))

    @_bare
    def choice(
        self, datamart: str, selector: Selector, processing: str, *, deadline: float | None = None
    ) -> Choice:
        """Return the current choice. The platform may answer one or a list of them."""
        data = self._one(choice_path(datamart, selector, processing), deadline)
        if not isinstance(data, list):
            return read_choice(data, processing=processing)
        found = [read_choice(each, processing=processing) for each in data]
        if not found:
            raise NotFound(status=200)
        return max(found, key=_age)

    @_bare
    def choice_log(
        self, datamart: str, selector: Selector, processing: str, *, deadline: float | None = None
    ) -> tuple[Choice, ...]:
        """Return every record of a choice, the newest first by `choice_ts`, then `creation_ts`."""
        path = under(choice_path(datamart, selector, processing), "change_log")
        records = [read_choice(each, processing=processing) for each in self._all(path, deadline)]
        return tuple(sorted(records, key=_age, reverse=True))

    @_bare
    def profiles(
        self, datamart: str, selector: Selector, *, deadline: float | None = None
    ) -> tuple[Profile, ...]:
        path = person(datamart, selector, "user_profiles")
        return tuple(read_profile(found) for found in self._all(path, deadline))

    @_bare
    def profile(
        self,
        datamart: str,
        selector: Selector,
        compartment: str,
        account: str | None = None,
        *,
        deadline: float | None = None,
    ) -> Profile:
        """Return a profile: of the account, or of the compartment where no account is named."""
        data = self._one(profile_path(datamart, selector, compartment, account), deadline)
        if not isinstance(data, list):
            return read_profile(data)
        if not data:
            raise NotFound(status=200)
        if len(data) > 1:
            raise Garbled("several profiles for one")
        return read_profile(data[0])

    # Writes. A return means "2xx", nothing more: read back before saying that it is done.

    @_bare
    def put_choice(
        self,
        datamart: str,
        selector: Selector,
        processing: str,
        *,
        accepted: bool,
        choice_ts: int,
        customs: Mapping[str, Json],
        deadline: float | None = None,
    ) -> None:
        """Send a choice, once. `customs` are the whole of the custom fields, not an addition."""
        body = _choice_body(accepted=accepted, choice_ts=choice_ts, customs=customs)
        path = choice_path(datamart, selector, processing)
        self._write(Outgoing("PUT", path, body), deadline)

    @_bare
    def delete_choice(
        self, datamart: str, selector: Selector, processing: str, *, deadline: float | None = None
    ) -> None:
        """Ask, once, that a choice be deleted."""
        self._write(Outgoing("DELETE", choice_path(datamart, selector, processing)), deadline)

    # How it is asked

    def _one(self, path: str, deadline: float | None) -> Json:
        return self._read(Outgoing("GET", path), self._end(deadline))["data"]

    def _all(self, path: str, deadline: float | None) -> list[Json]:
        ends_at, joint = self._end(deadline), "&" if "?" in path else "?"

        def page_at(first: int) -> Mapping[str, Json]:
            paged = f"{path}{joint}first_result={first}&max_results={PAGE}"
            return self._read(Outgoing("GET", paged), ends_at)

        return read_whole(page_at)

    def _read(self, outgoing: Outgoing, ends_at: float) -> Mapping[str, Json]:
        failures = 0
        while True:
            try:
                answer = self._transport.send(outgoing, ends_at=ends_at, fresh=failures > 0)
                return parse_envelope(_well(answer).body, status=answer.status)
            except (Busy, Silent, Unreachable) as error:
                failures += 1
                left = ends_at - time.monotonic()
                pause = self._reads.pause(error, failures=failures, left=left)
                if pause is None:
                    raise
            time.sleep(pause)

    def _write(self, outgoing: Outgoing, deadline: float | None) -> None:
        answer = self._transport.send(outgoing, ends_at=self._end(deadline))
        check_written(_well(answer).body, status=answer.status)

    def _end(self, deadline: float | None) -> float:
        return time.monotonic() + (self._total if deadline is None else deadline)


def _well(answer: Answer) -> Answer:
    if not 200 <= answer.status < 300:
        raise error_for(answer.status, answer.headers, answer.body)
    return answer


def _age(choice: Choice) -> tuple[int, int]:
    return choice.choice_ts, choice.creation_ts or 0


def _choice_body(*, accepted: bool, choice_ts: int, customs: Mapping[str, Json]) -> bytes:
    if choice_ts < EARLIEST_TS:
        raise ValueError("choice_ts is in milliseconds")
    if any(name.startswith("$") for name in customs):
        raise ValueError("a custom field's name does not begin with $")
    body = {**customs, "$choice_ts": choice_ts, "$choice_acceptance_value": accepted}
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode("ascii")
