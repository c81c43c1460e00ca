"""What the events of an activity do to a person's documents (PLATFORM §6).

`$set_user_choice` stores a choice, `$set_user_profile_properties` a part of a profile, by the same
rules as a PUT does. Whatever else an event is called, it is only kept in the timeline.
"""

from typing import Any

from consentadmin.sandbox.access import Access
from consentadmin.sandbox.choices import Choices
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.merging import Strategy
from consentadmin.sandbox.problems import Problem, bad_request
from consentadmin.sandbox.profiles import Profiles
from consentadmin.sandbox.selectors import Selector

SET_CHOICE, SET_PROFILE = "$set_user_choice", "$set_user_profile_properties"
_TS, _PROCESSING = "$choice_ts", "$processing_id"
_COMPARTMENT, _ACCOUNT = "$compartment_id", "$user_account_id"

Event = dict[str, Any]


class Effects:
    """Checks the events that change documents, and carries them out."""

    def __init__(
        self, access: Access, choices: Choices, profiles: Profiles, decisions: Decisions
    ) -> None:
        self._access = access
        self._choices = choices
        self._profiles = profiles
        self._decisions = decisions

    def check(self, datamart_id: str, event: Event) -> None:
        """Raise a 400 that names the field, if the event can't do what its name says."""
        match event["$event_name"]:
            case "$set_user_choice":
                self._choices.check(*self._choice(event, event["$ts"]))
            case "$set_user_profile_properties":
                account, properties = self._profile(event)
                self._access.check_compartment(datamart_id, account.scope)
                self._profiles.check(properties, account, self._strategy)

    def carry_out(self, datamart_id: str, selector: Selector, event: Event, ts: int) -> bool:
        """Do what an event of an activity (of `ts`, ms, UTC) says to whom the selector names.

        False when it can't be done (S): its account is another person's, say. It leaves nothing.
        """
        try:
            match event["$event_name"]:
                case "$set_user_choice":
                    choice_ts = event["$ts"] if self._decisions.event_ts_is_choice_ts else ts
                    given, processing_id = self._choice(event, choice_ts)
                    self._choices.put(datamart_id, selector, processing_id, given)
                case "$set_user_profile_properties":
                    account, given = self._profile(event)
                    self._profiles.put(datamart_id, selector, account, self._strategy, given)
        except Problem:
            return False
        return True

    @property
    def _strategy(self) -> Strategy:
        return Strategy.MERGE_OBJECTS if self._decisions.profile_event_goes_deep else Strategy.MERGE

    def _choice(self, event: Event, ts: int) -> tuple[dict[str, Any], str]:
        properties = event["$properties"]
        processing_id = text_of(properties, _PROCESSING)
        given = {name: value for name, value in properties.items() if name != _PROCESSING}
        return given | {_TS: ts}, processing_id

    def _profile(self, event: Event) -> tuple[Selector, dict[str, Any]]:
        properties = event["$properties"]
        compartment_id, account_id = (text_of(properties, it) for it in (_COMPARTMENT, _ACCOUNT))
        return Selector("user_account_id", compartment_id, account_id), dict(properties)


def text_of(fields: dict[str, Any], name: str) -> str:
    """Return a mandatory id, given as a text or as a whole number, or raise a 400 that names it."""
    value = fields.get(name)
    if value is None or value == "":
        raise bad_request(f"{name} is mandatory")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise bad_request(f"{name} must be a text or a whole number")
    return str(value)
