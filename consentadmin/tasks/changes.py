"""Waking a worker to drain a lane. The row is the message; this is its doorbell."""

from typing import Any

from celery import shared_task

from consentadmin.changes import draining
from consentadmin.changes.states import Lane
from consentadmin.tasks import bells


@shared_task(name="changes.drain")
def drain(*, lane: str, **later: Any) -> None:  # noqa: ANN401, ARG001
    """Carry out what is due in a lane."""
    draining.drain(lane=Lane(lane))


def ring(lane: Lane) -> bool:
    """Wake a worker for a lane, and return whether the bell was heard to ring.

    To be called after the commit. It names no work, and its failure costs nothing but time: the
    sweeper looks every second.
    """
    return bells.ring(drain, queue=lane.value, lane=lane.value)
