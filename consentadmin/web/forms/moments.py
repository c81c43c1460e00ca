"""A field for a moment, typed in the viewer's zone."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class MomentField(forms.DateTimeField):
    """Takes a date and a time, and gives an aware datetime, None when left empty."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401  (Django's)
        super().__init__(
            required=False,
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
            **kwargs,
        )
