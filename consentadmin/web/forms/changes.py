"""The filters of the list of changes, and what can be done to many of them at once."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission
from consentadmin.changes import deciding
from consentadmin.changes.deciding import Act
from consentadmin.changes.kinds import Kind
from consentadmin.changes.queries import ChangeFilter
from consentadmin.changes.states import OPEN, State

ON_ITS_WAY, NEEDS_A_PERSON = "on-its-way", "needs-a-person"
GROUPS: dict[str, frozenset[State]] = {
    ON_ITS_WAY: OPEN,
    NEEDS_A_PERSON: frozenset({State.STUCK, State.NOT_SEEN, State.CONFLICT, State.DECLINED}),
}


class Age(TextChoices):
    """How long ago a change was asked for, at least."""

    HOUR = "1", _("an hour ago")
    DAY = "24", _("a day ago")
    WEEK = "168", _("a week ago")


class ChangesForm(forms.Form):
    """Takes which changes are meant, and gives a ChangeFilter. `now` is when it is asked."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Any")),
            (NEEDS_A_PERSON, _("needs a person")),
            (ON_ITS_WAY, _("on its way")),
            *State.choices,
        ],
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("Any")), *Kind.choices]
    )
    asker = forms.ChoiceField(
        label=_("Asked by"), required=False, choices=[("", _("Anybody")), ("me", _("Me"))]
    )
    age = forms.ChoiceField(
        label=_("Asked before"), required=False, choices=[("", _("Any time")), *Age.choices]
    )

    def __init__(self, data: Any, *, reader: Staff, now: datetime) -> None:  # noqa: ANN401
        super().__init__(data)
        self.reader, self.now = reader, now

    def filter(self) -> ChangeFilter:
        """Return the filter, within the datamarts on which they may read people."""
        data = self.cleaned_data
        state, age = data["state"], data["age"]
        return ChangeFilter(
            datamarts=list(self.reader.datamarts(Permission.PERSON_READ)),
            states=(GROUPS.get(state) or {State(state)}) if state else None,
            kinds=[data["kind"]] if data["kind"] else None,
            asked_by=self.reader.pk if data["asker"] else None,
            asked_before=self.now - timedelta(hours=int(age)) if age else None,
        )


class InNumbers(TextChoices):
    """What can be done to many changes at once."""

    RETRY = "retry", _("Try them again")
    RECHECK = "recheck", _("Look for them again")
    CANCEL = "cancel", _("Cancel them")

    @property
    def act(self) -> Act:
        """What is done to each."""
        acts: dict[str, Act] = {
            "retry": deciding.retry,
            "recheck": deciding.recheck,
            "cancel": deciding.take_back,
        }
        return acts[self.value]

    @property
    def states(self) -> frozenset[State]:
        """The states of the changes it can be done to."""
        return {
            "retry": frozenset({State.STUCK}),
            "recheck": frozenset({State.NOT_SEEN}),
            "cancel": frozenset({State.QUEUED, State.AWAITING_APPROVAL, State.STUCK}),
        }[self.value]
