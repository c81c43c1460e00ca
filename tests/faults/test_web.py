"""The web server killed while staff send changes: after the commit, or at any time (cell 4)."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from consentadmin.changes.models import Change
from consentadmin.changes.states import State
from tests.faults.asking import Place
from tests.faults.trials import FEW, SIZE, Run, Trial
from tests.faults.web import Visitor, deaf_bell, running_web
from tests.faults.works import until


def sent_and_killed(
    run: Run, folder: Path, *, broker: str, when: Callable[[], object]
) -> list[Place]:
    """Send withdrawals side by side, kill the server, and return those it said it had taken."""
    before, places = set(Change.objects.values_list("pk", flat=True)), run.places()
    with running_web(run.works, folder, broker=broker) as web, ThreadPoolExecutor(SIZE) as staff:
        visitor = Visitor(web, run.asker.by)
        forms = [visitor.review(place) for place in places]
        sending = [staff.submit(visitor.send, *one) for one in zip(places, forms, strict=True)]
        when()
        web.kill()
        taken = [place for place, one in zip(places, sending, strict=True) if one.result()]
    run.acknowledged += Change.objects.exclude(pk__in=before).values_list("pk", flat=True)
    return taken


def until_there_are(number: int) -> None:
    """Wait until so many changes are committed."""
    until(lambda: Change.objects.count() == number)


def carry_on(run: Run) -> None:
    """Start a worker and a sweeper that rings, and wait for the end of all."""
    run.works.worker()
    run.works.sweeper(rings=True)
    run.began = time.monotonic()
    run.await_end()


def test_a_web_server_killed_after_the_commit_and_before_the_bell_loses_nothing(
    trial: Trial, tmp_path: Path
) -> None:
    for run in trial.runs("4 web server killed before the bell", times=FEW):
        with deaf_bell() as broker:  # whoever rings it waits, and is killed waiting
            taken = sent_and_killed(
                run,
                tmp_path,
                broker=broker,
                when=partial(until_there_are, Change.objects.count() + SIZE),
            )
        assert len(taken) < SIZE == len(run.acknowledged)
        carry_on(run)
        assert run.states == {State.CONFIRMED}


def test_a_web_server_killed_at_any_time_loses_nothing_it_said_it_had(
    trial: Trial, tmp_path: Path
) -> None:
    for run in trial.runs("4 web server killed at any time"):
        taken = sent_and_killed(
            run,
            tmp_path,
            broker=run.works.broker.url,
            when=partial(time.sleep, run.dice.random() / 2),
        )
        changes = Change.objects.filter(pk__in=run.acknowledged)
        kept = set(changes.values_list("subject", "processing"))
        assert {(handle.subject_id, processing) for handle, processing in taken} <= kept
        carry_on(run)
