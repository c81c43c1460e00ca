"""What is known of changes."""

from collections.abc import Sequence

from django.db.models import Q

from consentadmin.audit.clock import DatabaseNow
from consentadmin.changes.models import Change
from consentadmin.changes.states import UNDECIDED
from consentadmin.subjects.models import Subject

FRESH = 15 * 60.0
"""For how many seconds a settled change still stands beside its choice."""


def latest(*, subject: Subject) -> dict[str, Change]:
    """Return for each processing the change to show beside its choice: undecided, or just settled.

    Of several, the newest that is not settled, else the newest.
    """
    recent = Q(state__in=UNDECIDED) | Q(settled_at__gte=DatabaseNow().plus(-FRESH))
    found = Change.objects.filter(recent, subject=subject).select_related("asked_by", "subject")
    shown: dict[str, Change] = {}
    for change in sorted(found, key=lambda c: (not c.is_settled, c.pk)):
        shown[change.processing] = change
    return shown


def latest_of(*, subject: Subject, processing: str) -> Change | None:
    """Return the change to show beside one choice, or None."""
    return latest(subject=subject).get(processing)


def change_of(*, subject: Subject, pk: int) -> Change:
    """Return a change of this subject. Raises Change.DoesNotExist."""
    chosen = Change.objects.select_related("datamart", "subject__datamart", "asked_by")
    return chosen.get(subject=subject, pk=pk)


def history(*, subject: Subject, size: int = 20) -> Sequence[Change]:
    """Return the newest changes staff asked for on this subject."""
    chosen = Change.objects.filter(subject=subject).select_related("asked_by")
    return list(chosen.order_by("-pk")[:size])
