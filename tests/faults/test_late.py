"""A worker stopped between its last look at its claim and its call (FAULTS §2, cell 5)."""

import signal
from collections.abc import Iterator

import pytest

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.models import Change
from consentadmin.changes.states import SETTLED, State
from tests.faults.trials import Trial
from tests.faults.works import until
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

QUICK = {"CONSENTADMIN_CHANGE_LEASE": "1"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A platform on which an older choice, written late, becomes the current one."""
    store = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    running = start_sandbox(store, admin=True, contrarian="older_becomes_current")
    yield running
    running.stop()


def test_a_write_that_comes_late_is_found_and_repaired(trial: Trial) -> None:
    for run in trial.runs("5 stopped past its lease, then writes"):
        (place,) = run.places(1)
        late = run.asker.ask(place, accepted=False)
        zombie = run.works.sweeper(told={**QUICK, "CONSENTADMIN_CRASH_AT": "held::STOP"})
        until(Change.objects.filter(pk=late.pk, state=State.SENDING).exists)
        newer = run.asker.ask(place, accepted=False)
        run.works.sweeper(told=QUICK)
        until(Change.objects.filter(pk=newer.pk, state=State.CONFIRMED).exists)
        assert Change.objects.get(pk=late.pk).state == State.SUPERSEDED
        zombie.send(signal.SIGCONT)
        found = Entry.objects.filter(action=Action.CHANGE_LATE_WRITE, data__late=late.pk)
        until(found.exists)
        until(lambda: not Change.objects.exclude(state__in=SETTLED).exists())
        assert run.asker.stands(place) == newer.choice_ts
        stamps = [write.version.choice_ts for write in run.history.writes()]
        assert stamps == [newer.choice_ts, late.choice_ts, newer.choice_ts]
        run.excused = 2  # the late write, and the one that mends it
