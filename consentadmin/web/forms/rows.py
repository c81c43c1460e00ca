"""Custom fields typed as rows: a name, the type of the value, and the value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

MOST_ROWS, LONGEST_NAME, LONGEST_VALUE = 50, 128, 4000


class Unreadable(ValueError):
    """Some rows can't be read; what is wrong stands in each of them."""


@dataclass(slots=True)
class Row:
    """One custom field as typed: its name, the type of its value, the value, what is wrong."""

    name: str = ""
    type: str = "text"
    value: str = ""
    error: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not self.name and not self.value

    def read(self) -> Any:  # noqa: ANN401  (a JSON scalar)
        """Return the value in its type. Raises ValueError with a sentence."""
        text = self.value.strip()
        if self.type not in {"text", "number", "boolean"}:
            raise ValueError(_("Choose one of the types."))
        if self.type == "number":
            return _number(text)
        if self.type == "boolean":
            if text.lower() not in {"true", "false"}:
                raise ValueError(_("Write true or false."))
            return text.lower() == "true"
        return self.value


def _number(text: str) -> int | float:
    try:
        number = int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        raise ValueError(_("This is not a number.")) from None
    if number != number or abs(number) > 2**53:
        raise ValueError(_("This number is too large to be kept exactly."))
    return number


def typed_rows(data: Any, prefix: str = "custom") -> list[Row]:  # noqa: ANN401  (what a form takes)
    """Return the rows that a form posted under `prefix-name`, `-type` and `-value`; one at least.

    Of too many, one more than is taken is kept, so that it can be told.
    """
    if not isinstance(data, QueryDict):
        return [Row()]
    names, types, values = (data.getlist(f"{prefix}-{part}") for part in ("name", "type", "value"))
    most = min(max(len(names), len(values)), MOST_ROWS + 1)
    rows = [
        Row(_at(names, n).strip(), _at(types, n) or "text", _at(values, n)) for n in range(most)
    ]
    return [row for row in rows if not row.is_empty] or [Row()]


def read_rows(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the rows hold. Raises Unreadable, with what is wrong left in the rows."""
    if len(rows) > MOST_ROWS:
        raise Unreadable(_("There are more custom fields than can be sent at once."))
    found: dict[str, Any] = {}
    for row in rows:
        if row.is_empty:
            continue
        row.error = str(_wrong(row, found) or "")
        if not row.error:
            try:
                found[row.name] = row.read()
            except ValueError as error:
                row.error = str(error)
    if any(row.error for row in rows):
        raise Unreadable(_("Mend the custom fields marked below."))
    return found


def _wrong(row: Row, found: Mapping[str, Any]) -> Any:  # noqa: ANN401  (a lazy sentence or None)
    if not row.name:
        return _("Name this field.")
    if row.name.startswith("$"):
        return _("Names that begin with $ belong to the platform.")
    if len(row.name) > LONGEST_NAME or len(row.value) > LONGEST_VALUE:
        return _("This is too long.")
    if row.name in found:
        return _("This name stands twice.")
    if any(ord(character) < 32 for character in row.name):
        return _("A name has no control characters.")
    return None


def _at(listed: Sequence[str], n: int) -> str:
    return listed[n] if n < len(listed) else ""
