"""The states and moves are a sound table (DESIGN §4, One change)."""

import re
from pathlib import Path

import pytest

from consentadmin.changes.states import ACTIONS, IN_FLIGHT, MOVES, OPEN, SETTLED, UNSENT, State


def test_every_state_is_open_settled_or_stuck() -> None:
    assert set(State) == OPEN | SETTLED | {State.STUCK}
    assert not OPEN & SETTLED
    assert OPEN == UNSENT | IN_FLIGHT


def test_every_state_tells_from_where_it_is_entered() -> None:
    assert set(MOVES) == set(State)


@pytest.mark.parametrize("settled", sorted(SETTLED))
def test_only_looking_again_leads_out_of_a_settled_state(settled: State) -> None:
    out = {to for to, origins in MOVES.items() if settled in origins}
    assert out == ({State.SENT} if settled == State.NOT_SEEN else set())


def test_confirmed_is_only_reached_after_a_worker_looked() -> None:
    assert MOVES[State.CONFIRMED] == IN_FLIGHT


def test_the_trail_has_a_word_for_each_state_in_use() -> None:
    begun_in = {State.AWAITING_APPROVAL}  # told by the asking itself
    assert set(ACTIONS) == set(State) - begun_in


def test_every_open_state_has_a_way_out() -> None:
    for state in OPEN | {State.STUCK}:
        assert any(state in origins for origins in MOVES.values())


def test_the_drawing_in_the_docs_has_every_move_and_no_other() -> None:
    text = (Path(__file__).parents[2] / "docs" / "states.md").read_text()
    drawn = {tuple(move) for move in re.findall(r"^ +(\w+) --> (\w+)$", text, re.MULTILINE)}
    moves = {(origin.value, to.value) for to, origins in MOVES.items() for origin in origins}
    assert drawn == {(a.replace("-", "_"), b.replace("-", "_")) for a, b in moves}
