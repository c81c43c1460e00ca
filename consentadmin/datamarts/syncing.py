"""Reading a datamart's processings, compartments and channels into our own tables (PLATFORM §8).

What the platform no longer lists is kept and marked as gone: choices may still point at it.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Max

from consentadmin import vault
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.models import Entry
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Channel, Compartment, Datamart, Processing, Referential
from consentadmin.mediarithmics import shapes
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import PlatformError

LONGEST_ID, LONGEST_NAME, LONGEST_TEXT = 40, 300, 10_000


@dataclass(frozen=True, slots=True)
class Synced:
    """How many referentials a reading found, and how many known ones are gone since."""

    processings: int
    compartments: int
    channels: int
    gone: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the platform says of a datamart, read before any transaction begins."""

    datamart: shapes.Datamart
    organisation: shapes.Organisation
    processings: Sequence[shapes.Processing]
    compartments: Sequence[shapes.Compartment]
    channels: Sequence[shapes.Channel]


FAILURES = (PlatformError, DatabaseError, ValueError, vault.BadSeal)
"""What can end a reading: the platform, what it says, or a token that no key opens."""


def sync(*, datamart: Datamart, by: Actor = HOUSE) -> Synced:
    """Read the referentials of one datamart, and return how many there are.

    Raises one of FAILURES, once the failure is kept with the datamart and in the trail.
    """
    try:
        return _keep(datamart, _read(client_for(datamart), datamart.platform_id), by)
    except FAILURES as error:
        _keep_failure(datamart, error, by)
        raise


def _read(client: Client, platform_id: str) -> _Reading:
    about = client.datamart(platform_id)
    organisation = client.organisation(about.organisation_id)
    return _Reading(
        datamart=about,
        organisation=organisation,
        processings=client.processings(organisation.community_id),
        compartments=client.compartments(platform_id),
        channels=client.channels(about.organisation_id),
    )


@transaction.atomic
def _keep(datamart: Datamart, reading: _Reading, by: Actor) -> Synced:
    processings = [
        _row(p.id, p.name)
        | {
            "purpose": _clean(p.purpose, LONGEST_TEXT),
            "legal_basis": _clean(p.legal_basis, 80),
            "technical_name": _clean(p.technical_name, LONGEST_NAME),
            "is_archived": p.archived,
        }
        for p in reading.processings
    ]
    compartments = [_row(c.id, c.name) | {"is_default": c.default} for c in reading.compartments]
    channels = [_row(c.id, c.name) | {"kind": _clean(c.type, 40)} for c in reading.channels]
    gone = _merge(Processing, datamart, processings)
    gone += _merge(Compartment, datamart, compartments)
    gone += _merge(Channel, datamart, channels)
    Datamart.objects.filter(pk=datamart.pk).update(
        organisation_id=_clean(reading.organisation.id, LONGEST_ID),
        community_id=_clean(reading.organisation.community_id, LONGEST_ID),
        time_zone=_clean(reading.datamart.time_zone, 60),
        synced_at=DatabaseNow(),
        sync_failed_at=None,
        sync_failure="",
    )
    done = Synced(len(processings), len(compartments), len(channels), gone)
    record(
        action=Action.DATAMART_SYNCED, actor=by, datamart=datamart.platform_id, data=asdict(done)
    )
    _note_first_use(datamart, by)
    return done


def _note_first_use(datamart: Datamart, by: Actor) -> None:
    """Record that the platform accepts the API token, once after it was set or refused."""
    told = [Action.DATAMART_SET, Action.SENDING_PAUSED, Action.TOKEN_USED]
    found = Entry.objects.filter(datamart=datamart.platform_id, action__in=told)
    last = dict(found.values_list("action").annotate(Max("pk")))
    used = last.pop(Action.TOKEN_USED, 0)
    if max(last.values(), default=1) > used:
        record(action=Action.TOKEN_USED, actor=by, datamart=datamart.platform_id)


def _row(platform_id: str, name: str) -> dict[str, Any]:
    return {"platform_id": platform_id, "name": _clean(name, LONGEST_NAME)}


def _clean(text: str, most: int) -> str:
    """Return what a column of PostgreSQL can hold of a text of the platform's."""
    return text.replace("\x00", "")[:most]


def _merge(kind: type[Referential], datamart: Datamart, rows: Iterable[dict[str, Any]]) -> int:
    """Upsert the rows of one kind, mark what is no longer listed, and return how many those are."""
    now = DatabaseNow()
    found = {row["platform_id"]: row for row in rows if _is_id(row["platform_id"])}
    kind.objects.bulk_create(
        [kind(datamart=datamart, gone_at=None, seen_at=now, **row) for row in found.values()],
        update_conflicts=True,
        unique_fields=["datamart", "platform_id"],
        update_fields=[
            "gone_at",
            "seen_at",
            *(next(iter(found.values()), {}).keys() - {"platform_id"}),
        ],
    )
    listed = kind.objects.filter(datamart=datamart, gone_at=None)
    return listed.exclude(platform_id__in=found).update(gone_at=now)


def _is_id(text: str) -> bool:
    return len(text) <= LONGEST_ID and "\x00" not in text


@transaction.atomic
def _keep_failure(datamart: Datamart, error: Exception, by: Actor) -> None:
    said = str(error) if isinstance(error, PlatformError) else "What was read can't be kept."
    Datamart.objects.filter(pk=datamart.pk).update(
        sync_failed_at=DatabaseNow(), sync_failure=said[:300]
    )
    record(
        action=Action.DATAMART_SYNCED,
        actor=by,
        outcome=Outcome.FAILED,
        datamart=datamart.platform_id,
        data={"error": type(error).__name__, "error_id": getattr(error, "error_id", None)},
    )


def sync_all() -> None:
    """Read the referentials of every datamart; a failure is kept and told with its datamart."""
    for datamart in Datamart.objects.order_by("pk"):
        with suppress(*FAILURES):
            sync(datamart=datamart)
