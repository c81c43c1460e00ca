"""Reading referentials: each hour by Celery beat, and when a member of staff asks for it."""

from contextlib import suppress
from typing import Any

from celery import shared_task

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Role
from consentadmin.changes.states import Lane
from consentadmin.datamarts import queries, syncing
from consentadmin.tasks import bells


@shared_task(name="datamarts.sync_referentials")
def sync_referentials(**later: Any) -> None:  # noqa: ANN401, ARG001
    """Read the referentials of every datamart; one that fails does not stop the rest."""
    syncing.sync_all()


@shared_task(name="datamarts.sync_one")
def sync_one(*, datamart: str, staff: int, role: str, **later: Any) -> None:  # noqa: ANN401, ARG001
    """Read the referentials of one datamart, for whom asked for it; a failure is kept with it."""
    by = Staff.objects.get(pk=staff).actor(Role(role))
    with suppress(*syncing.FAILURES):
        syncing.sync(datamart=queries.datamart(datamart), by=by)


def read_again(*, datamart: str, staff: int, role: str) -> bool:
    """Have the referentials of a datamart read soon, and return whether a worker was told.

    Nothing is kept for later: a broker that can't be reached costs the asking, and that is told.
    """
    return bells.ring(
        sync_one,
        queue=Lane.HOUSEKEEPING.value,
        expires=600,
        datamart=datamart,
        staff=staff,
        role=role,
    )
