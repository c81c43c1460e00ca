"""Reading referentials, each hour by Celery beat."""

from typing import Any

from celery import shared_task

from consentadmin.datamarts import syncing


@shared_task(name="datamarts.sync_referentials")
def sync_referentials(**later: Any) -> None:  # noqa: ANN401, ARG001
    """Read the referentials of every datamart; one that fails does not stop the rest."""
    syncing.sync_all()
