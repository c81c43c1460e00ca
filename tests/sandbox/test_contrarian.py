"""The contrarian sandbox: what can be asked for, and that no fact lacks its opposite."""

import importlib
import subprocess
from dataclasses import fields, replace
from pathlib import Path

import pytest

from consentadmin.sandbox.contrarian import SECTIONS, UnknownFactError, contrarian
from consentadmin.sandbox.decisions import ORDINARY, Decisions
from tests.fixtures.sandbox import free_port, sandbox_command
from tests.sandbox.contrary import SHOWN

FACTS = {each.name: each for each in fields(Decisions)}


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_has_a_section_and_an_opposite(name: str) -> None:
    told = FACTS[name].metadata
    assert set(told["sections"]) <= set(SECTIONS.values())
    assert told["sections"]
    assert told["contrarian"] != FACTS[name].default


def test_every_fact_is_shown_from_both_sides() -> None:
    for path in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(f"tests.sandbox.{path.stem}")
    assert set(FACTS) == SHOWN


def test_it_turns_everything_round() -> None:
    turned = contrarian()
    assert all(getattr(turned, name) != getattr(ORDINARY, name) for name in FACTS)


@pytest.mark.parametrize("section", SECTIONS)
def test_it_turns_one_section_round(section: str) -> None:
    turned = contrarian([section])
    here = {name for name in FACTS if getattr(turned, name) != getattr(ORDINARY, name)}
    number = SECTIONS[section]
    assert here == {name for name in FACTS if number in FACTS[name].metadata["sections"]}
    assert here


def test_it_turns_single_facts_round() -> None:
    turned = contrarian(["flags_win", "page_size"])
    assert turned == replace(
        ORDINARY, flags_win=True, page_size=FACTS["page_size"].metadata["contrarian"]
    )


def test_it_knows_no_other_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownFactError, match="'weather'"):
        contrarian(["choices", "weather"])
    command = sandbox_command(tmp_path / "x.db", free_port(), contrarian="weather")
    refused = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert refused.returncode == 2
    assert "'weather' is neither a section nor a fact" in refused.stderr
