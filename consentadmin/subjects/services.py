"""Knowing a subject again, joining two that are one, and giving staff a handle."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction

from consentadmin import vault
from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.identifiers import Identifiers
from consentadmin.mediarithmics.selectors import PointSelector, Selector
from consentadmin.subjects.aliases import selectors_of, text_of
from consentadmin.subjects.models import Alias, DataKey, Handle, Reason, Subject
from consentadmin.subjects.queries import living, subject_of_point, subject_without_point


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a person is opened: a reason code, a case reference and a note, the last two optional."""

    reason: Reason
    case: str = ""
    note: str = ""


def know(*, datamart: Datamart, selector: Selector, identifiers: Identifiers) -> Subject:
    """Return the subject these identifiers belong to, made when it is new, with its aliases.

    A subject is known by its user point id; a device without a point, by the identifier it was
    found with. One first seen without a point is known again when its point appears.
    """
    named = PointSelector(identifiers.point) if identifiers.point else selector
    try:
        return _know(datamart, named, identifiers, selector)
    except IntegrityError:  # another request has just made it: take that one
        return _know(datamart, named, identifiers, selector)


@transaction.atomic
def _know(
    datamart: Datamart, named: Selector, identifiers: Identifiers, selector: Selector
) -> Subject:
    subject = subject_of_point(datamart=datamart, selector=named) if identifiers.point else None
    subject = subject or subject_without_point(datamart=datamart, selector=selector)
    if subject is None:
        subject = _make(datamart)
    elif subject.joined_into_id is not None:
        _part(subject)
    if identifiers.point and subject.point != identifiers.point:
        subject.point_sealed = subject.seal(identifiers.point, purpose="point")
        Subject.objects.filter(pk=subject.pk).update(point_sealed=subject.point_sealed)
    seen = [found for identifier in identifiers for found in selectors_of(identifier)]
    _keep_aliases(subject, [one for one in [selector, *seen] if not _joined_by(one, subject)])
    return subject


def _joined_by(selector: Selector, subject: Subject) -> bool:
    """Join what this point was to us into the subject it leads to now, and say whether it did.

    A platform may go on answering to an archived point id with the person it was merged into.
    """
    if not isinstance(selector, PointSelector):
        return False
    other = subject_of_point(datamart=subject.datamart, selector=selector)
    if other is None or other.pk == subject.pk:
        return False
    join(subject=other, into=subject)
    return True


def _part(subject: Subject) -> None:
    """Take a subject out of the one it was joined into: its own point answers again."""
    record(
        action=Action.PARTED,
        actor=HOUSE,
        subject=subject.pk,
        datamart=subject.datamart.platform_id,
        data={"from": str(subject.joined_into_id)},
    )
    subject.joined_into = None
    Subject.objects.filter(pk=subject.pk).update(joined_into=None)


def _make(datamart: Datamart) -> Subject:
    subject = Subject.objects.create(datamart=datamart)
    wrapped = vault.field_keys().seal(vault.new_data_key(), context=f"data key {subject.pk}")
    DataKey.objects.create(subject=subject, wrapped=wrapped)
    return subject


def _keep_aliases(subject: Subject, selectors: Iterable[Selector]) -> None:
    keys = vault.alias_keys()
    kinds = {keys.digest(text_of(one)): one.kind.value for one in selectors}
    Alias.objects.bulk_create(
        [
            Alias(
                subject=subject,
                datamart_id=subject.datamart_id,
                kind=kind,
                key_id=keys.current,
                digest=digest,
            )
            for digest, kind in sorted(kinds.items())  # in one order, so that no two lock crosswise
        ],
        update_conflicts=True,
        unique_fields=["digest", "datamart", "subject"],
        update_fields=["seen_at"],
    )


@transaction.atomic
def join(*, subject: Subject, into: Subject) -> None:
    """Make two subjects one: the platform has merged their points (PLATFORM §2).

    The joined subject keeps its own data key, so that what was sealed for it still opens, and its
    handles lead to the other from now on. To be called when the platform has shown the merge: the
    point of `subject` no longer answers, and what it was found by now leads to `into`.
    """
    into = living(into)
    if subject.pk == into.pk:
        return
    free = Subject.objects.filter(pk=subject.pk, joined_into=None)
    if free.update(joined_into=into) == 1:
        Subject.objects.filter(joined_into=subject).update(joined_into=into)  # no chains
        record(
            action=Action.JOINED,
            actor=HOUSE,
            subject=subject.pk,
            datamart=subject.datamart.platform_id,
            data={"into": str(into.pk)},
        )


@transaction.atomic
def open_handle(*, staff: Staff, subject: Subject, selector: Selector, purpose: Purpose) -> Handle:
    """Return the handle of this member of staff on this subject for this purpose, 12 hours on."""
    digest = vault.alias_keys().digest(
        "\x1f".join(["purpose", purpose.reason.value, purpose.case, purpose.note])
    )
    found_by = subject.seal(selector.to_json(), purpose="selector")
    handle, _ = Handle.objects.update_or_create(
        staff=staff,
        subject=subject,
        purpose_digest=digest,
        defaults={
            "opened_at": DatabaseNow(),
            "expires_at": DatabaseNow().plus(settings.HANDLE_LIFE),
            "selector_sealed": found_by,
        },
        create_defaults={
            "id": secrets.token_urlsafe(16),
            "reason": purpose.reason,
            "case": purpose.case,
            "note_sealed": subject.seal(purpose.note, purpose="note") if purpose.note else None,
            "opened_at": DatabaseNow(),
            "expires_at": DatabaseNow().plus(settings.HANDLE_LIFE),
            "selector_sealed": found_by,
        },
    )
    return handle


def forget_handles() -> int:
    """Delete the handles that have expired, and return how many; the trail keeps who looked."""
    return Handle.objects.filter(expires_at__lt=DatabaseNow()).delete()[0]
