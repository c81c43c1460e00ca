"""The checker itself: each kind of harm, done to a history that is clean, is found."""

import pytest

from consentadmin.changes.models import Change
from consentadmin.changes.states import State
from tests.faults.asking import Asker
from tests.faults.truth import History, Write, judge
from tests.faults.works import Works, until


@pytest.fixture
def asked(works: Works, asker: Asker) -> tuple[list[int], list[Write]]:
    """Two withdrawals of one choice, carried out one after the other, and their writes."""
    history, (place,) = History(works.sandbox), asker.places(1)
    works.sweeper()
    for _ in range(2):
        change = asker.ask(place, accepted=False)
        until(Change.objects.filter(pk=change.pk, state=State.CONFIRMED).exists)
    return asker.acknowledged, history.writes()


def test_it_finds_nothing_where_nothing_is_wrong(asked: tuple[list[int], list[Write]]) -> None:
    acknowledged, writes = asked
    assert len(writes) == 2
    assert judge(acknowledged, writes).is_clean


def test_it_finds_what_is_lost(asked: tuple[list[int], list[Write]]) -> None:
    acknowledged, writes = asked
    assert len(judge(acknowledged, writes[1:]).lost) == 1
    assert len(judge([*acknowledged, 10**9], writes).lost) == 1


def test_it_finds_what_took_effect_twice(asked: tuple[list[int], list[Write]]) -> None:
    acknowledged, (first, last) = asked
    assert len(judge(acknowledged, [first, last, last]).doubled) == 1
    repeat = last._replace(took_effect=False)
    assert judge(acknowledged, [first, last, repeat]).is_clean
    other = last._replace(took_effect=False, body="{}")
    assert len(judge(acknowledged, [first, last, other]).doubled) == 1


def test_it_finds_an_old_change_on_top_of_a_new_one(asked: tuple[list[int], list[Write]]) -> None:
    acknowledged, (first, last) = asked
    said = str(judge(acknowledged, [last, first]).wrong)
    assert "goes back" in said
    assert "not what is there" in said


def test_it_finds_what_nobody_asked_for(asked: tuple[list[int], list[Write]]) -> None:
    acknowledged, writes = asked
    assert "not asked for" in str(judge(acknowledged[1:], writes))


def test_it_finds_an_end_that_is_not_told(asked: tuple[list[int], list[Write]]) -> None:
    acknowledged, writes = asked
    Change.objects.filter(pk=acknowledged[0]).update(state=State.DECLINED)
    said = str(judge(acknowledged, writes).wrong)
    assert "was applied all the same" not in said  # it says that it may have been
    assert "has the ends" in said
