"""Reads selectors off the raw path (PLATFORM §2).

The path is split on its raw structure first (`/`, then `,`, then the first `=`), and only then is
each value percent-decoded: on a decoded path, nobody could tell an account id with `/` or `,` in
it from the structure around it.
"""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from consentadmin.sandbox.problems import UnreadablePath

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SINGLE_NAMES = frozenset({"user_point_id", "user_agent_id", "email_hash"})


class Selector(NamedTuple):
    """What names a person: `scope` is the compartment of an account, otherwise empty."""

    kind: str
    scope: str
    value: str


def decoded(raw: str) -> str:
    """Percent-decode one value, strictly; a `+` stays a plus."""
    if "%" not in raw and raw.isascii():
        return raw
    if _STRAY_PERCENT.search(raw):
        raise UnreadablePath("Malformed percent-encoding in the path")
    try:
        return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadablePath("The path is not UTF-8") from None


def decoded_before_splitting(raw_path: str) -> str:
    """Return a path as a server sees it that decodes first: an encoded `/`, `,` or `=` splits it.

    Whatever else was encoded is so again, for `decoded` to read.
    """
    return quote(unquote_to_bytes(raw_path.encode("latin-1")), safe="/,=:")


def parsed(raw: str) -> Selector:
    """Read the segment after `user_points/`, in any of the documented forms."""
    if "," in raw:
        compartment, _, of_account = raw.partition(",")
        return account(compartment, of_account)
    name, equals, value = raw.partition("=")
    if not equals:
        return Selector("user_point_id", "", decoded(raw))
    if name not in _SINGLE_NAMES:
        raise UnreadablePath("Unknown user point selector")
    return Selector(name, "", _not_empty(decoded(value), name))


def account(raw_compartment: str, raw_account: str) -> Selector:
    """Read the pair that names an account, and its profile."""
    return Selector(
        "user_account_id",
        named(raw_compartment, "compartment_id"),
        named(raw_account, "user_account_id"),
    )


def named(raw: str, name: str) -> str:
    """Return the value of a `name=value` segment that must bear this name."""
    found, equals, value = raw.partition("=")
    if found != name or not equals:
        raise UnreadablePath(f"{name} is expected in the path")
    if "," in value:
        raise UnreadablePath(f"A comma inside {name} must be percent-encoded")
    return _not_empty(decoded(value), name)


def _not_empty(value: str, name: str) -> str:
    if not value:
        raise UnreadablePath(f"{name} is empty")
    return value
