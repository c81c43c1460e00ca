"""Log lines that can be joined with the trail, and that hold nothing of a person.

Each carries the id of its request, and of its change where there is one. Of an exception stand its
type and where it was raised, never its words: PostgreSQL, for one, quotes the row it refuses.
"""

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TypeAlias

from consentadmin.audit import context
from consentadmin.environment import env

ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
OURS = ("route", "method", "status", "ms")


def configuration(form: str, level: str) -> dict[str, Any]:
    """Return the setting LOGGING: everything on standard error, in one form."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"scrub": {"()": Scrub}},
        "formatters": {"plain": {"()": LineFormatter}, "json": {"()": JsonFormatter}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["scrub"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {"django.request": {"level": "ERROR"}, "django.server": {"level": "WARNING"}},
    }


def route(request: Any) -> str:  # noqa: ANN401  (Django's or WSGI's)
    """Return the name of the address that was asked for: an address itself may hold a handle."""
    match = getattr(request, "resolver_match", None)
    return (match.view_name if match else "") or "-"


class Scrub(logging.Filter):
    """Takes out of Django's and Celery's records what they quote: paths, hosts, exceptions."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record where need be, and let it pass."""
        args = record.args
        if record.name == "django.security.DisallowedHost":
            record.msg, record.args = "a request for a host that is not in ALLOWED_HOSTS", ()
        elif isinstance(args, Mapping) and {"exc", "traceback"} <= set(args):
            kinds = names(record.exc_info) or ["an exception"]
            said = {"exc": kinds[0], "traceback": "", "args": "…", "kwargs": "…"}
            record.args = {**args, **said}
        elif (request := getattr(record, "request", None)) is not None and isinstance(args, tuple):
            path = getattr(request, "path", None)
            record.args = tuple(route(request) if arg == path else arg for arg in args)
        return True


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give an exception, then those that led to it, as far as they are told."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def names(exc_info: ExcInfo | None) -> list[str]:
    """Return the type of an exception, then of those that led to it."""
    if exc_info is None:
        return []
    return [f"{type(e).__module__}.{type(e).__qualname__}" for e in chain(exc_info[1])]


def stack(exc_info: ExcInfo | None) -> list[str]:
    """Return where an exception was raised: file, line and function, outermost first."""
    if exc_info is None or exc_info[2] is None:
        return []
    return [
        f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(exc_info[2])
    ]


def change_of(record: logging.LogRecord) -> int | None:
    """Return the id of the change that a line is about: its own, else the one at hand."""
    told: int | None = getattr(record, "change", None)
    return told if told is not None else context.change()


class LineFormatter(logging.Formatter):
    """A line for people: time, level, logger, ids, text."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} [{ids}] {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        change = change_of(record)
        record.ids = context.request_id() + (f" change {change}" if change is not None else "")
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802  (the library's name)
        """Return the types and the stack, without words."""
        return "\n".join(["  " + " from ".join(names(ei)), *(f"  at {line}" for line in stack(ei))])


class JsonFormatter(logging.Formatter):
    """A line for machines: one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": context.request_id(),
        }
        if (change := change_of(record)) is not None:
            line["change"] = change
        line |= {name: getattr(record, name) for name in OURS if hasattr(record, name)}
        if kinds := names(record.exc_info):
            line["exception"] = {"types": kinds, "stack": stack(record.exc_info)}
        return json.dumps(line, ensure_ascii=False)


def formatter() -> logging.Formatter:
    """Return the form that CONSENTADMIN_LOG asks for, where no settings are read: in granian."""
    return JsonFormatter() if env("CONSENTADMIN_LOG") == "json" else LineFormatter()
