"""What is known of changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes are meant. An unset field asks for all. `datamarts` are those one may see."""

    datamarts: Collection[Datamart]
    states: Collection[State] | None = None
    kinds: Collection[str] | None = None
    asked_by: int | None = None
    asked_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes newest first, and the id to ask the next page with (None on the last)."""

    changes: Sequence[Change]
    before: int | None


def changes_that(asked: ChangeFilter) -> QuerySet[Change]:
    """Return the changes that pass a filter."""
    wanted = {
        "state__in": asked.states,
        "kind__in": asked.kinds,
        "asked_by": asked.asked_by,
        "asked_at__lt": asked.asked_before,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    return Change.objects.filter(datamart__in=asked.datamarts, **given)


def page_of(asked: ChangeFilter, *, before: int | None = None, size: int = 50) -> ChangePage:
    """Return a page of changes, the newest first."""
    chosen = changes_that(asked).select_related(*NEIGHBOURS, "decided_by").order_by("-id")
    if before is not None:
        chosen = chosen.filter(pk__lt=before)
    found = list(chosen[: size + 1])
    more = len(found) > size
    return ChangePage(found[:size], found[size - 1].pk if more else None)


def stuck_of(asked: ChangeFilter, *, size: int = 50) -> Sequence[Change]:
    """Return what passes the filter and waits for a person to decide, the oldest first."""
    chosen = changes_that(asked).filter(state=State.STUCK)
    return list(chosen.select_related(*NEIGHBOURS, "decided_by").order_by("id")[:size])
