"""The breaker of a datamart: when the platform fails again and again, sending stops by itself.

Failures in a row are counted across all workers; a platform that can't be reached at all counts
more. Once open, one change at a time tries the platform, and the first that gets a usable answer
lets all the others go. What waits meanwhile uses up neither attempts nor age (FAULTS §1, 7).
"""

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Outcome
from consentadmin.datamarts.models import Datamart

MAY_BE_SENT_TO = """
    d.sending_paused_at IS NULL
    AND (d.sending_held_until IS NULL OR d.sending_held_until <= consentadmin_now())
"""
"""The condition under which the datamart `d` may be sent to: neither paused nor held."""


@transaction.atomic
def note_failure(*, datamart: Datamart, weight: int = 1) -> None:
    """Count a failure; open the breaker when it was one too many."""
    row = Datamart.objects.filter(pk=datamart.pk)
    row.update(failures=F("failures") + weight)
    datamart.failures += weight  # so that the next usable answer is known to be one after failures
    tripped = row.filter(failures__gte=settings.BREAKER_FAILURES)
    if tripped.filter(down_since=None).update(down_since=DatabaseNow()) == 1:
        record(
            action=Action.DATAMART_DOWN,
            actor=HOUSE,
            outcome=Outcome.FAILED,
            datamart=datamart.platform_id,
        )
    until = DatabaseNow().plus(settings.BREAKER_PAUSE)
    tripped.update(sending_held_until=Greatest("sending_held_until", until))


@transaction.atomic
def note_answer(*, datamart: Datamart) -> None:
    """Close the breaker: the platform has given a usable answer. Asks nothing when all was well."""
    if datamart.failures == 0 and datamart.down_since is None:
        return
    row = Datamart.objects.filter(pk=datamart.pk)
    was_down = row.exclude(down_since=None).update(
        down_since=None, sending_held_until=None, sending_resumed_at=DatabaseNow()
    )
    row.update(failures=0)
    datamart.failures, datamart.down_since = 0, None
    if was_down:
        record(action=Action.DATAMART_UP, actor=HOUSE, datamart=datamart.platform_id)


def may_try(*, datamart: Datamart) -> bool:
    """Return whether a change may be sent now: while the platform is down, one in each pause."""
    if datamart.down_since is None:
        return True
    free = Datamart.objects.filter(pk=datamart.pk, sending_held_until__lte=DatabaseNow())
    until = DatabaseNow().plus(settings.BREAKER_PAUSE)
    return free.update(sending_held_until=until) == 1
