"""Waking a worker to drain a lane. The row is the message; this is its doorbell."""

import logging
from typing import Any

from celery import shared_task

from consentadmin.changes import draining
from consentadmin.changes.states import Lane

log = logging.getLogger(__name__)


@shared_task(name="changes.drain")
def drain(*, lane: str, **later: Any) -> None:  # noqa: ANN401, ARG001
    """Carry out what is due in a lane."""
    draining.drain(lane=Lane(lane))


def ring(lane: Lane) -> bool:
    """Wake a worker for a lane, and return whether the bell was heard to ring.

    To be called after the commit. It names no work, and its failure costs nothing but time: the
    sweeper looks every second.
    """
    try:
        drain.apply_async(kwargs={"lane": lane.value}, queue=lane.value, expires=60, retry=False)
    except Exception as error:  # noqa: BLE001  (each transport has errors of its own)
        log.warning("the bell did not ring: %s", type(error).__name__)
        return False
    return True
