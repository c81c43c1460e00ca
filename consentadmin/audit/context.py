"""The id of the request or task at hand, so that entries and log lines can be joined."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="-")


def request_id() -> str:
    """Return the id of the request or task at hand, or "-" outside of one."""
    return _current.get()


@contextmanager
def request(identity: str) -> Iterator[None]:
    """Run a block as the request or task of this id."""
    token = _current.set(identity)
    try:
        yield
    finally:
        _current.reset(token)
