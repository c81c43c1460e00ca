"""What is known of changes."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from consentadmin.audit.clock import DatabaseNow
from consentadmin.changes.models import NEIGHBOURS, Change
from consentadmin.changes.states import UNDECIDED, State
from consentadmin.datamarts.models import Datamart
from consentadmin.subjects.models import Subject
from consentadmin.subjects.queries import root_of

FRESH = 15 * 60.0
"""For how many seconds a settled change still stands beside its choice."""


def latest(*, subject: Subject) -> dict[str, Change]:
    """Return for each document the change to show beside it: undecided, or just settled.

    Of several, the newest that is not settled, else the newest.
    """
    recent = Q(state__in=UNDECIDED) | Q(settled_at__gte=DatabaseNow().plus(-FRESH))
    found = Change.objects.filter(recent, subject__root=root_of(subject))
    found = found.select_related(*NEIGHBOURS, "decided_by")
    shown: dict[str, Change] = {}
    for change in sorted(found, key=lambda c: (not c.is_settled, c.pk)):
        shown[change.document] = change
    return shown


def latest_of(*, subject: Subject, document: str) -> Change | None:
    """Return the change to show beside one document, or None."""
    return latest(subject=subject).get(document)


def change_of(*, subject: Subject, pk: int) -> Change:
    """Return a change of this person. Raises Change.DoesNotExist."""
    chosen = Change.objects.select_related(*NEIGHBOURS, "decided_by")
    return chosen.get(subject__root=root_of(subject), pk=pk)


def awaiting_approval(*, datamarts: Collection[Datamart]) -> QuerySet[Change]:
    """Return the changes of these datamarts that wait for a second officer, the oldest first."""
    waiting = Change.objects.filter(state=State.AWAITING_APPROVAL, datamart__in=datamarts)
    return waiting.select_related(*NEIGHBOURS, "decided_by").order_by("id")
