"""A person, and how their choice stands on the platform."""

from collections.abc import Callable

import pytest

from consentadmin.accounts.models import Staff
from consentadmin.changes.claims import claim, give_back, reserve
from consentadmin.changes.draining import drain
from consentadmin.changes.models import Change
from consentadmin.changes.states import Lane
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.sandbox.people import Person
from consentadmin.subjects.models import Handle
from tests import factories


@pytest.fixture
def handle(alice: Staff, lying_datamart: Datamart, somebody: Person) -> Handle:
    """A handle on a person of the crowd, behind a server that lies where it is told to."""
    return factories.handle(somebody, alice, lying_datamart)


Stands = Callable[[str], Choice | None]


@pytest.fixture
def stands(handle: Handle) -> Stands:
    """Tell how a choice stands on the platform."""

    def look(processing: str) -> Choice | None:
        client, datamart = client_for(handle.subject.datamart), handle.subject.datamart.platform_id
        try:
            return client.choice(datamart, handle.subject.address(handle.selector), processing)
        except NotFound:
            return None

    return look


def drained(change: Change) -> Change:
    """Carry out what is due now, and return the change as it is then."""
    drain(lane=Lane.INTERACTIVE, seconds=10)
    return again(change)


def claim_to_send(lane: Lane) -> Change | None:
    """Take the next change of a lane that can be sent, as a worker that looks no further ahead."""
    reserved = reserve(lane, most=1)
    for change in reserved:
        if claim(change):
            return change
    give_back(reserved)
    return None


def again(change: Change) -> Change:
    """Read a change again, with its neighbours."""
    return Change.objects.select_related("datamart", "subject__datamart", "asked_by").get(
        pk=change.pk
    )


def hurried(change: Change) -> None:
    """Make a change due now, as time would."""
    Change.objects.filter(pk=change.pk).update(due_at="2020-01-01T00:00Z")
