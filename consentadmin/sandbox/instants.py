"""Reads the instants that bodies bear: milliseconds since the epoch, UTC (PLATFORM §1)."""

from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import bad_request

_LEAST_MS = 100_000_000_000  # a smaller number must be seconds (PLATFORM §1)
_MOST_MS = 2**63 - 1


def instant(value: object, name: str, decisions: Decisions) -> int:
    """Return milliseconds, given as an integer or a quoted one, or raise a 400 naming the field."""
    ts = _whole_number(value, name, decisions)
    if ts < _LEAST_MS and not (decisions.accepts_seconds and ts >= 0):
        raise bad_request(f"{name} must be in milliseconds since the epoch")
    if ts > _MOST_MS:
        raise bad_request(f"{name} must fit in 64 bits")
    return ts


def _whole_number(value: object, name: str, decisions: Decisions) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer() and decisions.accepts_floats:
        return int(value)
    raise bad_request(f"{name} must be a whole number")
