"""Ringing for a worker: soon or not at all, since a person may wait for it."""

import logging
from typing import Any

from celery import Task, current_app
from django.conf import settings
from kombu.pools import producers

log = logging.getLogger(__name__)


def ring(task: Task[..., None], *, queue: str, expires: float = 60, **named: Any) -> bool:  # noqa: ANN401
    """Wake a worker for a task, and return whether the bell was heard to ring.

    To be called after the commit. A failure is told to the log and costs no more than
    settings.RING_OPTIONS say, by connections that have no other use.
    """
    line = current_app.connection_for_write(transport_options=settings.RING_OPTIONS)
    try:
        with producers[line].acquire(block=True, timeout=1) as producer:
            task.apply_async(
                kwargs=named, queue=queue, expires=expires, retry=False, producer=producer
            )
    except Exception as error:  # noqa: BLE001  (each transport has errors of its own)
        log.warning("the bell did not ring: %s", type(error).__name__)
        return False
    return True
