"""A worker stopped between its last look at its claim and its call (FAULTS §2, cell 5)."""

import signal
from collections.abc import Iterator
from functools import partial

import pytest

from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.changes.models import Change
from consentadmin.changes.states import SETTLED, State
from consentadmin.datamarts.models import Datamart
from consentadmin.subjects.models import Handle
from tests.faults.trials import FEW, Run, Trial
from tests.faults.works import Process, until
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


def outrun(run: Run, handle: Handle, at: str) -> tuple[Change, Process]:
    """Stop a worker at a place with a change of a profile that another then carries out."""
    late = run.asker.write_profile(handle, city="Lyon", team="red")
    zombie = run.works.sweeper(told=QUICK | {"CONSENTADMIN_CRASH_AT": f"{at}:{late.pk}:STOP"})
    until(Change.objects.filter(pk=late.pk, state=State.SENDING).exists)
    run.works.sweeper(told=QUICK)
    run.await_end()
    return late, zombie


def mended(late: Change, newer: Change) -> bool:
    """Tell whether the late write was found over the newer change, and all is settled again."""
    found = Entry.objects.filter(action=Action.CHANGE_LATE_WRITE, data__late=late.pk)
    if not found.filter(data__repeats=newer.pk).exists():
        return False
    return not Change.objects.exclude(state__in=SETTLED).exists()


def test_a_profile_that_is_written_late_is_put_back(trial: Trial) -> None:
    for run in trial.runs("5 a profile, stopped past its lease, then written"):
        ((handle, _),) = run.places(1)
        late, zombie = outrun(run, handle, "held")
        newer = run.asker.write_profile(handle, city="Paris")
        run.await_end()
        left = run.asker.profile(handle)
        zombie.send(signal.SIGCONT)
        until(partial(mended, late, newer))
        assert run.asker.profile(handle) == left


def test_a_profile_that_a_late_write_brings_back_is_deleted_again(trial: Trial) -> None:
    Datamart.objects.update(approve_deletions=False)
    for run in trial.runs("5 a profile, deleted, then written late", times=FEW):
        ((handle, _),) = run.places(1)
        late, zombie = outrun(run, handle, "held")
        newer = run.asker.delete_profile(handle)
        run.await_end()
        zombie.send(signal.SIGCONT)
        until(partial(mended, late, newer))
        assert run.asker.profile(handle) is None


def test_a_profile_that_somebody_else_wrote_meanwhile_is_left_as_it_is(trial: Trial) -> None:
    for run in trial.runs("5 a profile, written late, and again elsewhere", times=FEW):
        ((handle, _),) = run.places(1)
        late, zombie = outrun(run, handle, "called")  # it has written, unheard
        run.asker.write_profile(handle, city="Paris")
        run.await_end()
        run.asker.edit_elsewhere(handle, city="Brest")
        zombie.send(signal.SIGCONT)
        until(Entry.objects.filter(action=Action.CHANGE_LATE, change=late.pk).exists)
        until(lambda: not Change.objects.exclude(second_look_at=None).exists())
        assert (run.asker.profile(handle) or {})["city"] == "Brest"
        assert not Change.objects.filter(told__mends=late.pk).exists()
