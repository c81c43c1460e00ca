"""Pausing and holding what is sent to a datamart."""

import pytest
from django.db import IntegrityError, transaction

from consentadmin.audit.models import Entry
from consentadmin.audit.words import HOUSE, Action
from consentadmin.datamarts.models import Datamart
from consentadmin.datamarts.services import hold_sending, pause_sending, resume_sending
from tests import factories
from tests.fixtures.sandbox import RunningSandbox


def test_pausing_twice_leaves_one_entry(datamart: Datamart) -> None:
    for _ in range(2):
        pause_sending(datamart=datamart, why="The platform refused the API token.")
    assert Entry.objects.filter(action=Action.SENDING_PAUSED).count() == 1


def test_a_new_token_ends_a_pause(datamart: Datamart, sandbox: RunningSandbox) -> None:
    pause_sending(datamart=datamart, why="refused")
    assert factories.moved(datamart, sandbox.base_url, sandbox.token).sending_paused_at is None
    assert Entry.objects.filter(action=Action.SENDING_RESUMED).count() == 1


def test_resuming_what_is_not_paused_says_nothing(datamart: Datamart) -> None:
    resume_sending(datamart=datamart, by=HOUSE)
    assert not Entry.objects.filter(action=Action.SENDING_RESUMED).exists()


def test_a_shorter_hold_does_not_end_a_longer_one(datamart: Datamart) -> None:
    hold_sending(datamart=datamart, seconds=100)
    datamart.refresh_from_db()
    longer = datamart.sending_held_until
    hold_sending(datamart=datamart, seconds=1)
    datamart.refresh_from_db()
    assert datamart.sending_held_until == longer


def test_a_pause_without_a_reason_can_not_be(datamart: Datamart) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Datamart.objects.update(sending_paused_at="2026-01-01T00:00Z")


def test_the_token_is_not_readable_in_the_table(
    datamart: Datamart, sandbox: RunningSandbox
) -> None:
    assert sandbox.token.encode() not in bytes(datamart.token_sealed)
