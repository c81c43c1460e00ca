"""The structured editor: a profile as rows of a form, one for each field, and back.

Each row says what it stands under, so that objects and lists nest without any path in a field's
name. Values keep their types exactly: null is not an empty text, and 1.0 stays 1.0.
"""

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consentadmin.web.forms import json_text

MOST_ROWS, DEEPEST = 300, 12
"""What is laid out as rows; more of either is edited as JSON."""

_UNCARRIED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u0085\u2028\u2029]")
"""Characters of a text that a form's field would lose or hide; a line break is not one."""


class Type(TextChoices):
    """What a value can be."""

    TEXT = "text", gettext_lazy("text")
    ESCAPED = "escaped", gettext_lazy("text with escapes")
    NUMBER = "number", gettext_lazy("number")
    BOOLEAN = "boolean", gettext_lazy("true or false")
    NULL = "null", gettext_lazy("null")
    OBJECT = "object", gettext_lazy("object")
    LIST = "list", gettext_lazy("list")


class Unreadable(ValueError):
    """What was typed is no profile; each place that is wrong bears its sentence."""


@dataclass(slots=True)
class Node:
    """One row: a field of an object, or an element of a list, as typed.

    `at` names the row, `under` the row it stands in ("" for the profile itself).
    """

    at: str
    under: str = ""
    name: str = ""
    type: str = Type.TEXT.value
    value: str = ""
    error: str = ""
    is_name_wrong: bool = False
    level: int = 1
    is_gone: bool = False
    is_new: bool = False
    is_element: bool = False
    inside: list["Node"] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """Whether its text wants several lines."""
        return self.type == Type.TEXT and (len(self.value) > 60 or "\n" in self.value)

    @property
    def is_flag(self) -> bool:
        """Whether its value is one of two."""
        return self.type == Type.BOOLEAN and self.value in {"true", "false"}

    @property
    def is_unused(self) -> bool:
        """Whether this is an added row into which nothing was typed."""
        is_blank = not self.name and not self.value and not self.inside
        return is_blank and not self.is_element and self.type == Type.TEXT


def why_not_laid_out(customs: Mapping[str, Any]) -> str:
    """Return why a profile can't be shown as rows, as a sentence; "" when it can."""
    layer: list[tuple[str | None, Any]] = [(None, customs)]
    rows = depth = 0
    while layer:
        layer = [pair for _name, outer in layer for pair in _pairs(outer)]
        rows, depth = rows + len(layer), depth + 1
        if any(name is not None and _is_awkward(name) for name, _inner in layer):
            return _(
                "A field of this profile is named by nothing, or by characters that a form can't "
                "carry. It can be edited as JSON alone."
            )
        if rows > MOST_ROWS:
            return _(
                "This profile has more than %(most)d fields. It can be edited as JSON alone."
            ) % {"most": MOST_ROWS}
        if depth > DEEPEST and layer:
            return _("This profile is nested too deep for fields. It can be edited as JSON alone.")
    return ""


def _pairs(outer: Any) -> list[tuple[str | None, Any]]:  # noqa: ANN401  (any JSON value)
    if isinstance(outer, Mapping):
        return list(outer.items())
    return [(None, inner) for inner in outer] if isinstance(outer, list | tuple) else []


def _is_awkward(name: str) -> bool:
    return not name or name != name.strip() or "\n" in name or bool(_UNCARRIED.search(name))


class Nodes:
    """The rows of a profile, nested."""

    def __init__(self) -> None:
        self.top: list[Node] = []
        self._last = 0

    @classmethod
    def of(cls, customs: Mapping[str, Any]) -> "Nodes":
        """Return the rows of a profile that can be laid out."""
        found = cls()
        found.top = [found._made(name, value, under="") for name, value in customs.items()]
        return found

    @classmethod
    def posted(cls, data: QueryDict) -> "Nodes":
        """Return the rows of a form, as typed; a row stands under an earlier one."""
        parts = ("at", "under", "name", "type", "value")
        columns = [data.getlist(f"node-{part}") for part in parts]
        gone, by_at, found = set(data.getlist("node-gone")), dict[str, Node](), cls()
        for at, under, name, kind, value in zip(*columns, strict=False):
            node = Node(at, "", name.strip(), kind, value.replace("\r\n", "\n"))
            node.is_gone = at in gone
            found._put(node, by_at.get(under))
            by_at[at] = node
            if at.isdecimal() and len(at) < 9:
                found._last = max(found._last, int(at))
        found._name_all()
        return found

    def __iter__(self) -> Iterator[Node]:
        """Yield every row, each before what is in it."""
        left = self.top[::-1]
        while left:
            node = left.pop()
            yield node
            left += node.inside[::-1]

    def add(self, under: str) -> None:
        """Add an empty row under a row, or at the top."""
        parent = next((node for node in self if under and node.at == under), None)
        self._put(Node(self._next(), is_new=True), parent)
        self._name_all()

    def read(self, *, known: Container[str] = ()) -> dict[str, Any]:
        """Return the profile these rows make, or raise Unreadable, each wrong row with its error.

        `known`: as `json_text.read_object` has it.
        """
        found = _object(self.top, known, is_top=True)
        if any(node.error for node in self):
            raise Unreadable(_("Mend the fields marked below."))
        return found

    def _made(self, name: str, value: Any, under: str) -> Node:  # noqa: ANN401  (JSON)
        kind, text = _written(value)
        node = Node(self._next(), under, name, kind.value, text)
        for inner_name, inner in _pairs(value):
            child = self._made(inner_name or "", inner, node.at)
            child.is_element = kind is Type.LIST
            node.inside.append(child)
        _name_elements(node)
        return node

    def _put(self, node: Node, parent: Node | None) -> None:
        """Put a row at the end of another, or of the profile."""
        if parent is not None and parent.level >= json_text.DEEPEST - 1:
            node.error, parent = _("This was nested deeper than 64 levels."), None
        if parent is None:
            self.top.append(node)
            return
        node.under, node.level = parent.at, parent.level + 1
        node.is_element = parent.type == Type.LIST
        parent.inside.append(node)

    def _next(self) -> str:
        self._last += 1
        return str(self._last)

    def _name_all(self) -> None:
        for node in self:
            _name_elements(node)


def _name_elements(parent: Node) -> None:
    """Call the elements of a list by their place and, where they have one, their id."""
    for place, node in enumerate(parent.inside, start=1):
        if node.is_element:
            own = next((inner.value for inner in node.inside if inner.name == "id"), "")
            node.name = f"{place} [id={own}]" if own else str(place)


def _written(value: Any) -> tuple[Type, str]:  # noqa: ANN401  (any JSON value)
    """Return a value's type and how it is written in its field."""
    if isinstance(value, str):
        if _UNCARRIED.search(value):
            return Type.ESCAPED, json.dumps(value, ensure_ascii=True)[1:-1]
        return Type.TEXT, value
    if isinstance(value, Mapping):
        return Type.OBJECT, ""
    if isinstance(value, list | tuple):
        return Type.LIST, ""
    if value is None:
        return Type.NULL, ""
    is_flag = isinstance(value, bool)
    return (Type.BOOLEAN if is_flag else Type.NUMBER), json.dumps(value)


def _object(nodes: Sequence[Node], known: Container[str], *, is_top: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in nodes:
        if node.is_gone or node.is_unused:
            continue
        value = _value(node, known)
        if wrong := _wrong_name(node.name, found, is_top=is_top):
            node.error, node.is_name_wrong = wrong, True
        found[node.name] = value
    return found


def _wrong_name(name: str, before: Mapping[str, Any], *, is_top: bool) -> str:
    """Return what is wrong with the name of a field, or nothing."""
    if not name:
        return _("Name this field.")
    if is_top and name.startswith("$"):
        return _("Names that begin with $ belong to the platform.")
    return _("This name stands twice.") if name in before else ""


def _value(node: Node, known: Container[str]) -> Any:  # noqa: ANN401  (any JSON value)
    """Return the value of a row; what is wrong with it is left in its error."""
    if node.type == Type.OBJECT:
        return _object(node.inside, known, is_top=False)
    if node.type == Type.LIST:
        return [_value(inner, known) for inner in node.inside if not inner.is_gone]
    if any(not inner.is_gone for inner in node.inside):
        node.error = _("It has fields of its own. Remove them first, or let it be an object.")
        return None
    try:
        return _scalar(node, known)
    except ValueError as error:
        node.error = str(error)
        return None


def _scalar(node: Node, known: Container[str]) -> Any:  # noqa: ANN401  (a JSON scalar)
    text = node.value.strip()
    match node.type:
        case Type.TEXT:
            return node.value
        case Type.NULL:
            return None
        case Type.NUMBER:
            return json_text.number_of(text, known=known)
        case Type.BOOLEAN:
            if text.lower() in {"true", "false"}:
                return text.lower() == "true"
            raise ValueError(_("Write true or false."))
        case Type.ESCAPED:
            return _unescaped(node.value)
    raise ValueError(_("Choose one of the types."))


def _unescaped(text: str) -> str:
    try:
        value = json.loads(f'"{text}"')
        value.encode()
    except (ValueError, UnicodeEncodeError):
        raise ValueError(
            _('Write it as JSON does: \\n for a line break, \\t for a tab, \\" for a quote.')
        ) from None
    assert isinstance(value, str), "it stood in quotes"
    return value
