"""Waking a worker to write exports. The row is the message; this is its doorbell."""

import logging
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from consentadmin.changes.states import Lane
from consentadmin.exports import writing

log = logging.getLogger(__name__)


@shared_task(name="exports.write")
def write(**later: Any) -> None:  # noqa: ANN401, ARG001
    """Write the exports that are due."""
    writing.run_due()


def ring_exports() -> None:
    """Wake a worker for exports. Where the bell is dead the sweeper rings again, every minute."""
    try:
        write.apply_async(queue=Lane.HOUSEKEEPING.value, expires=60, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("the bell did not ring: %s", type(error).__name__)
