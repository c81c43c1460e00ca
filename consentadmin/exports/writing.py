"""A worker writes an export: claimed under a lease, in chunks, resumable, and stopped when asked.

A worker that dies leaves its chunks: another takes the export over once the lease has run out and
goes on after the last whole chunk, on the same checkpoint, so that the bytes come out the same.
"""

import hashlib
import json
import logging
import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction

from consentadmin.audit import context
from consentadmin.audit.bundles.writing import AnotherBundle, is_broken_off, pack, write_bundle
from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.keeping import connect
from consentadmin.audit.notes import Checkpoint
from consentadmin.audit.queries import entries
from consentadmin.audit.seals import NobodySeals, ask_for_checkpoint
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Outcome
from consentadmin.exports import filters
from consentadmin.exports.models import UNFINISHED, Export, ExportState
from consentadmin.exports.places import archive, folder

log = logging.getLogger(__name__)

LONGEST_WAIT = 3600.0


class Stopped(Exception):
    """The export is no longer ours: cancelled, or taken over by another worker."""


def run_due() -> int:
    """Write every export that is due, one after the other, and return how many were tried."""
    tried = 0
    while (export := _claim()) is not None:
        tried += 1
        with context.request(export.request_id or "-"):
            _contained(export)
    return tried


@transaction.atomic
def _claim() -> Export | None:
    now = DatabaseNow()
    due = Export.objects.filter(state__in=UNFINISHED, due_at__lte=now)
    due = due.exclude(lease_until__gt=now).order_by("due_at")
    export = due.select_for_update(skip_locked=True).first()
    if export is None:
        return None
    export.fence += 1
    export.attempts += 1
    export.state = ExportState.RUNNING
    Export.objects.filter(pk=export.pk).update(
        fence=export.fence,
        attempts=export.attempts,
        state=export.state,
        lease_until=DatabaseNow().plus(settings.EXPORT_LEASE),
    )
    return export


def _contained(export: Export) -> None:
    try:
        _write(export)
    except Stopped:
        log.info("export stopped")
    except DatabaseError:
        raise  # the database is away: the lease will tell
    except AnotherBundle as error:  # a month was pruned meanwhile: begin anew
        shutil.rmtree(folder(export), ignore_errors=True)
        _put_off(export, type(error).__name__)
    except (NobodySeals, OSError) as error:
        _put_off(export, type(error).__name__)
    except Exception as error:
        log.exception("an export failed")
        _put_off(export, type(error).__name__)


def _write(export: Export) -> None:
    asked, upto = filters.read(export.filters), _checkpoint(export)
    if export.total is None:
        export.total = entries(asked).count()
    _keep(export, total=export.total)
    place = folder(export)
    if not is_broken_off(place):  # whoever died while packing it left nothing to go on with
        shutil.rmtree(place, ignore_errors=True)
    with connect() as connection:
        manifest = write_bundle(
            connection,
            place,
            asked=asked,
            upto=upto,
            with_csv=export.with_csv,
            with_parquet=export.with_parquet,
            tell=lambda rows: _tell(export, rows),
        )
    _tell(export, json.loads(manifest.read_text(encoding="utf-8"))["rows"])
    _finish(export, place)


def _checkpoint(export: Export) -> Signed:
    """Return the checkpoint to stand on: the one it began with, or one signed now."""
    if not export.note:
        export.note = ask_for_checkpoint(within=settings.EXPORT_CHECKPOINT_WITHIN).note
        _keep(export, note=export.note)
    said = export.note.rpartition("\n\n")[0] + "\n"
    return Signed(0, Checkpoint.parse(said), export.note, export.asked_at)


def _tell(export: Export, rows: int) -> None:
    export.rows = rows
    _keep(export, rows=rows)


def _keep(export: Export, **fields: object) -> None:
    """Note how far it has come, and go on holding it. Raises Stopped."""
    held = Export.objects.filter(pk=export.pk, fence=export.fence, state=ExportState.RUNNING)
    lease = DatabaseNow().plus(settings.EXPORT_LEASE)
    if held.update(lease_until=lease, **fields) != 1:
        raise Stopped


def _finish(export: Export, place: Path) -> None:
    packed = archive(export)
    draft = packed.with_suffix(".part")
    pack(place, draft)
    with draft.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    draft.replace(packed)
    shutil.rmtree(place, ignore_errors=True)
    with transaction.atomic():
        _keep(
            export,
            state=ExportState.DONE,
            bytes=packed.stat().st_size,
            sha256=digest,
            error="",
            ended_at=DatabaseNow(),
            expires_at=DatabaseNow().plus(settings.EXPORT_LIFE),
        )
        record(action=Action.EXPORT_MADE, actor=HOUSE, data={**export.facts, "sha256": digest})


def wait(attempts: int) -> float:
    """Return how many seconds to wait after so many attempts: an hour at most."""
    return min(float(settings.EXPORT_RETRY) * 2.0 ** min(attempts - 1, 20), LONGEST_WAIT)


@transaction.atomic
def _put_off(export: Export, error: str) -> None:
    """Try again later, or give up and say so. That of a month is tried until it is written."""
    gives_up = export.month is None and export.attempts >= settings.EXPORT_ATTEMPTS
    fields = {"state": ExportState.FAILED, "ended_at": DatabaseNow()} if gives_up else {}
    later = DatabaseNow().plus(wait(export.attempts))
    held = Export.objects.filter(pk=export.pk, fence=export.fence, state=ExportState.RUNNING)
    waits = {"state": ExportState.QUEUED, "due_at": later, "lease_until": None, "error": error}
    if held.update(**{**waits, **fields}) == 1 and gives_up:
        record(
            action=Action.EXPORT_FAILED,
            actor=HOUSE,
            outcome=Outcome.FAILED,
            data={**export.facts, "error": error},
        )
