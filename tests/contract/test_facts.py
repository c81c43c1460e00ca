"""No documented fact without a test that bears its name, and no test of a fact that is none."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.contract.facts import FACTS

TESTS = Path(__file__).parents[1]
FOLDERS = ("contract", "mediarithmics", "sandbox")


def modules() -> Iterator[ModuleType]:
    for folder in FOLDERS:
        for path in (TESTS / folder).glob("test_*.py"):
            yield importlib.import_module(f"tests.{folder}.{path.stem}")


def shown() -> dict[str, list[str]]:
    """Which tests bear the name of each fact."""
    found: dict[str, list[str]] = {}
    for module in modules():
        for name, test in vars(module).items():
            marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
            for fact in (each for mark in marks if mark.name == "fact" for each in mark.args):
                found.setdefault(fact, []).append(name)
    return found


def test_every_fact_has_a_test_and_every_test_a_fact() -> None:
    assert set(shown()) == set(FACTS)


@pytest.mark.parametrize("section", range(1, 9))
def test_every_section_has_facts(section: int) -> None:
    assert [name for name in FACTS if name.startswith(f"§{section} ")]


def test_no_row_of_the_table_is_passed_over() -> None:
    told = (TESTS.parent / "consentadmin" / "sandbox" / "README.md").read_text("utf-8")
    table = told.partition("### What is documented or seen")[2].partition("###")[0]
    rows = [line for line in table.splitlines() if re.match(r"\| *§", line)]
    assert len(rows) == len(FACTS) > 80
