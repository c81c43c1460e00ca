"""What the platform does by itself meanwhile: it merges people, drops events, stores nothing.

A person merged away (FAULTS §2, cell 19); an analyzer and a point in quarantine (PLATFORM §6).
"""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from consentadmin.changes.rules import milliseconds
from consentadmin.changes.states import State
from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.activities import TOUCH, Activity, SessionStatus
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.selectors import AccountSelector, PointSelector
from consentadmin.sandbox.people import QUARANTINED, Person
from tests import factories
from tests.faults.asking import PROCESSINGS, Place, account_of
from tests.faults.trials import FEW, SIZE, Run, Trial
from tests.faults.works import until
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

DROPPED = "$set_user_choice"
SOON = {"CONSENTADMIN_NOT_SEEN_AFTER": "1"}
"""What is not seen within a second is told as not seen."""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A platform whose analyzer drops choices that travel as events, and that is quick to merge."""
    store = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    running = start_sandbox(store, admin=True, analyzer_drops=DROPPED, activity_delay=0)
    yield running
    running.stop()


def older_and_newer(run: Run) -> tuple[Person, Person]:
    """Return two people, the one whose point is the older first."""
    client, datamart = client_for(run.asker.datamart), run.asker.datamart.platform_id

    def made(person: Person) -> int:
        listed = client.identifiers(datamart, factories.selector(person)).points
        return next(one.creation_ts or 0 for one in listed)

    older, newer = sorted((next(run.asker.crowd), next(run.asker.crowd)), key=made)
    return older, newer


def merge(run: Run, place: Place, older: Person) -> None:
    """Have the platform find out that two people are one, and wait until it has."""
    client, datamart = client_for(run.asker.datamart), run.asker.datamart.platform_id
    handle, _ = place
    both = (AccountSelector(*older.accounts[0]), account_of(handle))
    ts, status = milliseconds(timezone.now()), SessionStatus.NO_SESSION
    seen = Activity(type=TOUCH, ts=ts, session_status=status, identifiers=both, events=())
    client.post_activity(datamart, seen)

    def is_gone() -> bool:
        try:
            client.identifiers(datamart, PointSelector(handle.subject.point or ""))
        except NotFound:
            return True
        return False

    until(is_gone)


@pytest.mark.parametrize(
    ("accepted", "end"), [(False, State.CONFIRMED), (True, State.CONFLICT)], ids=["no", "yes"]
)
def test_a_person_merged_away_is_followed_by_a_withdrawal_alone(
    trial: Trial, *, accepted: bool, end: State
) -> None:
    for run in trial.runs("19 merged into another meanwhile", times=FEW):
        for _ in range(SIZE):
            older, newer = older_and_newer(run)
            handle = factories.handle(newer, run.asker.by, run.asker.datamart)
            place = (handle, PROCESSINGS[0])
            run.asker.ask(place, accepted=accepted)
            merge(run, place, older)
        run.well()
        run.await_end()
        assert run.states == {end}
        assert [change.told.get("merged") for change in run.changes] == [True] * SIZE
        assert run.effects == (0 if accepted else SIZE)


def test_what_an_analyzer_drops_is_told_and_sent_once(trial: Trial) -> None:
    for run in trial.runs("dropped by an analyzer", times=FEW):
        for place in run.asker.places(SIZE, processings=1):
            run.asker.ask_by_event(place)
        run.works.sweeper(told=SOON)
        run.await_end()
        assert run.states == {State.NOT_SEEN}
        assert len(run.works.proxy.writes(run.began)) == SIZE
        assert run.history.writes() == []


def test_what_a_point_in_quarantine_does_not_store_is_told(trial: Trial) -> None:
    for run in trial.runs("accepted and not stored", times=FEW):
        handle = factories.handle(QUARANTINED, run.asker.by, run.asker.datamart)
        for processing in PROCESSINGS:
            run.asker.ask((handle, processing), accepted=True)
        run.works.sweeper(told=SOON)
        run.await_end()
        assert run.states == {State.NOT_SEEN}
        assert run.effects == 0
        assert len(run.history.writes()) == len(PROCESSINGS)
