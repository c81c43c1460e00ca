"""Finding subjects and handles."""

import uuid
from collections.abc import Sequence

from django.db.models import QuerySet

from consentadmin import vault
from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission
from consentadmin.audit.clock import DatabaseNow
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.selectors import Selector, SelectorKind
from consentadmin.subjects.aliases import text_of
from consentadmin.subjects.models import Handle, Subject


def subject_of_point(*, datamart: Datamart, selector: Selector) -> Subject | None:
    """Return the subject of this user point id, even one joined into another since, or None."""
    found = _seen(datamart, selector).filter(aliases__kind=SelectorKind.USER_POINT)
    return found.order_by("made_at").first()


def subject_without_point(*, datamart: Datamart, selector: Selector) -> Subject | None:
    """Return the living subject without a user point on which this was seen last, or None."""
    found = _seen(datamart, selector).filter(joined_into=None, point_sealed=None)
    return found.order_by("-aliases__seen_at").first()


def _seen(datamart: Datamart, selector: Selector) -> QuerySet[Subject]:
    digests = vault.alias_keys().digests(text_of(selector))
    found = Subject.objects.filter(datamart=datamart, erased_at=None, aliases__digest__in=digests)
    return found.select_related("datamart")


def subjects_named(*, datamart: Datamart, selector: Selector) -> Sequence[uuid.UUID]:
    """Return the ids of every subject on which this identifier was ever seen, joined ones too.

    What an auditor's search by a typed identifier needs; the platform is not asked.
    """
    digests = vault.alias_keys().digests(text_of(selector))
    found = Subject.objects.filter(datamart=datamart, aliases__digest__in=digests)
    direct = set(found.values_list("pk", flat=True))
    onward = found.exclude(joined_into=None).values_list("joined_into", flat=True)
    joined = Subject.objects.filter(joined_into__in=[*direct, *onward]).values_list("pk", flat=True)
    return sorted(direct | {pk for pk in onward if pk} | set(joined))


def handle_of(*, staff: Staff, token: str) -> Handle:
    """Return this member of staff's own handle. Raises Handle.DoesNotExist.

    Unknown, expired and somebody else's are one and the same: not there.
    """
    return Handle.objects.select_related("subject__datamart").get(
        pk=token, staff=staff, expires_at__gt=DatabaseNow(), subject__erased_at=None
    )


def recent_handles(*, staff: Staff, size: int = 8) -> Sequence[Handle]:
    """Return one's own living handles, where one may still look up, the newest first."""
    own = Handle.objects.filter(
        staff=staff,
        expires_at__gt=DatabaseNow(),
        subject__erased_at=None,
        subject__datamart__in=staff.datamarts(Permission.LOOK_UP),
    )
    return list(own.select_related("subject__datamart").order_by("-opened_at")[:size])


def living(subject: Subject) -> Subject:
    """Return the subject this one was joined into, at the end of the line, or itself."""
    seen = {subject.pk}
    while subject.joined_into_id is not None and subject.joined_into_id not in seen:
        subject = Subject.objects.select_related("datamart").get(pk=subject.joined_into_id)
        seen.add(subject.pk)
    return subject


def family(subject: Subject) -> Sequence[uuid.UUID]:
    """Return the ids of all subjects that are one person: the living one and all joined into it."""
    root = root_of(subject)
    joined = Subject.objects.filter(root=root).values_list("pk", flat=True)
    return sorted({subject.pk, root, *joined})


def root_of(subject: Subject) -> uuid.UUID:
    """Return the id of the living subject: all of one root are one person."""
    return subject.joined_into_id or subject.pk
