"""Carries out the commands of a document import, one a line (PLATFORM §7).

A command does what the call of the same name does, by the same rules, or raises what that call
would have been answered. It names one person, and never by `user_point_id` but to delete one.
"""

import json
from typing import Any

from consentadmin.sandbox import bodies
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.choices import Choices
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.effects import text_of
from consentadmin.sandbox.merging import Strategy, strategy_of
from consentadmin.sandbox.persons import Persons
from consentadmin.sandbox.problems import bad_request, not_found
from consentadmin.sandbox.profiles import Profiles
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store

DOCUMENT_TYPES = ("USER_CHOICE", "USER_PROFILE", "USER_POINTS_DELETION")
_PROCESSING, _COMPARTMENT, _ACCOUNT = "$processing_id", "$compartment_id", "$user_account_id"
_SET_BY_PLATFORM = (_PROCESSING, "$creation_ts")
_STRATEGY = ("update_strategy", "force_replace", "merge_objects")
_DELETABLE = {
    "USER_POINT": ("user_point_id", "user_point_id"),
    "USER_EMAIL": ("email_hash", "hash"),
    "USER_AGENT": ("user_agent_id", "user_agent_id"),
}

Fields = dict[str, Any]


class Commands:
    """Carries out one command after the other."""

    def __init__(
        self,
        store: Store,
        access: Access,
        persons: Persons,
        choices: Choices,
        profiles: Profiles,
        decisions: Decisions,
    ) -> None:
        self._store = store
        self._access = access
        self._persons = persons
        self._choices = choices
        self._profiles = profiles
        self._decisions = decisions

    def carry_out(self, datamart_id: str, document_type: str, line: bytes) -> None:
        """Do what a line says, or raise why it can't be done; the caller holds the transaction."""
        command = bodies.parsed(line, self._decisions, wrappings=1)
        bodies.written(command)  # what can't be written in UTF-8 can't be looked for either
        match document_type:
            case "USER_CHOICE":
                self._choice(datamart_id, command)
            case "USER_PROFILE":
                self._profile(datamart_id, command)
            case "USER_POINTS_DELETION":
                self._persons.remove(datamart_id, self._deletable(datamart_id, command))
            case _:
                raise bad_request(f"document_type {document_type[:40]!r} is not known")

    def _choice(self, datamart_id: str, command: Fields) -> None:
        selector, deletes = self._named(datamart_id, command), _deletes(command)
        choice = _object(command, "user_choice")
        processing_id = text_of(choice, _PROCESSING)
        if deletes:
            self._choices.remove(self._person(datamart_id, selector), processing_id)
            return
        given = _settable(choice)
        if not _flag(command, "force_replace", otherwise=True):
            given = self._stored(datamart_id, selector, processing_id) | given
        self._choices.put(datamart_id, selector, processing_id, given)

    def _profile(self, datamart_id: str, command: Fields) -> None:
        """Write or delete a profile: whose account it is stands inside, and is not inherited."""
        selector, deletes = self._named(datamart_id, command), _deletes(command)
        profile = _object(command, "user_profile")
        account = self._account(datamart_id, profile, _COMPARTMENT, _ACCOUNT)
        if deletes:
            person = self._person(datamart_id, selector)
            self._profiles.remove(datamart_id, person, account)
            return
        strategy = _strategy(command, self._decisions)
        self._profiles.put(datamart_id, selector, account, strategy, profile)

    def _stored(self, datamart_id: str, selector: Selector, processing_id: str) -> Fields:
        """Return what a choice that does not replace the stored one leaves in place."""
        person = self._access.found(datamart_id, selector)
        stored = None if person is None else self._store.choices(person).get(processing_id)
        return {} if stored is None else _settable(json.loads(stored.body))

    def _person(self, datamart_id: str, selector: Selector) -> int:
        person = self._access.found(datamart_id, selector)
        if person is None:
            raise not_found()
        return person

    def _named(self, datamart_id: str, command: Fields) -> Selector:
        """Return the one identifier of a command."""
        names = [
            name
            for name in ("user_account_id", "email_hash", "user_agent_id")
            if command.get(name) is not None
        ]
        if len(names) != 1 or command.get("user_point_id") is not None:
            raise bad_request(
                "one of user_account_id (with compartment_id), email_hash and user_agent_id"
                " is expected"
            )
        if names == ["user_account_id"]:
            return self._account(datamart_id, command, "compartment_id", "user_account_id")
        return Selector(names[0], "", text_of(command, names[0]))

    def _account(
        self, datamart_id: str, fields: Fields, compartment: str, account: str
    ) -> Selector:
        account_id = text_of(fields, account)
        if fields.get(compartment) is None:
            compartment_id = self._access.default_compartment(datamart_id)
        else:
            compartment_id = text_of(fields, compartment)
            self._access.check_compartment(datamart_id, compartment_id)
        return Selector("user_account_id", compartment_id, account_id)

    def _deletable(self, datamart_id: str, command: Fields) -> Selector:
        kind = text_of(command, "type")
        if kind == "USER_ACCOUNT":
            return self._account(datamart_id, command, "compartment_id", "user_account_id")
        if kind not in _DELETABLE:
            raise bad_request(f"type {kind[:40]!r} names nobody")
        name, field = _DELETABLE[kind]
        return Selector(name, "", text_of(command, field))


def _deletes(command: Fields) -> bool:
    """Read the operation: UPSERT, or DELETE."""
    operation = text_of(command, "operation")
    if operation not in ("UPSERT", "DELETE"):
        raise bad_request("operation must be UPSERT or DELETE")
    return operation == "DELETE"


def _object(command: Fields, name: str) -> Fields:
    found = command.get(name)
    if not isinstance(found, dict):
        raise bad_request(f"{name} must be an object")
    return found


def _flag(command: Fields, name: str, *, otherwise: bool) -> bool:
    found = command.get(name, otherwise)
    if not isinstance(found, bool):
        raise bad_request(f"{name} must be true or false")
    return found


def _strategy(command: Fields, decisions: Decisions) -> Strategy:
    """Read the strategy by the same names as a PUT's query has."""
    asked = {name: command[name] for name in _STRATEGY if command.get(name) is not None}
    told = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in asked.items()
    }
    return strategy_of(told, decisions)


def _settable(choice: Fields) -> Fields:
    return {name: value for name, value in choice.items() if name not in _SET_BY_PLATFORM}
