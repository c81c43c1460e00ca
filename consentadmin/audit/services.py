"""Writing the trail, which is the one way to make an entry, and reading it, which makes one too."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from consentadmin.audit import context
from consentadmin.audit.models import Entry
from consentadmin.audit.queries import Filter, Page, page
from consentadmin.audit.words import Action, Actor, Outcome


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
) -> Entry:
    """Write one entry, in the caller's transaction: if the entry fails, nothing happened.

    `datamart` is the platform's id. `data` must hold nothing that tells who the person is; what
    is the person's goes into `sealed`, under the subject's data key. Raises what the database
    raises: a caller must not show or do what could not be recorded.
    """
    return Entry.objects.create(
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
    )


def read_trail(*, asked: Filter, before: int | None, by: Actor, named: Collection[str]) -> Page:
    """Return a page of the trail, once it is recorded that this was read, and by which filters.

    `named` are the filters that were set. Which persons were asked for is kept by reference.
    """
    persons = sorted(str(subject) for subject in asked.subjects or ())
    record(action=Action.TRAIL_READ, actor=by, data={"filters": sorted(named), "persons": persons})
    return page(asked, before=before)
