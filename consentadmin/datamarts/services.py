"""Setting datamarts up, reading their referentials, and pausing what is sent to them."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Greatest

from consentadmin import vault
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.client import Client
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
    stays as it is; a new datamart gets the default one (PLATFORM §3). Raises ValueError for an
    address or an API token that no client can be made of.
    """
    api_url = api_url.rstrip("/")
    Client(base_url=api_url, token=token).close()
    new = Datamart(platform_id=platform_id, api_url=api_url)
    sealed = vault.field_keys().seal(token.encode(), context=new.token_context)
    paused = Datamart.objects.filter(platform_id=platform_id).exclude(sending_paused_at=None)
    was_paused = paused.exists()
    datamart, is_new = Datamart.objects.update_or_create(
        platform_id=platform_id,
        defaults={
            "name": name,
            "api_url": api_url,
            "token_sealed": sealed,
            "sending_paused_at": None,
            "sending_paused_why": "",
            "sending_resumed_at": DatabaseNow(),
            **(_hash_fields(platform_id, hash_rule) if hash_rule else {}),
        },
    )
    record(action=Action.DATAMART_SET, actor=by, datamart=platform_id, data={"new": is_new})
    if was_paused:
        record(action=Action.SENDING_RESUMED, actor=by, datamart=platform_id)
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
class Policy:
    """What needs a second pair of eyes on a datamart (DESIGN §4, four eyes)."""

    deletions: bool
    grants: bool
    bulk: bool


@transaction.atomic
def set_policy(*, datamart: Datamart, policy: Policy, by: Actor) -> None:
    """Say what needs approval from now on; what is under way keeps to what was asked."""
    fields = {f"approve_{name}": wanted for name, wanted in asdict(policy).items()}
    Datamart.objects.filter(pk=datamart.pk).update(**fields)
    record(
        action=Action.DATAMART_POLICY,
        actor=by,
        datamart=datamart.platform_id,
        data={"deletions": policy.deletions, "grants": policy.grants, "bulk": policy.bulk},
    )


@transaction.atomic
def pause_sending(*, datamart: Datamart, why: str, by: Actor = HOUSE) -> None:
    """Stop sending to a datamart until a person resumes it: the platform refuses our API token.

    The token is the one of `datamart` as it was loaded: a newer one is not paused for an older one.
    """
    running = Datamart.objects.filter(
        pk=datamart.pk, sending_paused_at=None, token_sealed=datamart.token_sealed
    )
    if running.update(sending_paused_at=DatabaseNow(), sending_paused_why=why[:300]) == 1:
        record(
            action=Action.SENDING_PAUSED, actor=by, datamart=datamart.platform_id, data={"why": why}
        )


@transaction.atomic
def resume_sending(*, datamart: Datamart, by: Actor) -> None:
    """Send again to a datamart that was paused; one that was not is left as it is."""
    paused = Datamart.objects.filter(pk=datamart.pk).exclude(sending_paused_at=None)
    now = DatabaseNow()
    if paused.update(sending_paused_at=None, sending_paused_why="", sending_resumed_at=now) == 1:
        record(action=Action.SENDING_RESUMED, actor=by, datamart=datamart.platform_id)


def hold_sending(*, datamart: Datamart, seconds: float) -> None:
    """Send nothing to a datamart for so many seconds: the platform asked for it (429)."""
    until = DatabaseNow().plus(seconds)
    Datamart.objects.filter(pk=datamart.pk).update(
        sending_held_until=Greatest("sending_held_until", until)
    )
