"""The ids of the request or task at hand, so that entries and log lines can be joined."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="-")
_change: ContextVar[int | None] = ContextVar("change", default=None)


def request_id() -> str:
    """Return the id of the request or task at hand, or "-" outside of one."""
    return _current.get()


def change() -> int | None:
    """Return the id of the change that is being carried out, or None."""
    return _change.get()


@contextmanager
def request(identity: str, *, change: int | None = None) -> Iterator[None]:
    """Run a block as the request or task of this id, and of this change where there is one."""
    token, held = _current.set(identity), _change.set(change)
    try:
        yield
    finally:
        _change.reset(held)
        _current.reset(token)
