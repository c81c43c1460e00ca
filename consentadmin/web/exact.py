"""The exact request by which an activity goes out, for people to look at before it does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from consentadmin.changes.activity_writes import activity_of
from consentadmin.changes.models import Change
from consentadmin.changes.rules import Wish
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.activities import (
    TOUCH,
    Activity,
    ChoiceEvent,
    Identifying,
    SessionStatus,
    activity_body,
)
from consentadmin.mediarithmics.timelines import read_timeline_activity
from consentadmin.userpoints.services import Ours
from consentadmin.web.days import Told, told_of


@dataclass(frozen=True, slots=True)
class Exact:
    """A method, a path that tells nothing of the person, and the body as JSON has it.

    `told` is the activity in words, as it will stand in the timeline; `names` what names whose it
    is.
    """

    path: str
    body: dict[str, Any] = field(repr=False)
    told: Told = field(repr=False)
    names: Sequence[Identifying] = field(repr=False)
    method: str = "POST"


def exact(datamart: Datamart, activity: Activity, ours: Ours) -> Exact:
    """Return the request that sends an activity. Raises InvalidBody for one that can't be right."""
    path = f"/v1/datamarts/{datamart.platform_id}/user_activities"
    body = json.loads(activity_body(activity))
    told = told_of(read_timeline_activity(body), ours)
    return Exact(path, body, told, activity.identifiers)


def laid_out(change: Change) -> dict[str, Any]:
    """Return what the page of a change shows beside how it fares, by name.

    `exact`: the activity that it is sent as, if it is. `today`: the processing as it is today,
    where its name or its legal basis is no longer what it was when the change was asked for.
    """
    found: dict[str, Any] = {}
    ours = Ours.of(change.subject)
    if change.is_activity:
        found["exact"] = exact(change.datamart, activity_of(change), ours)
    today = next((one for one in ours.processings if one.platform_id == change.processing), None)
    was = (change.processing_name, change.basis)
    if change.processing and today and was != (today.name, today.legal_basis):
        found["today"] = today
    return found


def carrying(processing: str, wish: Wish, by: Identifying) -> Activity:
    """Return the activity whose event carries a choice, as `changes.activity_writes` makes it.

    The key of its own, by which it is found again, is given to it once it is asked for.
    """
    event = ChoiceEvent(
        processing=processing, accepted=wish.accepted, ts=wish.choice_ts, customs=wish.customs
    )
    return Activity(
        type=TOUCH,
        session_status=SessionStatus.NO_SESSION,
        ts=wish.choice_ts,
        identifiers=(by,),
        events=(event,),
    )
