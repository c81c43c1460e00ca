"""A person merged into another between the asking and the sending (PLATFORM §2)."""

import pytest

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.states import State
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.identifiers import Identifiers, Point
from consentadmin.sandbox.catalogue import SMS
from consentadmin.sandbox.people import MERGED, MERGED_AWAY
from consentadmin.subjects.models import Handle
from consentadmin.subjects.services import know, open_handle
from tests import factories
from tests.changes.conftest import drained


@pytest.fixture
def handle_before(alice: Staff, datamart: Datamart) -> Handle:
    """A handle on the newer point, opened before the platform merged it away."""
    selector = factories.selector(MERGED)
    gone = Identifiers((Point(MERGED_AWAY, None, {}),))
    subject = know(datamart=datamart, selector=selector, identifiers=gone)
    return open_handle(staff=alice, subject=subject, selector=selector, purpose=factories.PURPOSE)


def test_a_grant_stops_as_a_conflict_and_the_subjects_are_joined(handle_before: Handle) -> None:
    change = drained(factories.change(handle_before, SMS, accepted=True))
    assert (change.state, change.told) == (State.CONFLICT, {"merged": True})
    change.subject.refresh_from_db()
    assert change.subject.joined_into is not None
    assert Entry.objects.filter(action=Action.JOINED).count() == 1


def test_a_withdrawal_follows_the_person_and_tells(handle_before: Handle) -> None:
    change = drained(factories.change(handle_before, SMS, accepted=False))
    assert change.state == State.CONFIRMED
    assert change.told["merged"] is True
