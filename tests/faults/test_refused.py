"""A token that ended, and somebody else who was quicker (FAULTS §2, cells 18 and 19)."""

import pytest
import requests

from consentadmin.changes.models import Change
from consentadmin.changes.states import State
from consentadmin.datamarts.models import Datamart
from tests import factories
from tests.faults.asking import Place
from tests.faults.harms import say
from tests.faults.trials import FEW, Run, Trial
from tests.faults.truth import History
from tests.faults.works import until

LONG_AGO = 1_600_000_000_000


def is_paused() -> bool:
    return Datamart.objects.exclude(sending_paused_at=None).exists()


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_ends_stops_all_and_loses_nothing(trial: Trial, status: int) -> None:
    for run in trial.runs("18 API token refused in the middle", times=FEW):
        run.withdraw()
        run.works.proxy.harm(say(status, b"{}"))
        run.works.sweeper()
        until(is_paused)
        run.await_states({State.QUEUED})
        run.works.stop()
        sandbox, datamart = run.works.sandbox, run.asker.datamart
        factories.moved(datamart, run.works.proxy.url, sandbox.token)
        run.well()


def edit_elsewhere(run: Run, place: Place) -> None:
    """Have somebody else write the choice, past us, and leave that out of the history."""
    handle, processing = place
    answer = requests.put(
        run.works.sandbox.point_url(
            f"user_point_id={handle.subject.point}", f"user_choices/processing_id={processing}"
        ),
        json={"$choice_ts": LONG_AGO, "$choice_acceptance_value": True},
        headers={"Authorization": run.works.sandbox.token},
        timeout=10,
    )
    answer.raise_for_status()
    run.history = History(run.works.sandbox)


def test_a_grant_does_not_overwrite_what_nobody_saw(trial: Trial) -> None:
    for run in trial.runs("19 edited elsewhere meanwhile", times=1):
        places = run.asker.places(3, processings=1)
        for place in places:
            run.asker.ask(place, accepted=True)
        moved = [place for place in places if run.asker.seen(place) == ""]
        for place in moved:
            edit_elsewhere(run, place)
        run.well()
        run.await_end()
        found = Change.objects.filter(pk__in=run.acknowledged, state=State.CONFLICT)
        assert {change.subject_id for change in found} == {place[0].subject_id for place in moved}


def test_a_withdrawal_is_not_stopped_and_tells(trial: Trial) -> None:
    for run in trial.runs("19 edited elsewhere meanwhile", times=FEW):
        places = [place for place in run.places() if run.asker.seen(place) == ""]
        run.asker.withdraw(places)
        for place in places:
            edit_elsewhere(run, place)
        run.well()
        run.await_end()
        assert {bool(change.told.get("moved")) for change in run.changes} <= {True}


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_that_the_platform_tells_is_left_to_a_person(trial: Trial, status: int) -> None:
    for run in trial.runs("19 refused as a conflict", times=FEW):
        for place in run.places():
            run.asker.ask(place, accepted=True)
        run.works.proxy.harm(say(status, b"{}"), method="PUT")
        run.works.sweeper()
        run.await_end()
        assert run.states == {State.CONFLICT}
        assert run.history.writes() == []
