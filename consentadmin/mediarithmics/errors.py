"""The one vocabulary of what can go wrong when the platform is asked: a class for each thing to do.

What a caller may rely on:

- ``str(error)``, ``repr(error)`` and ``error.args`` are fixed sentences, safe in a log or an alarm:
  no API token, selector, address or body is ever in them, nor in ``__cause__`` or ``__context__``.
- ``error.message`` is what the platform itself said. It may name a person: show it to staff, never
  log it. It is dropped when an error is pickled.
- ``error.error_id`` is what the platform's support asks for (PLATFORM.md §1).
- Only ``Unreachable`` proves that nothing was sent. After ``Silent`` or ``Garbled`` a write may
  have been applied: read back before anything else.
"""

from __future__ import annotations

from typing import Any, ClassVar


class PlatformError(Exception):
    """A call that gave no usable answer. Catch a subclass; each is one thing a caller can do."""

    sentence: ClassVar[str] = "The platform gave no usable answer."

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        error_id: str | None = None,
        error_code: str | None = None,
    ) -> None:
        super().__init__(self.sentence)
        self.message = message
        self.status = status
        self.error_id = error_id
        self.error_code = error_code

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"{type(self).__name__}(status={self.status!r}, error_id={self.error_id!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (), {**self.__dict__, "message": ""}


class NotFound(PlatformError):
    """404: unknown person, or no such document. Ask `identifiers` before telling anybody which."""

    sentence = "The platform knows nothing under what was asked for."


class Declined(PlatformError):
    """400, 405, 413, 422 and any other 4xx: asking again the same way is of no use."""

    sentence = "The platform declined what was asked."


class Conflicted(PlatformError):
    """409 or 412: somebody else changed it in the meantime. Read, then let a person decide."""

    sentence = "The platform holds something else by now."


class TokenRefused(PlatformError):
    """401: the API token is wrong, absent or expired. Pause the datamart; a person must act."""

    sentence = "The platform refused the API token."


class Denied(PlatformError):
    """403: the API token has no right to this. Pause the datamart; a person must act."""

    sentence = "The API token has no right to this on the platform."


class Busy(PlatformError):
    """408, 425, 429 or 5xx: try again later.

    `retry_after` is in seconds from now, between 0 and `retry.LONGEST_WAIT`, or None when the
    platform did not say (or said nonsense).
    """

    sentence = "The platform is busy or out of order."

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        error_id: str | None = None,
        error_code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, error_id=error_id, error_code=error_code)
        self.retry_after = retry_after


class Unreachable(PlatformError):
    """Nothing was sent: refused connection, DNS, connect time-out, TLS handshake, or a proxy's 407.

    Try again later; a write was certainly not applied.
    """

    sentence = "The platform could not be reached."


class Silent(PlatformError):
    """Sent, but no whole answer: read time-out, total deadline, reset, cut body.

    A write may have been applied: its outcome is unknown until it is read back.
    """

    sentence = "The platform did not answer in full."


class Garbled(PlatformError):
    """An answer that can't be understood: HTML, half a JSON, wrong types, a redirect, oversize.

    A write may have been applied: its outcome is unknown until it is read back.
    """

    sentence = "The platform's answer could not be understood."


class InvalidBody(ValueError):
    """What was to be written can't be sent as JSON. `str()` is a sentence that quotes nothing."""


class InvalidFilter(ValueError):
    """What was asked for can't be written as a filter. `str()` is a sentence and quotes nothing."""


class InvalidSelector(ValueError):
    """What was typed can't name anybody. `str()` is a sentence for the field; it quotes nothing."""
