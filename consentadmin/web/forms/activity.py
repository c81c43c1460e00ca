"""The form of an activity: what it was, whom it names, its events, and the rest as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consentadmin.changes.activities import new_key
from consentadmin.changes.rules import is_grant, is_withdrawal, milliseconds
from consentadmin.mediarithmics.activities import (
    APP_VISIT,
    SITE_VISIT,
    Activity,
    AnyEvent,
    ChoiceEvent,
    Event,
    ProfileEvent,
    SessionStatus,
    activity_body,
)
from consentadmin.mediarithmics.errors import InvalidBody
from consentadmin.mediarithmics.selectors import AccountSelector
from consentadmin.web.days import SESSIONS, TYPES
from consentadmin.web.forms.events import read_events, typed_events
from consentadmin.web.forms.json_text import BadText, read_object
from consentadmin.web.forms.moments import MomentField
from consentadmin.web.forms.offer import Draft, Offer
from consentadmin.web.forms.rows import Row, Unreadable, read_rows, typed_rows
from consentadmin.web.forms.why import WhyForm

OTHER = "other"
OBJECTS = ("$origin", "$location", "$topics")
"""What the platform itself has of an activity, and is typed as JSON beside the customer's own."""

MORE = ("ttl", "session_duration", "rest")
LONGEST = 2**31 - 1


class ActivityForm(WhyForm):
    """Takes an activity and why it is recorded, and gives a Draft. `now`: when it is asked for."""

    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=[*TYPES.items(), (OTHER, gettext_lazy("Another type"))],
        initial="TOUCH",
    )
    other_type = forms.CharField(
        label=gettext_lazy("Another type, as the platform names it"),
        required=False,
        max_length=100,
    )
    place = forms.ChoiceField(label=gettext_lazy("Site or app"), required=False)
    at = MomentField(label=gettext_lazy("When it was"))
    session = forms.ChoiceField(
        label=gettext_lazy("Session"), choices=list(SESSIONS.items()), initial="NO_SESSION"
    )
    names = forms.MultipleChoiceField(
        label=gettext_lazy("The activity names the person by"),
        error_messages={
            "required": gettext_lazy("Choose at least one: without it the activity is nobody's."),
            "invalid_choice": gettext_lazy("One of these is no longer this person's. Choose anew."),
        },
    )
    processing = forms.ChoiceField(label=gettext_lazy("Processing"), required=False)
    accepted = forms.ChoiceField(
        label=gettext_lazy("The person's choice"),
        required=False,
        choices=[("true", "true"), ("false", "false")],
    )
    profile = forms.ChoiceField(label=gettext_lazy("Profile of the account"), required=False)
    ttl = forms.IntegerField(
        label=gettext_lazy("Time to live, in minutes"),
        required=False,
        min_value=0,
        max_value=LONGEST,
    )
    session_duration = forms.IntegerField(
        label=gettext_lazy("Length of the session"),
        required=False,
        min_value=0,
        max_value=LONGEST,
    )
    rest = forms.CharField(
        label=gettext_lazy("Other fields of the activity, as JSON"),
        required=False,
        strip=False,
        max_length=100_000,
    )

    def __init__(
        self, data: QueryDict | Mapping[str, Any] | None = None, *, now: datetime, offer: Offer
    ) -> None:
        super().__init__(data, initial={"names": offer.preselected()})
        self.now, self.offer = now, offer
        self.choice_rows, self.profile_rows = (
            typed_rows(data, "choice"),
            typed_rows(data, "profile"),
        )
        self.events = typed_events(data)
        self._offer("place", [one.platform_id for one in [*offer.sites, *offer.apps]])
        self._offer("names", [one.key for one in offer.names or ()])
        self._offer("processing", [one.platform_id for one in offer.processings])
        self._offer("profile", [one.key for one in offer.accounts])

    def _offer(self, name: str, values: Sequence[str]) -> None:
        field = cast("forms.ChoiceField", self.fields[name])
        field.choices = [(value, value) for value in values]

    def clean(self) -> dict[str, Any]:
        """Give `draft` beside the fields."""
        data = super().clean()
        rest, events = self._rest(), self._events(data)
        kind = data.get("other_type", "").strip() if data.get("type") == OTHER else data.get("type")
        site, app = self._place(data, kind)
        if not kind and "type" not in self.errors:
            self.add_error("other_type", _("Name the type."))
        if data.get("at") and data["at"] > self.now:
            self.add_error("at", _("What is recorded can't lie in the future."))
        if self.errors:
            return data
        activity = Activity(
            type=str(kind),
            session_status=SessionStatus(data["session"]),
            ts=milliseconds(data.get("at") or self.now),
            identifiers=tuple(
                one.selector for one in self.offer.names or () if one.key in data["names"]
            ),
            events=tuple(events),
            unique_key=new_key(),
            site=site,
            app=app,
            ttl=data.get("ttl"),
            session_duration=data.get("session_duration"),
            **rest,
        )
        try:
            activity_body(activity)
        except InvalidBody as error:
            self.add_error(None, str(error))
        data["draft"] = Draft(activity, data["cause"], data["note"])
        return data

    def _place(self, data: Mapping[str, Any], kind: str | None) -> tuple[str | None, str | None]:
        """Return the site and the app, where the type asks for one or one was chosen."""
        chosen = data.get("place", "")
        is_site = any(one.platform_id == chosen for one in self.offer.sites)
        is_app = any(one.platform_id == chosen for one in self.offer.apps)
        if kind == SITE_VISIT and not is_site:
            self.add_error("place", _("A visit to a site names the site: choose it."))
        if kind == APP_VISIT and not is_app:
            self.add_error("place", _("A visit to an app names the app: choose it."))
        return (chosen, None) if is_site else (None, chosen) if is_app else (None, None)

    def _rest(self) -> dict[str, Any]:
        """Return the fields of the customer's own, and each of OBJECTS that is there."""
        text = (self["rest"].value() or "").replace("\r\n", "\n")
        try:
            found = read_object(text, takes_system=True) if text.strip() else {}
        except BadText as error:
            self.add_error("rest", str(error))
            return {}
        objects = {name: found.pop(name) for name in OBJECTS if found.get(name) is not None}
        for name, value in objects.items():
            if not isinstance(value, dict):
                self.add_error("rest", _("%(name)s is an object.") % {"name": name})
        if any(name.startswith("$") for name in found):
            words = _(
                "Of the names that begin with $ only $origin, $location and $topics are taken here."
            )
            self.add_error("rest", words)
        return {"customs": found, **{name[1:]: value for name, value in objects.items()}}

    def _events(self, data: Mapping[str, Any]) -> list[AnyEvent]:
        """Return the events, each at the time of the activity; complaints are left in the form."""
        ts = milliseconds(data.get("at") or self.now)
        found: list[AnyEvent] = [*self._choice(data, ts), *self._profile(data, ts)]
        try:
            others = read_events(self.events)
        except Unreadable as error:
            self.add_error(None, str(error))
            return found
        return found + [Event(name=name, ts=ts, properties=about) for name, about in others]

    def _choice(self, data: Mapping[str, Any], ts: int) -> list[AnyEvent]:
        customs = self._rows(self.choice_rows)
        processing, accepted = data.get("processing", ""), data.get("accepted", "")
        if not processing:
            if accepted or customs:
                self.add_error("processing", _("Choose the processing of this choice."))
            return []
        if not accepted:
            self.add_error("accepted", _("Choose one."))
            return []
        grants = is_grant(accepted=accepted == "true", basis=self._basis(processing))
        if grants and self.offer.datamart.approve_grants:
            self.add_error(
                "processing",
                _(
                    "Here a second officer approves what grants something. Change the choice "
                    "itself: it can be recorded as an event, too."
                ),
            )
        return [
            ChoiceEvent(
                processing=processing, accepted=accepted == "true", ts=ts, customs=customs or {}
            )
        ]

    def _profile(self, data: Mapping[str, Any], ts: int) -> list[AnyEvent]:
        properties = self._rows(self.profile_rows)
        account = next((one for one in self.offer.accounts if one.key == data.get("profile")), None)
        if account is None:
            if properties and "profile" not in self.errors:
                self.add_error("profile", _("Choose whose profile these fields go to."))
            return []
        if properties is None:
            return []
        if not properties:
            self.add_error("profile", _("Type at least one field of the profile."))
            return []
        who = account.selector
        assert isinstance(who, AccountSelector), "accounts alone are offered"
        return [
            ProfileEvent(
                compartment=who.compartment, account=who.account, ts=ts, properties=properties
            )
        ]

    def _rows(self, rows: Sequence[Row]) -> dict[str, Any] | None:
        """Return what rows hold, None where they can't be read and say why."""
        try:
            return read_rows(rows)
        except Unreadable as error:
            self.add_error(None, str(error))
            return None

    def _basis(self, processing: str) -> str:
        found = (one for one in self.offer.processings if one.platform_id == processing)
        return next(found).legal_basis

    def has_more(self) -> bool:
        """Whether anything was typed where few type anything, or is wrong there."""
        return any(self[name].value() or self[name].errors for name in MORE)

    def withdraws(self) -> str:
        """Return the processing whose choice the activity of a valid form withdraws, if any."""
        for event in self.cleaned_data["draft"].activity.events:
            if isinstance(event, ChoiceEvent) and is_withdrawal(
                accepted=event.accepted, basis=self._basis(event.processing)
            ):
                return event.processing
        return ""
