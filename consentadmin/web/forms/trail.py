"""The trail's filters. The person is typed into a POST and becomes a subject id in the address."""

import uuid
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission, roles_with
from consentadmin.audit.filters import LARGEST_ID, Filter
from consentadmin.audit.words import Action, Outcome
from consentadmin.datamarts.models import Compartment, Datamart
from consentadmin.mediarithmics.errors import InvalidSelector
from consentadmin.mediarithmics.selectors import Typed, recognise, selector_for
from consentadmin.subjects.models import Reason
from consentadmin.subjects.queries import subjects_named

MOMENT = {"type": "datetime-local", "step": "1"}
MOST_REFERENCES = 100
"""To how many an address may name a person: far more than ever were joined into one."""


class TrailForm(forms.Form):
    """Takes what an auditor asks the trail for, and gives a Filter."""

    since = forms.DateTimeField(
        label=_("From"), required=False, widget=forms.DateTimeInput(MOMENT, "%Y-%m-%dT%H:%M:%S")
    )
    until = forms.DateTimeField(
        label=_("Until"), required=False, widget=forms.DateTimeInput(MOMENT, "%Y-%m-%dT%H:%M:%S")
    )
    actor = forms.ModelChoiceField(
        Staff.objects.order_by("name"), label=_("Actor"), required=False, empty_label=_("Anybody")
    )
    action = forms.ChoiceField(
        label=_("Action"), required=False, choices=[("", _("Any")), *Action.choices]
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[("", _("Any")), *Outcome.choices]
    )
    datamart = forms.ModelChoiceField(
        Datamart.objects.none(),
        label=_("Datamart"),
        required=False,
        to_field_name="platform_id",
        empty_label=_("Any"),
    )
    reason = forms.ChoiceField(
        label=_("Purpose"), required=False, choices=[("", _("Any")), *Reason.choices]
    )
    case = forms.CharField(label=_("Case reference"), required=False, max_length=100)
    change = forms.IntegerField(
        label=_("Change number"), required=False, min_value=1, max_value=LARGEST_ID
    )
    person = forms.CharField(label=_("Person"), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reader: Staff, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.reader = reader
        cast("forms.ModelChoiceField[Staff]", self.fields["actor"]).queryset = colleagues(reader)
        places = cast("forms.ModelChoiceField[Datamart]", self.fields["datamart"])
        places.queryset = reader.datamarts(Permission.TRAIL_READ)

    def clean_person(self) -> list[uuid.UUID] | None:
        """Return the subject ids asked for, or None for anybody."""
        text = self.cleaned_data["person"]
        if not text:
            return None
        parts = text.split(",")
        if len(parts) > MOST_REFERENCES:
            raise forms.ValidationError(_("These are more references than one person has."))
        try:
            return [uuid.UUID(part) for part in parts]
        except ValueError:
            raise forms.ValidationError(_("This is not a person's reference.")) from None

    def clean(self) -> dict[str, Any]:
        """Refuse a time range that ends before it begins."""
        data = dict(super().clean() or {})
        if data.get("since") and data.get("until") and data["since"] >= data["until"]:
            self.add_error("until", _("This lies before the beginning."))
        return data

    def filter(self) -> Filter:
        """Return the filter, within the datamarts the reader may see."""
        data = self.cleaned_data
        return Filter(
            since=data["since"],
            until=data["until"],
            actor=data["actor"].pk if data["actor"] else None,
            action=Action(data["action"]) if data["action"] else None,
            outcome=Outcome(data["outcome"]) if data["outcome"] else None,
            subjects=data["person"],
            datamarts=[data["datamart"].platform_id] if data["datamart"] else visible(self.reader),
            case=data["case"] or None,
            change=data["change"],
            reason=data["reason"] or None,
        )

    def chips(self) -> "list[Chip]":
        """Return the filters that are set, in the order of the form."""
        query = cast("QueryDict", self.data)
        return [
            Chip(str(self.fields[name].label), self._in_words(name), _without(query, name))
            for name in self.changed_data
        ]

    def _in_words(self, name: str) -> str:
        value = self.cleaned_data[name]
        if name == "person":
            return ", ".join(str(subject)[:8] for subject in value)
        if name in {"since", "until"}:
            return str(self[name].value()).replace("T", " ")
        if name in {"action", "outcome", "reason"}:
            choices = cast("forms.ChoiceField", self.fields[name]).choices
            return str(dict(cast("Any", choices))[value])
        return str(value)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: its name, its value in words, and the address's query without it."""

    label: str
    value: str
    rest: str


def _without(query: QueryDict, name: str) -> str:
    rest = query.copy()
    rest.pop(name, None)
    rest.pop("before", None)
    return rest.urlencode()


def visible(reader: Staff) -> list[str] | None:
    """Return the platform ids of the datamarts whose trail they may read; None is all of them."""
    readers = roles_with(Permission.TRAIL_READ)
    if any(where is None and role in readers for role, where in reader.held):
        return None
    return list(reader.datamarts(Permission.TRAIL_READ).values_list("platform_id", flat=True))


def colleagues(reader: Staff) -> QuerySet[Staff]:
    """Return the staff who work where the reader may read the trail, by name."""
    everybody = Staff.objects.order_by("name")
    if visible(reader) is None:
        return everybody
    places = reader.datamarts(Permission.TRAIL_READ)
    here = Q(grants__datamart__in=places) | Q(grants__isnull=False, grants__datamart=None)
    return everybody.filter(here).distinct()


class NameForm(forms.Form):
    """Takes the name under which filters are saved."""

    name = forms.CharField(label=_("Name"), max_length=80, strip=True)


class PersonForm(forms.Form):
    """Takes an identifier typed by an auditor, and gives the subjects it was ever seen on."""

    text = forms.CharField(label=_("Person"), max_length=600, strip=True)

    def __init__(self, *args: Any, reader: Staff, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.reader = reader

    def clean_text(self) -> list[uuid.UUID]:
        """Return the subjects' ids; the platform is not asked."""
        text = self.cleaned_data["text"]
        try:
            recognise(text)
        except InvalidSelector as error:
            raise forms.ValidationError(str(error)) from None
        found: set[uuid.UUID] = set()
        for datamart in self.reader.datamarts(Permission.TRAIL_READ):
            for kind in Typed:
                found.update(_named(datamart, kind, text))
        if not found:
            raise forms.ValidationError(_("Nobody was ever looked up here under this identifier."))
        return sorted(found)


def _named(datamart: Datamart, kind: Typed, text: str) -> set[uuid.UUID]:
    """Return the subjects that an identifier of this kind names in one datamart.

    An account id may look like anything, and is looked for in every compartment.
    """
    if kind is Typed.USER_ACCOUNT:
        places = Compartment.objects.filter(datamart=datamart).values_list("platform_id", flat=True)
    else:
        places = cast("Any", [None])
    found: set[uuid.UUID] = set()
    for compartment in places:
        try:
            selector = selector_for(kind, text, compartment, datamart.hash_rule)
        except InvalidSelector:  # it can't be of this kind, or is not looked up by it here
            continue
        found.update(subjects_named(datamart=datamart, selector=selector))
    return found
