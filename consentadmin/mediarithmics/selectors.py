"""How a person is named to the platform (PLATFORM.md §2), and what somebody may have typed.

A selector's value is personal: it is in no repr, and leaves this module only by `path()` (for the
wire) and `to_json()` (for storing, encrypted). A form given by hand is never refused because its
shape is unknown to us: `recognise` guesses, `selector_for` obeys.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, TypeAlias
from urllib.parse import quote

from consentadmin.mediarithmics.errors import InvalidSelector
from consentadmin.mediarithmics.hashing import HashRule

LONGEST = 512
"""The longest text, in characters, that is taken for an identifier."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_AGENT = re.compile(r"(vec|udp|net|tech|etag):.+", re.IGNORECASE | re.DOTALL)
_PREFIXED = re.compile(r"[A-Za-z]+:.+", re.DOTALL)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_HEX = re.compile(r"[0-9a-fA-F]+")
_HASH_LENGTHS = frozenset({32, 40, 64, 96, 128})
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"


class SelectorKind(StrEnum):
    """The forms in which the platform takes a person's name."""

    USER_POINT = "USER_POINT"
    USER_AGENT = "USER_AGENT"
    EMAIL_HASH = "EMAIL_HASH"
    USER_ACCOUNT = "USER_ACCOUNT"


class Typed(StrEnum):
    """What a text typed by a person is taken for. EMAIL is a clear address: it is hashed by us."""

    USER_POINT = "USER_POINT"
    USER_AGENT = "USER_AGENT"
    EMAIL = "EMAIL"
    EMAIL_HASH = "EMAIL_HASH"
    USER_ACCOUNT = "USER_ACCOUNT"


def encode(value: str) -> str:
    """Percent-encode one value for a path: everything but letters, digits and ``-._~``."""
    return quote(value, safe="")


def _require(*values: str) -> None:
    if not all(isinstance(value, str) and value for value in values):
        raise InvalidSelector("Part of the identifier is missing.")
    if any("\ud800" <= character <= "\udfff" for value in values for character in value):
        raise InvalidSelector("The identifier can't be written as UTF-8.")


@dataclass(frozen=True, slots=True)
class PointSelector:
    """A user point id. Sent as ``user_point_id=…``, so that no id can be read as a dot segment."""

    kind: ClassVar[SelectorKind] = SelectorKind.USER_POINT
    point: str = field(repr=False)

    def __post_init__(self) -> None:
        _require(self.point)

    def path(self) -> str:
        return f"user_point_id={encode(self.point)}"

    def to_json(self) -> dict[str, str]:
        return {"kind": self.kind.value, "point": self.point}


@dataclass(frozen=True, slots=True)
class AgentSelector:
    """A user agent id: a browser vector, a device point, a network's id."""

    kind: ClassVar[SelectorKind] = SelectorKind.USER_AGENT
    agent: str = field(repr=False)

    def __post_init__(self) -> None:
        _require(self.agent)

    def path(self) -> str:
        return f"user_agent_id={encode(self.agent)}"

    def to_json(self) -> dict[str, str]:
        return {"kind": self.kind.value, "agent": self.agent}


@dataclass(frozen=True, slots=True)
class EmailHashSelector:
    """A hashed e-mail address, as the datamart's rule makes it."""

    kind: ClassVar[SelectorKind] = SelectorKind.EMAIL_HASH
    hash: str = field(repr=False)

    def __post_init__(self) -> None:
        _require(self.hash)

    def path(self) -> str:
        return f"email_hash={encode(self.hash)}"

    def to_json(self) -> dict[str, str]:
        return {"kind": self.kind.value, "hash": self.hash}


@dataclass(frozen=True, slots=True)
class AccountSelector:
    """An account in a compartment. In a selector a comma joins the pair."""

    kind: ClassVar[SelectorKind] = SelectorKind.USER_ACCOUNT
    compartment: str
    account: str = field(repr=False)

    def __post_init__(self) -> None:
        _require(self.compartment, self.account)

    def path(self) -> str:
        return f"compartment_id={encode(self.compartment)},user_account_id={encode(self.account)}"

    def to_json(self) -> dict[str, str]:
        return {
            "kind": self.kind.value,
            "compartment": self.compartment,
            "account": self.account,
        }


Selector: TypeAlias = PointSelector | AgentSelector | EmailHashSelector | AccountSelector


def selector_from_json(stored: Mapping[str, object]) -> Selector:
    """Return the selector that `to_json` made this of, or raise InvalidSelector."""

    def part(name: str) -> str:
        value = stored.get(name)
        if not isinstance(value, str):
            raise InvalidSelector("The stored identifier is damaged.")
        return value

    match stored.get("kind"):
        case SelectorKind.USER_POINT:
            return PointSelector(part("point"))
        case SelectorKind.USER_AGENT:
            return AgentSelector(part("agent"))
        case SelectorKind.EMAIL_HASH:
            return EmailHashSelector(part("hash"))
        case SelectorKind.USER_ACCOUNT:
            return AccountSelector(part("compartment"), part("account"))
    raise InvalidSelector("The stored identifier is of an unknown kind.")


def clean(text: str) -> str:
    """Return the text without blanks and invisible marks around it, or raise InvalidSelector."""
    text = text.strip().strip(_INVISIBLE).strip()
    if not text:
        raise InvalidSelector("Type an identifier.")
    if len(text) > LONGEST:
        raise InvalidSelector(f"An identifier has at most {LONGEST} characters.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidSelector("An identifier has no line breaks or control characters.")
    return text


def _without_mailto(text: str) -> str:
    return text[7:] if text[:7].lower() == "mailto:" else text


def recognise(text: str) -> Typed:
    """Return what a typed text most likely is, or raise InvalidSelector for what can't be any."""
    text = clean(text)
    if _UUID.fullmatch(text):
        return Typed.USER_POINT
    if _AGENT.fullmatch(text):
        return Typed.USER_AGENT
    if _ADDRESS.fullmatch(_without_mailto(text)):
        return Typed.EMAIL
    if _PREFIXED.fullmatch(text):
        return Typed.USER_AGENT
    if len(text) in _HASH_LENGTHS and _HEX.fullmatch(text):
        return Typed.EMAIL_HASH
    return Typed.USER_ACCOUNT


def selector_for(
    kind: Typed, text: str, compartment: str | None = None, rule: HashRule | None = None
) -> Selector:
    """Return the selector for a text whose kind is known, or raise InvalidSelector with a sentence.

    An address is hashed by `rule` and goes no further; a rule of NONE raises HashingOff. UUIDs and
    hashes are lower-cased, everything else is sent as typed.
    """
    text = clean(text)
    match kind:
        case Typed.USER_POINT:
            return PointSelector(text.lower() if _UUID.fullmatch(text) else text)
        case Typed.USER_AGENT:
            return AgentSelector(text)
        case Typed.EMAIL:
            address = _without_mailto(text)
            if not _ADDRESS.fullmatch(address):
                raise InvalidSelector("This is not an e-mail address.")
            return EmailHashSelector((rule or HashRule()).hash(address))
        case Typed.EMAIL_HASH:
            if not _HEX.fullmatch(text):
                raise InvalidSelector("A hash has only the digits 0 to 9 and the letters a to f.")
            return EmailHashSelector(text.lower())
        case Typed.USER_ACCOUNT:
            if not compartment:
                raise InvalidSelector("Choose the compartment of this account.")
            return AccountSelector(compartment, text)
