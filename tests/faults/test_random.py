"""Faults at random, in short: the same as `python -m tests.faults.runner` does for minutes."""

import os
import subprocess
import sys

from tests.faults.nemesis import Nemesis
from tests.faults.trials import SIZE, Trial

SECONDS = float(os.environ.get("CONSENTADMIN_FAULT_SECONDS", "6"))


def test_whatever_happens_nothing_is_lost_doubled_or_wrong(trial: Trial) -> None:
    for run in trial.runs("faults at random", within=120):
        nemesis = Nemesis(run)
        nemesis.rage(run.places(SIZE), SECONDS)
        run.works.stop()
        run.well()


def test_the_runner_builds_its_works_and_prints_a_table() -> None:
    run = [sys.executable, "-m", "tests.faults.runner", "--seed", "1", "--minutes", "0"]
    said = subprocess.run(run, check=True, capture_output=True, text=True, timeout=120).stdout
    assert said.startswith("seed 1\n| fault |")
