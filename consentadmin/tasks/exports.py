"""Waking a worker to write exports. The row is the message; this is its doorbell."""

import logging
from typing import Any

from celery import Task, shared_task

from consentadmin.changes.states import Lane
from consentadmin.exports import delivering, monthly, writing

log = logging.getLogger(__name__)

LONGEST_UPLOAD = 6 * 3600
"""Seconds that an upload may take: a month's export over a slow line."""


@shared_task(name="exports.write")
def write(**later: Any) -> None:  # noqa: ANN401, ARG001
    """Write the exports that are due."""
    writing.run_due()


@shared_task(name="exports.deliver", time_limit=LONGEST_UPLOAD)
def deliver(**later: Any) -> None:  # noqa: ANN401, ARG001
    """Put the exports of months into their places."""
    delivering.run_due()


@shared_task(name="exports.monthly")
def ask_by_month(**later: Any) -> None:  # noqa: ANN401, ARG001
    """Ask for the export of each month that is over and has none: each hour by Celery beat."""
    if monthly.ask_for_missing():
        ring_exports()


def ring_exports() -> None:
    """Wake a worker for exports. Where the bell is dead the sweeper rings again, every minute."""
    _ring(write)


def ring_deliveries() -> None:
    """Wake a worker for deliveries; the sweeper rings again here, too."""
    _ring(deliver)


def _ring(task: Task[..., None]) -> None:
    try:
        task.apply_async(queue=Lane.HOUSEKEEPING.value, expires=60, retry=False)
    except Exception as error:  # noqa: BLE001  (each transport has errors of its own)
        log.warning("the bell did not ring: %s", type(error).__name__)
