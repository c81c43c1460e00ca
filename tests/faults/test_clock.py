"""Processes whose clocks are an hour off, either way (FAULTS §2, cell 20)."""

from datetime import timedelta

from consentadmin.audit.clock import database_now
from consentadmin.audit.models import Entry
from consentadmin.changes.states import State
from tests.faults.harms import delay
from tests.faults.trials import FEW, SIZE, Trial

AN_HOUR = 3600


def test_workers_whose_clocks_are_hours_apart_agree(trial: Trial) -> None:
    for run in trial.runs("20 clocks an hour apart", times=FEW):
        run.works.proxy.harm(delay(0.02))
        run.withdraw()
        since = database_now()
        for seconds in (AN_HOUR, -AN_HOUR):
            run.works.sweeper(told={"FAULT_CLOCK": str(seconds)})
        run.await_end()
        assert run.states == {State.CONFIRMED}
        assert run.effects == SIZE
        told = Entry.objects.filter(change__in=run.acknowledged).values_list("at", flat=True)
        assert max(told) - since < timedelta(minutes=5)
        assert not Entry.objects.filter(action="change.unknown", at__gte=since).exists()
