"""Setting datamarts up, reading their referentials, and pausing what is sent to them."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest

from consentadmin import vault
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome
from consentadmin.datamarts.connect import client_for
from consentadmin.datamarts.models import Channel, Compartment, Datamart, Processing, Referential
from consentadmin.mediarithmics import shapes
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.mediarithmics.hashing import HashRule


@transaction.atomic
def set_up(
    *,
    platform_id: str,
    name: str,
    api_url: str,
    token: str,
    hash_rule: HashRule | None = None,
    by: Actor = HOUSE,
) -> Datamart:
    """Add a datamart, or give a known one a new name, address, API token or hash rule.

    A new API token is what a pause waits for: it ends the pause. Without `hash_rule` the rule
    stays as it is; a new datamart gets the default one (PLATFORM §3).
    """
    api_url = api_url.rstrip("/")
    new = Datamart(platform_id=platform_id, api_url=api_url)
    sealed = vault.field_keys().seal(token.encode(), context=new.token_context)
    datamart, is_new = Datamart.objects.update_or_create(
        platform_id=platform_id,
        defaults={
            "name": name,
            "api_url": api_url,
            "token_sealed": sealed,
            "sending_paused_at": None,
            "sending_paused_why": "",
            **(_hash_fields(platform_id, hash_rule) if hash_rule else {}),
        },
    )
    record(action=Action.DATAMART_SET, actor=by, datamart=platform_id, data={"new": is_new})
    return datamart


def _hash_fields(platform_id: str, rule: HashRule) -> dict[str, Any]:
    salt = vault.field_keys().seal(rule.salt.encode(), context=f"datamart salt {platform_id}")
    return {
        "hash_function": rule.function.value,
        "hash_trim": rule.trim,
        "hash_lower": rule.lower,
        "hash_salt_sealed": salt if rule.salt else None,
    }


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


def sync(*, datamart: Datamart, by: Actor = HOUSE) -> Synced:
    """Read the datamart's processings, compartments and channels into our tables (PLATFORM §8).

    What the platform no longer lists is kept and marked as gone: choices may still point at it.
    Raises PlatformError, once the failure is kept with the datamart and in the trail.
    """
    try:
        reading = _read(client_for(datamart), datamart.platform_id)
    except PlatformError as error:
        _keep_failure(datamart, error, by)
        raise
    return _keep(datamart, reading, by)


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
    gone = _merge(
        Processing,
        datamart,
        [
            {
                "platform_id": p.id,
                "name": p.name,
                "purpose": p.purpose,
                "legal_basis": p.legal_basis,
                "technical_name": p.technical_name,
                "is_archived": p.archived,
            }
            for p in reading.processings
        ],
    )
    gone += _merge(
        Compartment,
        datamart,
        [
            {"platform_id": c.id, "name": c.name, "is_default": c.default}
            for c in reading.compartments
        ],
    )
    gone += _merge(
        Channel,
        datamart,
        [{"platform_id": c.id, "name": c.name, "kind": c.type} for c in reading.channels],
    )
    Datamart.objects.filter(pk=datamart.pk).update(
        organisation_id=reading.organisation.id,
        community_id=reading.organisation.community_id,
        time_zone=reading.datamart.time_zone or "",
        synced_at=DatabaseNow(),
        sync_failed_at=None,
        sync_failure="",
    )
    done = Synced(len(reading.processings), len(reading.compartments), len(reading.channels), gone)
    record(
        action=Action.DATAMART_SYNCED,
        actor=by,
        datamart=datamart.platform_id,
        data={
            "processings": done.processings,
            "compartments": done.compartments,
            "channels": done.channels,
            "gone": done.gone,
        },
    )
    return done


def _merge(kind: type[Referential], datamart: Datamart, rows: Iterable[dict[str, Any]]) -> int:
    """Upsert the rows of one kind, mark what is no longer listed, and return how many those are."""
    now = DatabaseNow()
    found = {row["platform_id"]: row for row in rows}
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


@transaction.atomic
def _keep_failure(datamart: Datamart, error: PlatformError, by: Actor) -> None:
    Datamart.objects.filter(pk=datamart.pk).update(
        sync_failed_at=DatabaseNow(), sync_failure=str(error)[:300]
    )
    record(
        action=Action.DATAMART_SYNCED,
        actor=by,
        outcome=Outcome.FAILED,
        datamart=datamart.platform_id,
        data={"error": type(error).__name__, "error_id": error.error_id},
    )


@transaction.atomic
def pause_sending(*, datamart: Datamart, why: str, by: Actor = HOUSE) -> None:
    """Stop sending to a datamart until a person resumes it: the platform refuses our API token."""
    running = Datamart.objects.filter(pk=datamart.pk, sending_paused_at=None)
    if running.update(sending_paused_at=DatabaseNow(), sending_paused_why=why[:300]) == 1:
        record(
            action=Action.SENDING_PAUSED, actor=by, datamart=datamart.platform_id, data={"why": why}
        )


@transaction.atomic
def resume_sending(*, datamart: Datamart, by: Actor) -> None:
    """Send again to a datamart that was paused; one that was not is left as it is."""
    paused = Datamart.objects.filter(pk=datamart.pk).exclude(sending_paused_at=None)
    if paused.update(sending_paused_at=None, sending_paused_why="") == 1:
        record(action=Action.SENDING_RESUMED, actor=by, datamart=datamart.platform_id)


def hold_sending(*, datamart: Datamart, seconds: float) -> None:
    """Send nothing to a datamart for so many seconds: the platform asked for it (429)."""
    until = DatabaseNow().plus(seconds)
    Datamart.objects.filter(pk=datamart.pk).update(
        sending_held_until=Greatest("sending_held_until", until)
    )


def sendable() -> Q:
    """Return the condition under which a change's datamart may be sent to."""
    return Q(datamart__sending_paused_at=None) & (
        Q(datamart__sending_held_until=None) | Q(datamart__sending_held_until__lte=DatabaseNow())
    )


def sync_all() -> None:
    """Read the referentials of every datamart; a failure is kept and told with its datamart."""
    for datamart in Datamart.objects.order_by("pk"):
        with suppress(PlatformError):
            sync(datamart=datamart)
