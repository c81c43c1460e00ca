"""The form of a change of a choice: the value, when the person chose, custom fields, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.changes.models import Cause, Change
from consentadmin.changes.rules import BadWish, Wish, check, milliseconds
from consentadmin.changes.services import Why, request_change
from consentadmin.subjects.models import Handle

MOST_ROWS, LONGEST_NAME, LONGEST_VALUE = 50, 128, 4000
REVIEW_LIFE = 3600


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


@dataclass(frozen=True, slots=True)
class Review:
    """What staff reviewed and is about to be sent; signed, so that it is what they send."""

    wish: Wish
    seen: str
    cause: str
    note: str

    def sign(self, handle: Handle, processing: str) -> str:
        """Return the review as a signed text for a hidden field of the page it was shown on."""
        wish = {"a": self.wish.accepted, "t": self.wish.choice_ts, "c": self.wish.customs}
        return signing.dumps(
            {"w": wish, "s": self.seen, "k": self.cause, "n": self.note},
            salt=f"review {handle.pk} {processing}",
            compress=True,
        )

    @classmethod
    def read(cls, signed: str, handle: Handle, processing: str) -> "Review":
        """Return a signed review. Raises signing.BadSignature when altered or an hour old."""
        found = signing.loads(signed, salt=f"review {handle.pk} {processing}", max_age=REVIEW_LIFE)
        wish = Wish(found["w"]["a"], found["w"]["t"], found["w"]["c"])
        return cls(wish, found["s"], found["k"], found["n"])

    def request(self, handle: Handle, processing: str, *, by: Staff, role: str) -> Change:
        """Ask for what was reviewed. Raises AlreadyPending."""
        return request_change(
            handle=handle,
            processing=processing,
            wish=self.wish,
            seen=self.seen,
            why=Why(Cause(self.cause), self.note),
            by=by,
            role=role,
        )


class ChoiceForm(forms.Form):
    """Takes what a choice is to be, and gives a Wish and a Why. `now` is when it is asked for."""

    accepted = forms.ChoiceField(
        label=_("The person's choice"),
        choices=[("true", "true"), ("false", "false")],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    at = forms.DateTimeField(
        label=_("When the person chose"),
        required=False,
        help_text=_("Leave empty for now."),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"
        ),
        input_formats=[
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%dT%H:%M:%S.%f",
            "%Y-%m-%d %H:%M",
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%d",
        ],
        error_messages={"invalid": _("Write the date as 2026-11-24T14:02.")},
    )
    cause = forms.ChoiceField(label=_("Cause"), choices=[("", _("Choose a cause")), *Cause.choices])
    note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: QueryDict | Mapping[str, Any] | None = None, *, now: datetime) -> None:
        super().__init__(data)
        self.now = now
        self.rows = _rows(data) if isinstance(data, QueryDict) else [Row()]

    def clean(self) -> dict[str, Any]:
        """Give `wish` beside the fields."""
        data = dict(super().clean() or {})
        if data.get("cause") == Cause.OTHER and not data.get("note"):
            self.add_error("note", _("Tell the cause here."))
        if len(self.rows) > MOST_ROWS:
            self.add_error(None, _("There are more custom fields than can be sent at once."))
        customs = self._customs()
        if self.errors:
            return data
        at = data.get("at") or self.now
        wish = Wish(data["accepted"] == "true", milliseconds(at), customs)
        try:
            check(wish, now=self.now)
        except BadWish as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
        data["wish"] = wish
        return data

    def _customs(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for row in self.rows:
            if row.is_empty:
                continue
            row.error = str(_wrong(row, found) or "")
            if not row.error:
                try:
                    found[row.name] = row.read()
                except ValueError as error:
                    row.error = str(error)
        if any(row.error for row in self.rows):
            self.add_error(None, _("Mend the custom fields marked below."))
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


def _rows(data: QueryDict) -> list[Row]:
    names, types, values = (data.getlist(f"custom-{part}") for part in ("name", "type", "value"))
    most = min(max(len(names), len(values)), MOST_ROWS + 1)
    rows = [
        Row(_at(names, n).strip(), _at(types, n) or "text", _at(values, n)) for n in range(most)
    ]
    return [row for row in rows if not row.is_empty] or [Row()]


def _at(listed: Sequence[str], n: int) -> str:
    return listed[n] if n < len(listed) else ""
