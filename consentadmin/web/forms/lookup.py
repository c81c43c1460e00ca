"""The look-up's form: one box, what it is taken for, where, and why."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission
from consentadmin.datamarts import queries as datamarts
from consentadmin.datamarts.models import Compartment, Datamart
from consentadmin.mediarithmics.errors import InvalidSelector
from consentadmin.mediarithmics.selectors import Selector, Typed, recognise, selector_for
from consentadmin.subjects.models import Reason
from consentadmin.subjects.services import Purpose

KINDS = {
    Typed.USER_POINT: _("User point id"),
    Typed.USER_AGENT: _("User agent id (device or browser)"),
    Typed.EMAIL: _("E-mail address"),
    Typed.EMAIL_HASH: _("E-mail hash"),
    Typed.USER_ACCOUNT: _("Account id"),
}

REASONS = [(code, label) for code, label in Reason.choices if code != Reason.APPROVAL]
"""An approval opens its person by itself."""


class LookUpForm(forms.Form):
    """Takes what names a person, and gives a selector and a purpose.

    `kind` empty means *as recognised*. The compartment matters for an account id alone.
    """

    text = forms.CharField(label=_("Anything that names the person"), max_length=600, strip=True)
    datamart = forms.ModelChoiceField(
        Datamart.objects.none(), label=_("Datamart"), to_field_name="platform_id", empty_label=None
    )
    kind = forms.ChoiceField(
        label=_("Taken for"),
        required=False,
        choices=[
            ("", _("What it looks like")),
            *((kind.value, label) for kind, label in KINDS.items()),
        ],
    )
    compartment = forms.CharField(label=_("Compartment"), required=False, widget=forms.Select)
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose a reason")), *REASONS])
    case = forms.CharField(label=_("Case reference"), required=False, max_length=100)
    note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        places = list(staff.datamarts(Permission.LOOK_UP))
        field = cast("forms.ModelChoiceField[Datamart]", self.fields["datamart"])
        field.queryset = staff.datamarts(Permission.LOOK_UP)
        self.place = self._place(places)
        if self.place and not self.is_bound:
            self.initial.setdefault("datamart", self.place.platform_id)
        self.compartments = list(datamarts.compartments(self.place)) if self.place else []
        self._offer_compartments(self.compartments)

    def _place(self, places: list[Datamart]) -> Datamart | None:
        asked = self.data.get("datamart") or self.initial.get("datamart")
        return next(
            (place for place in places if place.platform_id == asked), places[0] if places else None
        )

    def _offer_compartments(self, offered: list[Compartment]) -> None:
        widget = cast("forms.Select", self.fields["compartment"].widget)
        widget.choices = [(c.platform_id, c.name) for c in offered]
        if offered:
            self.initial.setdefault("compartment", offered[0].platform_id)

    @property
    def recognised(self) -> Typed | None:
        """What the text looks like, or None for nothing usable."""
        try:
            return recognise(self.data.get("text", ""))
        except InvalidSelector:
            return None

    @property
    def recognised_label(self) -> str:
        """What the text looks like, in words."""
        return str(KINDS[self.recognised]) if self.recognised else ""

    @property
    def taken_for(self) -> Typed | None:
        """What the text is taken for: as said by hand, else as recognised."""
        asked = self.data.get("kind", "")
        return Typed(asked) if asked in set(Typed) else self.recognised

    @property
    def wants_compartment(self) -> bool:
        """Whether the text is taken for an account id."""
        return self.taken_for is Typed.USER_ACCOUNT

    def clean_case(self) -> str:
        """Refuse an e-mail address: a case reference is kept in clear."""
        case = str(self.cleaned_data["case"])
        if "@" in case:
            raise forms.ValidationError(
                _("A case reference is kept in clear: leave the person's address out of it.")
            )
        return case

    def clean(self) -> dict[str, Any]:
        """Give `selector` and `purpose` beside the fields."""
        data = dict(super().clean() or {})
        if data.get("reason") == Reason.OTHER and not data.get("note"):
            self.add_error("note", _("Tell the reason here."))
        text, place = data.get("text"), data.get("datamart")
        if text and place is not None:
            data["selector"] = self._selector(text, place, data)
        if data.get("reason"):
            data["purpose"] = Purpose(
                Reason(data["reason"]), data.get("case", ""), data.get("note", "")
            )
        return data

    def _selector(self, text: str, place: Datamart, data: dict[str, Any]) -> Selector | None:
        try:
            kind = Typed(data["kind"]) if data.get("kind") else recognise(text)
            compartment = data.get("compartment") or self.initial.get("compartment")
            return selector_for(kind, text, compartment, place.hash_rule)
        except InvalidSelector as error:
            self.add_error("text", str(error))
            return None
