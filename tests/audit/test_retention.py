"""Each action belongs to one class, and each class is kept long enough."""

from itertools import combinations

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from pytest_django import Settings

from consentadmin.audit.retention import CLASSES, SHORTEST, Retention, class_of
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action


def test_every_action_has_a_class() -> None:
    assert {action for actions in CLASSES.values() for action in actions} == set(Action)


def test_no_action_has_two() -> None:
    for one, other in combinations(CLASSES.values(), 2):
        assert not one & other


def test_what_was_put_into_no_class_is_kept_for_ever() -> None:
    assert class_of("something.new") == Retention.HOUSE
    assert Retention.HOUSE not in SHORTEST


def test_by_default_a_class_is_kept_for_as_long_as_it_must_be() -> None:
    assert django_settings.KEEP_MONTHS.keys() == SHORTEST.keys()
    assert not [found for found in run_checks() if found.id == "consentadmin.E001"]


@pytest.mark.parametrize("name", SHORTEST)
def test_a_class_kept_for_less_is_named_at_the_start(settings: Settings, name: Retention) -> None:
    settings.KEEP_MONTHS = {**settings.KEEP_MONTHS, name.value: SHORTEST[name] - 1}
    found = [str(message) for message in run_checks() if message.id == "consentadmin.E001"]
    assert len(found) == 1
    assert f"CONSENTADMIN_KEEP_{name.upper()}_MONTHS is {SHORTEST[name] - 1}" in found[0]


def test_a_hold_on_no_class_is_named_at_the_start(settings: Settings) -> None:
    settings.TRAIL_HOLD = ["access", "acess"]
    found = [str(message) for message in run_checks() if message.id == "consentadmin.E002"]
    assert len(found) == 1
    assert "CONSENTADMIN_TRAIL_HOLD names acess" in found[0]


@pytest.mark.parametrize(
    ("action", "retention"),
    [
        (Action.READ, Retention.ACCESS),
        (Action.CHANGE_CONFIRMED, Retention.PROOF),
        (Action.TRAIL_PRUNED, Retention.HOUSE),
    ],
)
def test_an_entry_is_written_under_its_class(
    db: None, action: Action, retention: Retention
) -> None:
    entry = record(action=action, actor=HOUSE)
    assert entry.retention == retention
    entry.refresh_from_db()
    assert entry.retention == retention
