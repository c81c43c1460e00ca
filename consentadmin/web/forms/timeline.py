"""The filters of a timeline: a type of activity, and days in the viewer's zone."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consentadmin.changes.rules import milliseconds
from consentadmin.mediarithmics.errors import InvalidFilter
from consentadmin.userpoints.timeline import Wanted
from consentadmin.web.days import TYPES, type_words

DAY = timedelta(days=1)
YEARS = range(1970, 2200)


def day_field(label: Any) -> forms.DateField:  # noqa: ANN401  (a lazy sentence)
    """Return a field for a day."""
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Write the date as 2026-11-24.")},
    )


class TimelineForm(forms.Form):
    """Takes which activities are wanted, and gives a Wanted.

    `before` is the time (ms) at which the page before ended; it stands in the links to more.
    """

    type = forms.CharField(label=_("Type"), required=False, max_length=100)
    since = day_field(_("From"))
    until = day_field(_("To"))
    before = forms.IntegerField(required=False, min_value=1, max_value=10**15)

    def clean_since(self) -> date | None:
        """Refuse a day that can't be meant."""
        return self._day("since")

    def clean_until(self) -> date | None:
        """Likewise."""
        return self._day("until")

    def _day(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and day.year not in YEARS:
            raise forms.ValidationError(_("This date can't be meant."))
        return day

    def clean(self) -> dict[str, Any]:
        """Give `wanted` beside the fields."""
        data = dict(super().clean() or {})
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("This lies before the beginning."))
        ends = [data.get("before"), _begins(until + DAY) if until else None]
        data["wanted"] = Wanted(
            type=data.get("type", ""),
            since=_begins(since) if since else None,
            before=min((end for end in ends if end is not None), default=None),
        )
        try:
            assert data["wanted"].filters is not None, "what raises is the type"
        except InvalidFilter as error:
            self.add_error("type", str(error))
        return data

    @property
    def types(self) -> list[tuple[str, str]]:
        """The types to choose from, each in words, and the one that was asked for."""
        asked = str(self["type"].value() or "")
        names = [*TYPES, asked] if asked and asked not in TYPES else [*TYPES]
        return [(name, type_words(name)) for name in names]

    def chips(self) -> list[tuple[str, str, str]]:
        """Return each filter that is set: its name, its value in words, the query without it."""
        found = []
        for name in ("type", "since", "until"):
            text = self.data.get(name, "")
            if text:
                rest = self.query(without=name)
                shown = type_words(text) if name == "type" else text
                found.append((str(self.fields[name].label), shown, rest))
        return found

    def query(self, *, without: str = "", before: int | None = None) -> str:
        """Return the address's query with these filters, one of them left out, at another place."""
        query = QueryDict(mutable=True)
        for name in ("type", "since", "until"):
            if name != without and self.data.get(name):
                query[name] = self.data[name]
        if before is not None:
            query["before"] = str(before)
        return query.urlencode()


def _begins(day: date) -> int:
    """Return when a day begins in the viewer's zone, in milliseconds."""
    midnight = datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())
    return milliseconds(midnight)
