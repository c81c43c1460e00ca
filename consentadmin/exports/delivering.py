"""Putting the export of a month into its places: claimed under a lease, tried until it is there.

What is put twice, because a worker died in between, is the same bytes under the same name.
"""

import logging
import time
from contextlib import suppress

from django.conf import settings
from django.db import transaction

from consentadmin.audit import context
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Actor, Outcome
from consentadmin.exports.models import Delivery, Export, ExportState, Place
from consentadmin.exports.places import archive
from consentadmin.exports.queries import open_deliveries
from consentadmin.exports.services import NotThere
from consentadmin.exports.stores import Undelivered, store
from consentadmin.exports.writing import wait

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The delivery is no longer ours: another worker has taken it over."""


def is_due() -> bool:
    """Return whether a worker has something to deliver, or to take over from one that died."""
    now = DatabaseNow()
    ready = open_deliveries().filter(export__state=ExportState.DONE, due_at__lte=now)
    return ready.exclude(lease_until__gt=now).exists()


def run_due() -> int:
    """Deliver all that is due, one after the other, and return how many were tried."""
    tried = 0
    while (delivery := _claim()) is not None:
        tried += 1
        with context.request(delivery.export.request_id or "-"):
            _contained(delivery)
    return tried


@transaction.atomic
def try_again(*, export: Export, by: Actor) -> None:
    """Deliver at once what waits for its next attempt. Raises NotThere when nothing does."""
    waiting = open_deliveries().filter(export=export, export__state=ExportState.DONE)
    waiting = waiting.exclude(lease_until__gt=DatabaseNow())
    if not waiting.update(due_at=DatabaseNow()):
        raise NotThere
    record(action=Action.EXPORT_RETRIED, actor=by, data=export.facts)


@transaction.atomic
def _claim() -> Delivery | None:
    now = DatabaseNow()
    due = open_deliveries().filter(export__state=ExportState.DONE, due_at__lte=now)
    due = due.exclude(lease_until__gt=now).order_by("due_at").select_related("export")
    delivery = due.select_for_update(skip_locked=True, of=("self",)).first()
    if delivery is None:
        return None
    delivery.fence += 1
    delivery.attempts += 1
    Delivery.objects.filter(pk=delivery.pk).update(
        fence=delivery.fence,
        attempts=delivery.attempts,
        lease_until=DatabaseNow().plus(settings.EXPORT_LEASE),
    )
    return delivery


def _contained(delivery: Delivery) -> None:
    try:
        _deliver(delivery)
    except Stopped:
        log.info("a delivery was taken over")
    except Undelivered as error:
        _put_off(delivery, error.why)
    except FileNotFoundError:
        _write_again(delivery)


def _deliver(delivery: Delivery) -> None:
    export = delivery.export
    assert export.month, "only those of months are delivered"
    store(Place(delivery.place)).put(
        archive(export),
        f"consentadmin-trail-{export.month:%Y-%m}.zip",
        sha256=export.sha256,
        tell=_Holding(delivery).tell,
    )
    with transaction.atomic():
        _keep(delivery, delivered_at=DatabaseNow(), lease_until=None, error="")
        data = {**delivery.facts, "sha256": export.sha256}
        record(action=Action.EXPORT_DELIVERED, actor=HOUSE, data=data)


class _Holding:
    """Goes on holding a delivery while it is under way, at a few moments of each lease."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery, self._due = delivery, 0.0

    def tell(self) -> None:
        """Hold it for another lease, if it is time. Raises Stopped."""
        if time.monotonic() >= self._due:
            _keep(self.delivery, lease_until=DatabaseNow().plus(settings.EXPORT_LEASE))
            self._due = time.monotonic() + settings.EXPORT_LEASE / 4


def _keep(delivery: Delivery, **fields: object) -> None:
    """Note how it stands. Raises Stopped when another worker has it."""
    held = Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence, delivered_at=None)
    if held.update(**fields) != 1:
        raise Stopped


def _put_off(delivery: Delivery, error: str) -> None:
    """Try again later; the trail tells of the first failure of a kind, the screen of the last."""
    is_news = delivery.error != error
    log.warning("the export of a month was not delivered: %s", error)
    with suppress(Stopped), transaction.atomic():
        later = DatabaseNow().plus(wait(delivery.attempts))
        _keep(delivery, due_at=later, lease_until=None, error=error)
        if is_news:
            data = {**delivery.facts, "error": error}
            record(action=Action.EXPORT_DELIVERED, actor=HOUSE, outcome=Outcome.FAILED, data=data)


@transaction.atomic
def _write_again(delivery: Delivery) -> None:
    """Have the export written once more, at the checkpoint it had: its file is gone."""
    done = Export.objects.filter(pk=delivery.export_id, state=ExportState.DONE)
    done.update(state=ExportState.QUEUED, due_at=DatabaseNow(), lease_until=None)
    Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence).update(lease_until=None)
