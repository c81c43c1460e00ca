"""What every reading does: leave its entry, and find out whether the person is still there."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from consentadmin.audit.services import record
from consentadmin.audit.words import Action, Actor, Outcome
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.mediarithmics.identifiers import Identifiers
from consentadmin.subjects.models import Handle
from consentadmin.subjects.resolve import follow, resolve
from consentadmin.userpoints.reading import Section


def note_reading(
    handle: Handle, actor: Actor, found: Mapping[str, Section[Any]], what: str, **more: str
) -> None:
    """Record what was read, and what of it failed, in one entry.

    To be called before anything is shown: a reading that can't be recorded is not shown.
    """
    failed = {
        name: what_of(section.error)
        for name, section in found.items()
        if section.error is not None and not section.is_missing
    }
    outcome = Outcome.DONE
    if failed:
        outcome = Outcome.FAILED if len(failed) == len(found) else Outcome.PARTIAL
    record(
        action=Action.READ,
        actor=actor,
        outcome=outcome,
        datamart=handle.subject.datamart.platform_id,
        subject=handle.subject_id,
        reason=handle.reason,
        case=handle.case,
        data={"what": what, "sections": sorted(found), "failed": failed, **more},
    )


def what_of(error: PlatformError | None) -> dict[str, Any]:
    """Return what the trail keeps of an error of the platform: nothing that may be personal."""
    if error is None:
        return {}
    return {"error": type(error).__name__, "error_id": error.error_id}


def where(handle: Handle, identifiers: Section[Identifiers]) -> Section[Identifiers]:
    """Follow a person who is no longer where we know them; raises Elsewhere, Gone.

    A platform that can't be asked for it leaves its error in the section.
    """
    try:
        if identifiers.is_missing:
            resolve(
                subject=handle.subject,
                selector=handle.selector,
                deadline=settings.READ_DEADLINE / 2,
            )
        elif identifiers.value:
            follow(subject=handle.subject, selector=handle.selector, identifiers=identifiers.value)
    except PlatformError as error:
        return Section(error=error)
    return identifiers
