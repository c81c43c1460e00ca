"""The form of a change of a choice: the value, when the person chose, custom fields, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.changes.activities import identifying
from consentadmin.changes.kinds import Cause, Way
from consentadmin.changes.models import Change
from consentadmin.changes.rules import BadWish, Wish, check, milliseconds
from consentadmin.changes.services import Why, request_change
from consentadmin.mediarithmics.activities import Identifying
from consentadmin.subjects.models import Handle
from consentadmin.userpoints.naming import Name
from consentadmin.web.forms.moments import MomentField
from consentadmin.web.forms.rows import Unreadable, read_rows, typed_rows
from consentadmin.web.forms.why import WhyForm

REVIEW_LIFE = 3600


@dataclass(frozen=True, slots=True)
class Review:
    """What staff reviewed and is about to be sent; signed, so that it is what they send.

    `by` names the person in an activity whose event carries the choice; None: it goes directly.
    `was` is the choice that they saw, None for none.
    """

    wish: Wish
    seen: str
    cause: str
    note: str
    by: Identifying | None = field(default=None, repr=False)
    was: dict[str, Any] | None = field(default=None, repr=False)

    def sign(self, handle: Handle, processing: str) -> str:
        """Return the review as a signed text for a hidden field of the page it was shown on."""
        wish = {"a": self.wish.accepted, "t": self.wish.choice_ts, "c": self.wish.customs}
        by = self.by.to_json() if self.by else None
        return signing.dumps(
            {"w": wish, "s": self.seen, "k": self.cause, "n": self.note, "b": by, "v": self.was},
            salt=f"review {handle.pk} {processing}",
            compress=True,
        )

    @classmethod
    def read(cls, signed: str, handle: Handle, processing: str) -> "Review":
        """Return a signed review. Raises signing.BadSignature when altered or an hour old."""
        found = signing.loads(signed, salt=f"review {handle.pk} {processing}", max_age=REVIEW_LIFE)
        wish = Wish(found["w"]["a"], found["w"]["t"], found["w"]["c"])
        by = identifying(found["b"]) if found["b"] else None
        return cls(wish, found["s"], found["k"], found["n"], by, found["v"])

    def request(self, handle: Handle, processing: str, *, by: Staff, role: str) -> Change:
        """Ask for what was reviewed. Raises AlreadyPending."""
        return request_change(
            handle=handle,
            processing=processing,
            wish=self.wish,
            seen=self.seen,
            was=self.was,
            why=Why(Cause(self.cause), self.note),
            by=by,
            role=role,
            by_event=self.by,
        )


class ChoiceForm(WhyForm):
    """Takes what a choice is to be, and gives a Wish and a Why. `now` is when it is asked for.

    `names` are what names the person in an event, as the platform has just listed them: None while
    they could not be read, and then only the direct way is open.
    """

    accepted = forms.ChoiceField(
        label=_("The person's choice"),
        choices=[("true", "true"), ("false", "false")],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    at = MomentField(label=_("When the person chose"), help_text=_("Leave empty for now."))
    way = forms.ChoiceField(
        label=_("How it is recorded"), required=False, choices=[("", ""), *Way.choices]
    )
    by = forms.ChoiceField(label=_("The event names the person by"), required=False)

    def __init__(
        self,
        data: QueryDict | Mapping[str, Any] | None = None,
        *,
        now: datetime,
        names: Sequence[Name] | None = None,
    ) -> None:
        super().__init__(data)
        self.now, self.names = now, names
        self.rows = typed_rows(data)
        choices = [(name.key, name.key) for name in names or ()]
        cast("forms.ChoiceField", self.fields["by"]).choices = choices

    @property
    def is_by_event(self) -> bool:
        """Whether it is to go as an event in the timeline."""
        return bool(self["way"].value() == Way.EVENT)

    def clean(self) -> dict[str, Any]:
        """Give `wish`, and `name` for an event, beside the fields."""
        data = super().clean()
        customs: dict[str, Any] = {}
        try:
            customs = read_rows(self.rows)
        except Unreadable as error:
            self.add_error(None, str(error))
        data["name"] = self._name(data)
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

    def _name(self, data: Mapping[str, Any]) -> Name | None:
        """Return what names the person in the event; a value that may withdraw never waits for it.

        What could not be read can't be chosen: then the choice goes directly.
        """
        if data.get("way") != Way.EVENT or self.names is None:
            return None
        name = next((one for one in self.names if one.key == data.get("by")), None)
        if name is None and data.get("accepted") != "false" and "by" not in self.errors:
            self.add_error("by", _("Choose what names the person in the event."))
        return name
