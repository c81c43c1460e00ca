"""Reading JSON that people typed: strictly, and saying in which line and column it is wrong.

The text is read by the standard library's decoder. Only when that, or a check on the way, refuses
it, is it gone through once more, to find the place (RFC 8259; issue: bad input).
"""

import json
import math
import re
from collections.abc import Container, Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any, NoReturn

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LARGEST = 1_048_576
"""Bytes in UTF-8."""

DEEPEST = 64
"""Levels of objects and lists."""

MOST_EXACT = 2**53
"""Integers beyond this are not kept exactly by everything that reads them."""

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d[\d.eE+-]*)|(?P<mark>[{}\[\],:])'
    r"|(?P<word>-?[A-Za-z]+)|(?P<other>\S)",
    re.DOTALL,
)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")

_SYNTAX: dict[str, Promise] = {
    "Expecting property name enclosed in double quotes": gettext_lazy(
        "a name in double quotes is missing here."
    ),
    "Expecting ',' delimiter": gettext_lazy("a comma or a closing bracket is missing here."),
    "Expecting ':' delimiter": gettext_lazy("a colon is missing here."),
    "Expecting value": gettext_lazy("a value is missing here."),
    "Extra data": gettext_lazy("the text goes on after the object has ended."),
    "Unterminated string starting at": gettext_lazy("the text that begins here has no end."),
    "Invalid control character at": gettext_lazy(
        "a text can't hold this character as it is: write a line break as \\n, a tab as \\t."
    ),
    "Invalid \\escape": gettext_lazy("there is no such escape."),
    "Invalid \\uXXXX escape": gettext_lazy("\\u wants four hexadecimal digits."),
    "Illegal trailing comma before end of object": gettext_lazy("there is one comma too many."),
    "Illegal trailing comma before end of array": gettext_lazy("there is one comma too many."),
}


class BadText(ValueError):
    """A text that is no JSON object we can send; its sentence tells line and column."""

    def __init__(self, sentence: str, text: str, at: int) -> None:
        self.at = at
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        told = _("Line %(line)d, column %(column)d: %(what)s")
        super().__init__(told % {"line": self.line, "column": self.column, "what": sentence})


class _Refused(Exception):
    """Something on the way is not as it must be; where it stands is still to be found."""


def read_object(
    text: str, *, known: Container[str] = (), takes_system: bool = False
) -> dict[str, Any]:
    """Return the JSON object of a typed text, every value kept exactly. Raises BadText.

    `known` are numbers, as `text_of` writes them, that are taken although they are too large: the
    platform holds them already, and nobody typed them. `takes_system`: names that begin with $ are
    taken at the top, too, as in the properties of an event.
    """
    encoded = text.encode(errors="surrogatepass")
    if len(encoded) > LARGEST:
        beyond = len(encoded[:LARGEST].decode(errors="ignore"))
        raise BadText(_("from here on the text is longer than 1,048,576 bytes."), text, beyond)
    try:
        value = _decoder(known).decode(text)
    except json.JSONDecodeError as error:
        known_words = _SYNTAX.get(error.msg)
        words = str(known_words) if known_words else _("this is no JSON.")
        found = _first_wrong(text, known, takes_system=takes_system)
        if found is None or found.at > error.pos:
            found = BadText(words, text, error.pos)
        raise found from None
    except (_Refused, RecursionError):
        found = _first_wrong(text, known, takes_system=takes_system)
        raise found or BadText(_("this is no JSON."), text, 0) from None
    is_locked = not takes_system and _is_locked(value)
    is_suspect = _is_deep(text, value) or _SURROGATE.search(text) or is_locked
    if is_suspect and (found := _first_wrong(text, known, takes_system=takes_system)):
        raise found
    if not isinstance(value, dict):
        start = len(text) - len(text.lstrip())
        words = _("a profile is an object: it begins with { and ends with }.")
        if takes_system:
            words = _("properties are an object: it begins with { and ends with }.")
        raise BadText(words, text, start)
    return value


def text_of(value: object) -> str:
    """Return a value as indented JSON, for people to edit."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def number_of(text: str, *, known: Container[str] = ()) -> int | float:
    """Return a JSON number exactly. Raises ValueError with a sentence."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(_("This is not a number. Write it as 12 or 0.5."))
    if complaint := _complaint_of_number(text, known):
        raise ValueError(complaint)
    return int(text) if _is_whole(text) else float(text)


class LargeNumbers(Container[str]):
    """The numbers in a value that nobody could type here; looked for only when asked for one."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __contains__(self, text: object) -> bool:
        return text in self._found

    @cached_property
    def _found(self) -> frozenset[str]:
        return _large_numbers(self._value)


def _large_numbers(value: object) -> frozenset[str]:
    """Return the integers in a value beyond what is exact, as `text_of` writes them."""
    found, layer = set(), [value]
    while layer:
        one = layer.pop()
        if isinstance(one, dict):
            layer += one.values()
        elif isinstance(one, list | tuple):
            layer += one
        elif isinstance(one, int) and abs(one) > MOST_EXACT:
            found.add(str(one))
    return frozenset(found)


def _decoder(known: Container[str]) -> json.JSONDecoder:
    # What is short is exact, unless an exponent makes it huge: most numbers cost no second look.
    def whole(text: str) -> int:
        if len(text) > 15 and _complaint_of_number(text, known):
            raise _Refused
        return int(text)

    def broken(text: str) -> float:
        is_short = len(text) <= 15 and "e" not in text and "E" not in text
        if not is_short and _complaint_of_number(text, known):
            raise _Refused
        return float(text)

    return json.JSONDecoder(
        parse_int=whole, parse_float=broken, parse_constant=_refuse, object_pairs_hook=_paired
    )


def _refuse(constant: str) -> NoReturn:
    raise _Refused(constant)


def _paired(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused
    return found


def _is_whole(text: str) -> bool:
    return not any(mark in text for mark in ".eE")


def _complaint_of_number(text: str, known: Container[str]) -> str:
    """Return what is wrong with a number, or nothing."""
    if text in known:
        return ""
    if _is_whole(text):
        too_large = len(text) > 17 or abs(int(text)) > MOST_EXACT
        return _("this number is too large to be kept exactly (beyond 2^53).") if too_large else ""
    if len(text) > 400 or not math.isfinite(float(text)):
        return _("this number is too large to be kept.")
    if Decimal(text) != Decimal(repr(float(text))):
        return _("this number has more digits than can be kept exactly.")
    return ""


def _is_deep(text: str, value: object) -> bool:
    if text.count("{") + text.count("[") <= DEEPEST:
        return False
    layer: list[Any] = [value] if isinstance(value, dict | list) else []
    for _level in range(DEEPEST):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True


def _is_locked(value: object) -> bool:
    return isinstance(value, dict) and any(name.startswith("$") for name in value)


def _first_wrong(text: str, known: Container[str], *, takes_system: bool) -> BadText | None:
    """Go through the text token by token; return what is wrong first, None for nothing we check.

    The syntax is the decoder's affair: what comes after its first fault is not looked at twice.
    """
    for at, complaint in _complaints(text, known, takes_system=takes_system):
        if complaint:
            return BadText(complaint, text, at)
    return None


def _complaints(
    text: str, known: Container[str], *, takes_system: bool
) -> Iterator[tuple[int, str]]:
    levels: list[set[str] | None] = []  # the names seen in each open object; None for a list
    is_name = False
    for token in _TOKEN.finditer(text):
        at, said = token.start(), token.group()
        match token.lastgroup:
            case "mark":
                if said in "{[":
                    levels.append(set() if said == "{" else None)
                    if len(levels) > DEEPEST:
                        yield at, _("this is nested deeper than 64 levels.")
                elif said in "}]" and levels:
                    levels.pop()
                is_name = said in "{," and bool(levels) and levels[-1] is not None
            case "text":
                names = levels[-1] if is_name and levels else None
                is_top = len(levels) == 1 and not takes_system
                yield at, _complaint_of_text(said, names, is_top=is_top)
                is_name = False
            case "number" if _NUMBER.fullmatch(said):
                yield at, _complaint_of_number(said, known)
            case "word" if said in {"NaN", "Infinity", "-Infinity"}:
                yield at, _("%(word)s is no JSON: use null or leave it out.") % {"word": said}
            case "other" | "word" | "number":
                if said not in {"true", "false", "null"}:
                    return  # what the decoder tells of


def _complaint_of_text(said: str, names: set[str] | None, *, is_top: bool) -> str:
    """Return what is wrong with a quoted text; `names` are those before it, of the same object."""
    try:
        value = json.loads(said)
    except ValueError:
        return ""
    if any("\ud800" <= character <= "\udfff" for character in value):
        return _("this text holds half of a character (a lone surrogate).")
    if names is None:
        return ""
    if value in names:
        return _("the name “%(name)s” stands twice in one object.") % {"name": value}
    names.add(value)
    if is_top and value.startswith("$"):
        return _("names that begin with $ belong to the platform.")
    return ""
