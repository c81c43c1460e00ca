"""What is known of exports."""

from collections.abc import Sequence

from django.db.models import Prefetch, Q, QuerySet

from consentadmin.accounts.models import Staff
from consentadmin.exports.models import UNFINISHED, Delivery, Export, ExportState
from consentadmin.exports.stores import configured

BEHIND_AFTER = 3
"""Attempts after which what is not done is told to whoever watches the house."""


def exports_of(staff: Staff, *, size: int = 50) -> Sequence[Export]:
    """Return one's own exports, the newest first."""
    return list(staff.exports.order_by("-asked_at")[:size])


def export_of(staff: Staff, pk: str) -> Export:
    """Return one of one's own exports. Raises Export.DoesNotExist."""
    return staff.exports.get(pk=pk)


def exports_by_month(*, size: int = 13) -> Sequence[Export]:
    """Return the exports that the house makes by itself, with their deliveries, newest first."""
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("place"))
    months = Export.objects.exclude(month=None).order_by("-month")
    return list(months.prefetch_related(deliveries)[:size])


def export_of_month(pk: str) -> Export:
    """Return one of the exports that the house makes by itself. Raises Export.DoesNotExist."""
    return Export.objects.exclude(month=None).get(pk=pk)


def open_deliveries() -> QuerySet[Delivery]:
    """Return what has still to be put into a place that is set."""
    return Delivery.objects.filter(delivered_at=None, place__in=configured())


def is_behind() -> bool:
    """Tell whether the export of a month has failed again and again: to be written, or delivered.

    What failed once or twice is tried again within the minute, and is no news.
    """
    unwritten = Export.objects.filter(
        ~Q(month=None), ~Q(error=""), state__in=UNFINISHED, attempts__gte=BEHIND_AFTER
    )
    undelivered = open_deliveries().filter(
        ~Q(error=""), export__state=ExportState.DONE, attempts__gte=BEHIND_AFTER
    )
    return unwritten.exists() or undelivered.exists()
