"""Waking a worker to write exports. The row is the message; this is its doorbell."""

from typing import Any

from celery import shared_task

from consentadmin.changes.states import Lane
from consentadmin.exports import delivering, monthly, writing
from consentadmin.tasks import bells

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
    bells.ring(write, queue=Lane.HOUSEKEEPING.value)


def ring_deliveries() -> None:
    """Wake a worker for deliveries; the sweeper rings again here, too."""
    bells.ring(deliver, queue=Lane.HOUSEKEEPING.value)
