"""Verifying the trail: each hour by Celery beat."""

from typing import Any

from celery import shared_task

from consentadmin.audit import inspecting


@shared_task(name="audit.verify")
def verify(**later: Any) -> None:  # noqa: ANN401, ARG001
    """Verify the whole trail; how it ended is on the screens of officers and auditors."""
    inspecting.inspect()
