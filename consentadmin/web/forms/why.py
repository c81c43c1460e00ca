"""Why a change is asked for: what every form of a change has."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consentadmin.changes.kinds import Cause
from consentadmin.changes.services import Why


class WhyForm(forms.Form):
    """Takes a cause and a note."""

    cause = forms.ChoiceField(label=_("Cause"), choices=[("", _("Choose a cause")), *Cause.choices])
    note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a note where the cause is told in it."""
        data = dict(super().clean() or {})
        if data.get("cause") == Cause.OTHER and not data.get("note"):
            self.add_error("note", _("Tell the cause here."))
        return data

    @property
    def why(self) -> Why:
        """The cause and the note of a valid form."""
        return Why(Cause(self.cleaned_data["cause"]), self.cleaned_data["note"])
