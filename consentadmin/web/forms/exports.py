"""In which form, besides JSON Lines, an export is wanted."""

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Form(TextChoices):
    """What is written beside the lines that are sealed."""

    CSV = "csv", _("CSV, for a spreadsheet")
    PARQUET = "parquet", _("Parquet, for programs")
    NONE = "none", _("nothing more")


class ExportForm(forms.Form):
    """Takes the form; without one, it is CSV."""

    form = forms.ChoiceField(choices=Form.choices, required=False)

    def clean_form(self) -> Form:
        """Return what is to be written beside the lines."""
        return Form(self.cleaned_data["form"] or Form.CSV)
