"""Reading settings from the environment (12-factor), each also from the file that NAME_FILE names.

In production (DEBUG off) what is missing, or is meant for development, stops the start with a
sentence that names it. No sentence holds a value: it may be a secret.
"""

import ipaddress
import os
import re
from pathlib import Path
from typing import TypeAlias

from django.core.exceptions import ImproperlyConfigured

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def env(name: str, default: str = "") -> str:
    """Return the value of NAME, or what the file named by NAME_FILE holds, or the default."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names a file that can't be read: {error.strerror}."
            ) from None
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Return whether NAME says yes: 1, true, yes or on."""
    return env(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def seconds(name: str, default: float) -> float:
    """Return NAME as a number of seconds; a value that is no number stops the start."""
    try:
        return float(env(name, str(default)))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number of seconds.") from None


def whole(name: str, default: int) -> int:
    """Return NAME as a whole number, 0 or more; anything else stops the start."""
    given = env(name, str(default))
    if not given.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, 0 or more.")
    return int(given)


def choice(name: str, *known: str) -> str:
    """Return NAME, one of a few known words, the first by default."""
    given = env(name, known[0])
    if given not in known:
        raise ImproperlyConfigured(f"{name} must be one of: {', '.join(known)}.")
    return given


def words(name: str, default: str = "") -> list[str]:
    """Return the comma-separated parts of NAME."""
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def bucket(name: str) -> tuple[str, str] | None:
    """Return NAME (s3://bucket/prefix) as a bucket and what each name in it begins with."""
    if not (given := env(name)):
        return None
    found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]+)(?:/(.*?))?/*", given)
    if not found:
        raise ImproperlyConfigured(f"{name} must be s3://bucket or s3://bucket/prefix.")
    return found[1], f"{found[2]}/" if found[2] else ""


def pair(name: str, other: str) -> tuple[str, str]:
    """Return two values, of which one makes no sense without the other."""
    found = env(name), env(other)
    if bool(found[0]) != bool(found[1]):
        raise ImproperlyConfigured(f"Set both {name} and {other}, or neither.")
    return found


def vkeys(name: str) -> list[str]:
    """Return NAME as verifier keys (C2SP signed-note: name+id+base64), comma-separated."""
    found = words(name)
    if not all(re.fullmatch(r"[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43}=", part) for part in found):
        raise ImproperlyConfigured(f"{name} must be verifier keys (name+id+base64).")
    return found


def networks(name: str) -> list[Network]:
    """Return NAME as networks; an address alone is a network of one."""
    try:
        return [ipaddress.ip_network(part) for part in words(name)]
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be addresses or networks (10.0.0.0/8), comma-separated."
        ) from None


DEBUG = flag("DEBUG", default=False)


def needed(name: str, what: str, for_debug: str) -> str:
    """Return NAME, which production can't do without; DEBUG has a value of its own."""
    if value := env(name) or (for_debug if DEBUG else ""):
        return value
    raise ImproperlyConfigured(f"{name} is not set. Set {what}, or {name}_FILE to a file with it.")


def secret(name: str, what: str, for_debug: str) -> str:
    """Return the secret NAME; production refuses the value that everybody knows."""
    value = needed(name, what, for_debug)
    if not DEBUG and value == for_debug:
        raise ImproperlyConfigured(f"{name} holds the value meant for development. Set {what}.")
    return value
