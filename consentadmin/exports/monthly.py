"""The trail by month: asked for by the house itself, once for each month, and never left out.

Celery beat looks each hour. A month (UTC) is exported an hour after its end, when all that was
written in it is committed. What was missed while the house was down is made up; the first month is
the one before a place was set.
"""

from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from consentadmin.audit import context
from consentadmin.audit.clock import database_now
from consentadmin.audit.filters import Filter
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action
from consentadmin.exports import filters
from consentadmin.exports.models import Delivery, Export, Place
from consentadmin.exports.stores import configured

MARGIN = timedelta(hours=1)


def ask_for_missing() -> int:
    """Ask for the export of each month that has none yet; return how many those were.

    Where no place is set to put them, there is nothing to do.
    """
    places = configured()
    if not places:
        return 0
    last = Export.objects.aggregate(last=Max("month"))["last"]
    return sum(_ask(month, places) for month in missing(database_now(), last))


def missing(now: datetime, last: date | None) -> list[date]:
    """Return the first days of the months to export, the oldest first; `last` is the newest had."""
    newest = _before((now - MARGIN).astimezone(UTC).date())
    found, month = [], _after(last) if last else newest
    while month <= newest:
        found.append(month)
        month = _after(month)
    return found


@transaction.atomic
def _ask(month: date, places: list[Place]) -> bool:
    """Ask for a month once, whoever else does so at the same time."""
    since = datetime(month.year, month.month, 1, tzinfo=UTC)
    after = _after(month)
    asked = Filter(since=since, until=since.replace(year=after.year, month=after.month))
    export, is_new = Export.objects.get_or_create(
        month=month,
        defaults={
            "asker_role": HOUSE.role,
            "filters": filters.stored(asked),
            "named": ["since", "until"],
            "with_csv": False,
            "with_parquet": True,
            "request_id": context.request_id(),
        },
    )
    if is_new:
        Delivery.objects.bulk_create([Delivery(export=export, place=place) for place in places])
        record(action=Action.EXPORT_ASKED, actor=HOUSE, data=export.facts)
    return is_new


def _before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _after(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
