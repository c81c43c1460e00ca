"""What is known of changes."""

from django.db.models import Q

from consentadmin.audit.clock import DatabaseNow
from consentadmin.changes.models import Change
from consentadmin.changes.states import UNDECIDED
from consentadmin.subjects.models import Subject
from consentadmin.subjects.queries import family

FRESH = 15 * 60.0
"""For how many seconds a settled change still stands beside its choice."""


def latest(*, subject: Subject) -> dict[str, Change]:
    """Return for each processing the change to show beside its choice: undecided, or just settled.

    Of several, the newest that is not settled, else the newest.
    """
    recent = Q(state__in=UNDECIDED) | Q(settled_at__gte=DatabaseNow().plus(-FRESH))
    found = Change.objects.filter(recent, subject__in=family(subject))
    found = found.select_related("asked_by", "subject__datamart", "datamart")
    shown: dict[str, Change] = {}
    for change in sorted(found, key=lambda c: (not c.is_settled, c.pk)):
        shown[change.processing] = change
    return shown


def latest_of(*, subject: Subject, processing: str) -> Change | None:
    """Return the change to show beside one choice, or None."""
    return latest(subject=subject).get(processing)


def change_of(*, subject: Subject, pk: int) -> Change:
    """Return a change of this person. Raises Change.DoesNotExist."""
    chosen = Change.objects.select_related("datamart", "subject__datamart", "asked_by")
    return chosen.get(subject__in=family(subject), pk=pk)
