"""Writing the trail, which is the one way to make an entry, and reading it, which makes one too."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consentadmin.audit import context
from consentadmin.audit.counts import Activity, activity
from consentadmin.audit.filters import Filter, Place
from consentadmin.audit.models import Entry
from consentadmin.audit.proofs import Evidence, evidence
from consentadmin.audit.queries import Page, neighbours, one, page
from consentadmin.audit.words import Action, Actor, Outcome
from consentadmin.audit.writing import Act, write


def record(
    *,
    action: Action,
    actor: Actor,
    outcome: Outcome = Outcome.DONE,
    datamart: str = "",
    subject: uuid.UUID | None = None,
    reason: str = "",
    case: str = "",
    change: int | None = None,
    data: Mapping[str, Any] | None = None,
    sealed: bytes | None = None,
    act: Act | None = None,
) -> Entry:
    """Write one entry, in the caller's transaction: if the entry fails, nothing happened.

    `datamart` is the platform's id. `data` must hold nothing that tells who the person is; what
    is the person's goes into `sealed`, under the subject's data key. `act` is what the entry tells
    of, where one statement is to do both; writing.Untouched is raised where it meets no row. Raises
    NotCanonical for a fraction or another value that has no one way of being written, and what the
    database raises: a caller must not show or do what could not be recorded.
    """
    return write(
        Entry(
            schema=Entry.SCHEMA,
            action=action,
            outcome=outcome,
            actor_id=actor.id,
            actor_name=actor.name,
            actor_role=actor.role,
            datamart=datamart,
            subject=subject,
            reason=reason,
            case=case,
            change=change,
            request_id=context.request_id(),
            data=dict(data or {}),
            sealed=sealed,
        ),
        act=act,
    )


def read_trail(*, asked: Filter, before: Place | None, by: Actor, named: Collection[str]) -> Page:
    """Return a page of the trail, once it is recorded that this was read, and by which filters.

    `named` are the filters that were set. Which persons were asked for is kept by reference.
    """
    _note(asked, by, named)
    return page(asked, before=before)


def count_trail(
    *, asked: Filter, now: datetime, by: Actor | None, named: Collection[str]
) -> Activity:
    """Return how many entries there were over time. Raises counts.TooMany.

    With `by`, it is recorded that this was read; without, it is part of a page that was.
    """
    if by:
        _note(asked, by, named)
    return activity(asked, now=now)


def _note(asked: Filter, by: Actor, named: Collection[str]) -> None:
    persons = sorted(str(subject) for subject in asked.subjects or ())
    record(action=Action.TRAIL_READ, actor=by, data={"filters": sorted(named), "persons": persons})


@dataclass(frozen=True, slots=True)
class Opened:
    """One entry, those next to it (None at an end of the trail), and how it stands in the seal."""

    entry: Entry
    before: Entry | None
    after: Entry | None
    evidence: Evidence


def read_entry(*, pk: int, asked: Filter, by: Actor) -> Opened:
    """Return an entry among those that pass the filter, once it is recorded that it was read.

    Raises Entry.DoesNotExist.
    """
    entry = one(asked, pk=pk)
    before, after = neighbours(entry, asked=asked)
    persons = [str(entry.subject)] if entry.subject else []
    record(action=Action.TRAIL_READ, actor=by, data={"entry": entry.pk, "persons": persons})
    return Opened(entry, before, after, evidence(entry.pk))
