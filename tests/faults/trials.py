"""One fault, tried several times with dice of its own, and judged after each time."""

import os
import random
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from django.db import OperationalError, connection

from consentadmin.changes.models import Change
from consentadmin.changes.states import SETTLED, State
from tests.faults.asking import Asker, Place
from tests.faults.table import Row
from tests.faults.truth import History, Verdict, judge
from tests.faults.works import Process, Works, until

RUNS = int(os.environ.get("CONSENTADMIN_FAULT_RUNS", "1"))
SIZE = int(os.environ.get("CONSENTADMIN_FAULT_SIZE", "6"))
SEED = int(os.environ.get("CONSENTADMIN_FAULT_SEED", "0")) or random.SystemRandom().randrange(10**6)
"""How often a fault of random timing is tried, on how many choices each time, by which dice."""

FEW = max(RUNS // 10, 1)
"""How often a fault is tried whose timing is always the same."""


@dataclass
class Run:
    """One try of a fault."""

    works: Works
    asker: Asker
    dice: random.Random
    history: History
    acknowledged: list[int] = field(default_factory=list)
    excused: int = 0  # writes, from the newest back, that the test itself has accounted for
    began: float = field(default_factory=time.monotonic)

    @property
    def changes(self) -> list[Change]:
        """The changes that were asked for in this run, as they are now, the oldest first."""
        return list(Change.objects.filter(pk__in=self.acknowledged).order_by("pk"))

    @property
    def states(self) -> set[str]:
        """The states they are in; nothing is known of them while the database is away."""
        try:
            return {change.state for change in self.changes}
        except OperationalError:
            self.reconnect()
            return {"out of sight"}

    def reconnect(self) -> None:
        """Let go of a connection to a database that has gone."""
        connection.close()

    @property
    def effects(self) -> int:
        """How many writes the sandbox has taken in this run, repeats aside."""
        return sum(write.took_effect for write in self.history.writes())

    def places(self, number: int = SIZE) -> list[Place]:
        """Return so many choices of different people."""
        return self.asker.places(number)

    def withdraw(self, number: int = SIZE) -> list[Change]:
        """Ask for so many withdrawals, each of another choice."""
        return self.asker.withdraw(self.places(number))

    def well(self) -> Process:
        """From now on all is well, a sweeper is at work, and the time counts."""
        self.works.proxy.heal()
        self.began = time.monotonic()
        return self.works.sweeper()

    def await_first_call(self) -> None:
        """Wait until the first call of this run has come to the platform."""
        until(lambda: any(call.at > self.began for call in self.works.proxy.calls))

    def await_states(self, states: Collection[str]) -> None:
        """Wait until every change is in one of these states."""
        until(lambda: self.states <= set(states))

    def await_end(self, seconds: float = 40.0) -> None:
        """Wait until every change has come to its end."""
        ends = SETTLED | {State.STUCK}
        until(lambda: self.states <= ends, seconds, what=lambda: f"the end of {self.states}")


class Trial:
    """A fault on trial: `for run in trial.runs("1 killed before the call")`."""

    def __init__(self, works: Works, asker: Asker) -> None:
        self.works, self.asker = works, asker
        self.rows: list[Row] = []
        self.last = Verdict()

    def runs(
        self, fault: str, *, times: int = RUNS, within: float = 40.0, judged: bool = True
    ) -> Iterator[Run]:
        """Yield each run; when the test is through with it, let it end, and judge it.

        `within`: the stated time (seconds) in which every change must have come to its end. The
        verdict is `last`; unless `judged` is off, it must be clean.
        """
        row = Row(fault)
        self.rows.append(row)
        for number in range(times):
            seed = SEED + number
            asked: list[int] = []
            self.asker.acknowledged = asked
            dice = random.Random(seed)  # noqa: S311  (dice, not a secret)
            run = Run(self.works, self.asker, dice, History(self.works.sandbox), asked)
            yield run
            run.await_end(within)
            took = time.monotonic() - run.began
            self.works.stop()
            writes = run.history.writes()
            self.last = judge(asked, writes[: len(writes) - run.excused])
            self.last.wrong += [f"two at once: {one}" for one in self.works.proxy.crossed]
            row.add(self.last, changes=len(asked), took=took)
            self.works.proxy.heal()
            assert self.last.is_clean or not judged, f"seed {seed}: {self.last}"
