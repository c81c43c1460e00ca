"""The identifiers of a person by which an activity can name them (PLATFORM §6): theirs alone.

An activity that names two people makes the platform merge them. So a form offers what the platform
has just listed of this person, and an identifier goes in it by its key: never by itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consentadmin import vault
from consentadmin.audit.words import Actor
from consentadmin.datamarts import queries as datamarts
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Compartment
from consentadmin.mediarithmics.activities import Identifying
from consentadmin.mediarithmics.identifiers import Identifiers
from consentadmin.mediarithmics.selectors import AccountSelector, AgentSelector, EmailHashSelector
from consentadmin.subjects.aliases import text_of
from consentadmin.subjects.models import Handle
from consentadmin.userpoints.noting import note_reading, where
from consentadmin.userpoints.reading import Section, side_by_side


@dataclass(frozen=True, slots=True)
class Name:
    """One identifier: its key, what names the person by it, what is known of a device."""

    key: str
    selector: Identifying = field(repr=False)
    device: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_account(self) -> bool:
        """Whether it is an account, which a profile belongs to."""
        return isinstance(self.selector, AccountSelector)

    @property
    def is_device(self) -> bool:
        """Whether it is a browser, an app or a device."""
        return isinstance(self.selector, AgentSelector)


def names_of(identifiers: Identifiers, compartments: Iterable[Compartment]) -> list[Name]:
    """Return what names the person: accounts, then e-mail hashes, then devices, each once.

    An account without a compartment is in the default one (PLATFORM §6); where we know of none,
    it names nobody.
    """
    default = next((one.platform_id for one in compartments if one.is_default), None)
    found = {name.key: name for name in _names(identifiers, default)}
    return list(found.values())


def _names(identifiers: Identifiers, default: str | None) -> Iterator[Name]:
    for account in identifiers.accounts:
        compartment = account.compartment or default
        if compartment:
            yield _name(AccountSelector(compartment, account.account))
    for email in identifiers.emails:
        yield _name(EmailHashSelector(email.hash))
    for agent in identifiers.agents:
        yield _name(AgentSelector(agent.agent), agent.device)
    for device in identifiers.device_points:
        for each in device.agents:
            yield _name(AgentSelector(each), device.device)


def _name(selector: Identifying, device: Mapping[str, Any] | None = None) -> Name:
    digest = vault.alias_keys().digest(f"name {text_of(selector)}")
    return Name(digest[:16].hex(), selector, device or {})


def read_names(*, handle: Handle, actor: Actor) -> Sequence[Name]:
    """Read what names the person, in one round trip, and leave an entry.

    Raises PlatformError, Elsewhere, Gone.
    """
    subject = handle.subject
    client, datamart = client_for(subject.datamart), subject.datamart.platform_id
    address = subject.address(handle.selector)
    found = side_by_side(
        {"identifiers": lambda left: client.identifiers(datamart, address, deadline=left)}
    )
    note_reading(handle, actor, found, "activity")
    identifiers: Section[Identifiers] = where(handle, found["identifiers"])
    if identifiers.error is not None:
        raise identifiers.error
    assert identifiers.value is not None, "a section has a value or an error"
    return names_of(identifiers.value, datamarts.compartments(subject.datamart))
