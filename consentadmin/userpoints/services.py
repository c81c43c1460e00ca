"""Looking a person up and reading them: each leaves its entry before anything is shown.

An entry that can't be written raises, and the page is not shown (DESIGN §4, invariant 1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import database_now
from consentadmin.audit.services import record
from consentadmin.audit.words import Action, Actor, Outcome
from consentadmin.changes import queries as changes
from consentadmin.changes.documents import choice_document
from consentadmin.changes.models import Change
from consentadmin.datamarts import queries as datamarts
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Channel, Compartment, Datamart, Processing
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.identifiers import Identifiers
from consentadmin.mediarithmics.selectors import Selector
from consentadmin.mediarithmics.shapes import Choice, Profile
from consentadmin.subjects.models import Handle, Subject
from consentadmin.subjects.services import Purpose, know, open_handle
from consentadmin.userpoints.lines import Line, line, lines
from consentadmin.userpoints.naming import Name, names_of
from consentadmin.userpoints.noting import note_reading, what_of, where
from consentadmin.userpoints.profiles import ProfileCard, cards
from consentadmin.userpoints.reading import Section, asking, side_by_side


@dataclass(frozen=True, slots=True)
class Ours:
    """What our own tables add to a person's page: names for ids, and what staff changed."""

    processings: Sequence[Processing]
    compartments: Sequence[Compartment]
    channels: Sequence[Channel]
    changes: Mapping[str, Change]

    @classmethod
    def of(cls, subject: Subject) -> "Ours":
        """Read it."""
        return cls(
            datamarts.processings(subject.datamart),
            datamarts.compartments(subject.datamart),
            datamarts.channels(subject.datamart),
            changes.latest(subject=subject),
        )

    def lines(self, choices: Section[Sequence[Choice]]) -> Sequence[Line]:
        """Return a line for every processing."""
        return lines(self.processings, choices.value or (), self.changes)

    def cards(self, profiles: Section[Sequence[Profile]]) -> Section[Sequence[ProfileCard]]:
        """Return a card for every profile, and for every changed one that is not there."""
        if profiles.error is not None:
            return Section(error=profiles.error)
        return Section(value=cards(profiles.value or (), self.changes))


@dataclass(frozen=True, slots=True)
class Person:
    """A person's page, as read at one moment. A section that failed holds its error."""

    identifiers: Section[Identifiers]
    choices: Section[Sequence[Line]]
    profiles: Section[Sequence[ProfileCard]]
    ours: Ours
    read_at: datetime


def look_up(
    *, datamart: Datamart, selector: Selector, purpose: Purpose, by: Staff, actor: Actor
) -> Handle:
    """Find a person, and return this member of staff's handle on them for this purpose.

    A miss or a failure leaves an entry too, and raises the PlatformError.
    """
    call = partial(client_for(datamart).identifiers, datamart.platform_id, selector)
    found = side_by_side({"identifiers": lambda left: call(deadline=left)})["identifiers"]
    note = partial(
        record,
        action=Action.LOOKED_UP,
        actor=actor,
        datamart=datamart.platform_id,
        reason=purpose.reason.value,
        case=purpose.case,
    )
    if found.error is not None:
        missing = isinstance(found.error, NotFound)
        note(
            outcome=Outcome.NOT_FOUND if missing else Outcome.FAILED,
            data={"by": selector.kind.value, **what_of(found.error)},
        )
        raise found.error
    assert found.value is not None, "a section has a value or an error"
    with transaction.atomic():
        subject = know(datamart=datamart, selector=selector, identifiers=found.value)
        handle = open_handle(staff=by, subject=subject, selector=selector, purpose=purpose)
        note(
            subject=subject.pk,
            data={"by": selector.kind.value},
            sealed=subject.seal({"note": purpose.note}, purpose="entry") if purpose.note else None,
        )
    return handle


def read_person(*, handle: Handle, actor: Actor) -> Person:
    """Read all of a person's page in one round trip.

    Raises Elsewhere when the platform has merged the person into another, Gone when it knows them
    no longer, both once the attempt is recorded.
    """
    subject = handle.subject
    client, datamart = client_for(subject.datamart), subject.datamart.platform_id
    address = subject.address(handle.selector)
    calls = {
        "identifiers": lambda left: client.identifiers(datamart, address, deadline=left),
        "choices": lambda left: client.choices(datamart, address, deadline=left),
        "profiles": lambda left: client.profiles(datamart, address, deadline=left),
    }
    with asking(calls) as asked:  # what is ours is read while the platform answers
        ours = Ours.of(subject)
    found = asked.sections()
    note_reading(handle, actor, found, "person")
    found["identifiers"] = where(handle, found["identifiers"])
    is_known = found["identifiers"].error is None
    choices = _or_none(found["choices"], is_known=is_known)
    return Person(
        identifiers=found["identifiers"],
        choices=Section(error=choices.error)
        if choices.error
        else Section(value=ours.lines(choices)),
        profiles=ours.cards(_or_none(found["profiles"], is_known=is_known)),
        ours=ours,
        read_at=database_now(),
    )


def _or_none(section: Section[Any], *, is_known: bool) -> Section[Any]:
    """A 404 on the documents of a person who exists means that there are none (PLATFORM §2)."""
    return Section(value=[]) if section.is_missing and is_known else section


def read_line(*, handle: Handle, processing: str, actor: Actor, log: bool = False) -> Line:
    """Read one choice and its change log, in one round trip.

    A change log that can't be read leaves the words open, unless `log` asks for it. Raises
    PlatformError, Elsewhere, Gone.
    """
    subject = handle.subject
    client, datamart = client_for(subject.datamart), subject.datamart.platform_id
    address = subject.address(handle.selector)
    calls = {
        "choice": lambda left: client.choice(datamart, address, processing, deadline=left),
        "log": lambda left: client.choice_log(datamart, address, processing, deadline=left),
        "identifiers": lambda left: client.identifiers(datamart, address, deadline=left),
    }
    with asking(calls) as asked:
        bare = unread_line(handle=handle, processing=processing)
        compartments = datamarts.compartments(subject.datamart)
    found = asked.sections()
    note_reading(handle, actor, found, "choice", processing=processing, name=bare.name)
    identifiers = where(handle, found["identifiers"])
    choice, history = found["choice"], found["log"]
    if choice.error is not None and not choice.is_missing:
        raise choice.error
    if choice.is_missing and identifiers.error is not None:
        raise identifiers.error
    if log and history.error is not None and not history.is_missing:
        raise history.error
    records: Sequence[Choice] | None = history.value
    if history.is_missing and choice.is_missing:
        records = []  # beside a choice, a log that is not there tells nothing
    names: Sequence[Name] | None = None
    if identifiers.value is not None:  # what a device without a point does is in no timeline
        names = names_of(identifiers.value, compartments) if subject.point else []
    return replace(bare, choice=choice.value, log=records, names=names)


def unread_line(*, handle: Handle, processing: str) -> Line:
    """Return what our own tables tell of one choice: its processing and what staff changed."""
    subject = handle.subject
    known = Processing.objects.filter(datamart=subject.datamart, platform_id=processing).first()
    change = changes.latest_of(subject=subject, document=choice_document(processing))
    return line(processing, known, None, change=change)


def note_page(*, handle: Handle, actor: Actor, what: str) -> None:
    """Record that a page which names the person was opened without asking the platform."""
    note_reading(handle, actor, {}, what)
