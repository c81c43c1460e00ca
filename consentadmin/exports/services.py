"""Asking for an export, writing what is due, and giving it out. Each step leaves its entry."""

import logging
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F

from consentadmin.accounts.models import Staff
from consentadmin.audit import context
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.filters import Filter
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome
from consentadmin.exports import filters
from consentadmin.exports.models import UNFINISHED, Export, ExportState
from consentadmin.exports.places import archive, discard
from consentadmin.exports.queries import open_deliveries

log = logging.getLogger(__name__)


class NotThere(Exception):
    """The export is not ready, expired, or its file is gone."""


@transaction.atomic
def request_export(
    *,
    asked: Filter,
    named: Collection[str],
    with_csv: bool,
    with_parquet: bool = False,
    by: Staff,
    role: str,
) -> Export:
    """Ask for the entries that pass a filter, as a bundle; return the queued export.

    `named` are the filters that were set, for the entry. Once this returns it can't be lost.
    """
    export = Export.objects.create(
        asked_by=by,
        asker_role=role,
        filters=filters.stored(asked),
        named=sorted(named),
        with_csv=with_csv,
        with_parquet=with_parquet,
        request_id=context.request_id(),
    )
    actor = Actor(id=by.pk, name=by.name, role=role)
    record(action=Action.EXPORT_ASKED, actor=actor, data=export.facts)
    return Export.objects.get(pk=export.pk)


@transaction.atomic
def cancel(*, export: Export, by: Actor) -> None:
    """Stop an export that is not ready yet, and drop what is written. Raises NotThere."""
    stopped = Export.objects.filter(pk=export.pk, state__in=UNFINISHED).update(
        state=ExportState.CANCELLED,
        fence=F("fence") + 1,
        lease_until=None,
        ended_at=DatabaseNow(),
    )
    if stopped != 1:
        raise NotThere
    record(action=Action.EXPORT_CANCELLED, actor=by, data=export.facts)
    transaction.on_commit(lambda: discard(export))


def give_out(*, export: Export, by: Actor) -> Path:
    """Record that an export is downloaded, and return its file. Raises NotThere."""
    path = archive(export)
    ready = Export.objects.filter(
        pk=export.pk, state=ExportState.DONE, expires_at__gt=DatabaseNow()
    )
    if not ready.exists() or not path.is_file():
        record(
            action=Action.EXPORT_DOWNLOADED, actor=by, outcome=Outcome.NOT_FOUND, data=export.facts
        )
        raise NotThere
    record(action=Action.EXPORT_DOWNLOADED, actor=by, data=export.facts)
    return path


def expire() -> int:
    """Drop the files of exports whose time is over, and return how many those were.

    One that has still to be put somewhere is kept until it is there.
    """
    late = Export.objects.filter(state=ExportState.DONE, expires_at__lte=DatabaseNow())
    late = late.exclude(pk__in=open_deliveries().values("export"))
    expired = 0
    for export in late:
        with transaction.atomic():
            if late.filter(pk=export.pk).update(state=ExportState.EXPIRED) != 1:
                continue  # another process was quicker
            record(action=Action.EXPORT_EXPIRED, actor=HOUSE, data=export.facts)
        with suppress(OSError):
            discard(export)
        expired += 1
    return expired


def is_due() -> bool:
    """Return whether a worker has something to write, or to take over from one that died."""
    now = DatabaseNow()
    waiting = Export.objects.filter(state__in=UNFINISHED, due_at__lte=now)
    return waiting.exclude(lease_until__gt=now).exists()


def life() -> float:
    """Return for how many seconds a ready export is kept."""
    return float(settings.EXPORT_LIFE)
