"""Events typed as rows: a name, and properties as a JSON object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from consentadmin.mediarithmics.activities import CHOICE_EVENT, PROFILE_EVENT
from consentadmin.web.forms.json_text import read_object
from consentadmin.web.forms.rows import MOST_ROWS, Unreadable

LONGEST_NAME = 200


@dataclass(slots=True)
class EventRow:
    """One event as typed: its name, its properties, what is wrong."""

    name: str = ""
    text: str = ""
    error: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not self.name and not self.text.strip()

    def read(self) -> tuple[str, dict[str, Any]]:
        """Return the name and the properties. Raises ValueError with a sentence."""
        if not self.name:
            raise ValueError(_("Name this event."))
        if len(self.name) > LONGEST_NAME or any(ord(character) < 32 for character in self.name):
            raise ValueError(_("A name has at most 200 characters, and no control characters."))
        if self.name in {CHOICE_EVENT, PROFILE_EVENT}:
            raise ValueError(_("A choice and a profile have fields of their own above."))
        if not self.text.strip():
            return self.name, {}
        return self.name, read_object(self.text, takes_system=True)


def typed_events(data: Any) -> list[EventRow]:  # noqa: ANN401  (what a form takes)
    """Return the events that a form posted, one row at least."""
    if not isinstance(data, QueryDict):
        return [EventRow()]
    names, texts = data.getlist("event-name"), data.getlist("event-properties")
    rows = [
        EventRow(name.strip(), text.replace("\r\n", "\n"))
        for name, text in zip(names, texts, strict=False)
    ]
    return [row for row in rows[: MOST_ROWS + 1] if not row.is_empty] or [EventRow()]


def read_events(rows: Sequence[EventRow]) -> list[tuple[str, dict[str, Any]]]:
    """Return each event's name and properties. Raises Unreadable, its reasons left in the rows."""
    if len(rows) > MOST_ROWS:
        raise Unreadable(_("There are more events than can be sent at once."))
    found = []
    for row in rows:
        if row.is_empty:
            continue
        try:
            found.append(row.read())
        except ValueError as error:
            row.error = str(error)
    if any(row.error for row in rows):
        raise Unreadable(_("Mend the events marked below."))
    return found
