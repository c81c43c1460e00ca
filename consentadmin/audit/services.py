"""Writing the trail. The one way to make an entry."""

import uuid
from collections.abc import Mapping
from typing import Any

from consentadmin.audit import context
from consentadmin.audit.models import Entry
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
