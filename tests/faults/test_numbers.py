"""Many changes at once: a bulk under fire, and one choice that everybody changes (cells 22, 23)."""

import os
import time

from consentadmin.changes.models import Change
from consentadmin.changes.states import Lane, State
from tests.faults.trials import FEW, SIZE, Trial

BULK = int(os.environ.get("CONSENTADMIN_FAULT_BULK", "30"))
KILLS = int(os.environ.get("CONSENTADMIN_FAULT_KILLS", "4"))


def test_a_bulk_that_is_shot_at_is_done_once(trial: Trial) -> None:
    for run in trial.runs("22 bulk, workers killed again and again", times=FEW, within=600):
        run.asker.lane = Lane.BULK
        run.withdraw(BULK)
        run.asker.lane = Lane.INTERACTIVE
        for _ in range(KILLS):
            worker = run.works.worker()
            sweeper = run.works.sweeper(rings=True)
            time.sleep(0.5 + run.dice.random() / 2)
            worker.kill()
            sweeper.kill()
        run.well()
        run.await_end(600)
        assert run.states <= {State.CONFIRMED, State.SUPERSEDED}


def test_a_hot_choice_holds_up_nobody_and_keeps_its_order(trial: Trial) -> None:
    for run in trial.runs("23 a hot choice"):
        hot, *others = run.places(SIZE * 2)
        run.works.worker()
        run.works.sweeper(rings=True)
        for place in others:
            run.asker.ask(hot, accepted=False)
            run.asker.ask(place, accepted=False)
        run.await_end()
        last = Change.objects.filter(subject=hot[0].subject, document__endswith=hot[1]).latest("pk")
        assert last.state == State.CONFIRMED
        assert run.states <= {State.CONFIRMED, State.SUPERSEDED}
