"""Finding out where a person is when the platform answers 404 (PLATFORM §2).

A 404 may mean no such document, a point merged away, or nobody at all. Only asking for the
identifiers, and then by the selector that was first used, can tell.
"""

from consentadmin.datamarts.connect import client_for
from consentadmin.mediarithmics.errors import NotFound
from consentadmin.mediarithmics.identifiers import Identifiers
from consentadmin.mediarithmics.selectors import Selector
from consentadmin.subjects.models import Subject
from consentadmin.subjects.services import join, know


class Elsewhere(Exception):
    """The person answers under another user point by now; `subject` is who that is to us."""

    def __init__(self, subject: Subject) -> None:
        super().__init__("the person was merged into another")
        self.subject = subject


class Gone(Exception):
    """The platform knows nobody under any selector we hold."""


def resolve(*, subject: Subject, selector: Selector, deadline: float | None = None) -> None:
    """Return when the subject still answers where we know it.

    `selector` is what was first used to find the person: it alone can show a merge, since any other
    identifier may have gone to somebody else. `deadline` is in seconds for each call. Raises
    Elsewhere when the person was merged into another (the two subjects are joined by then), Gone
    when nobody answers, and PlatformError when the platform can't be asked.
    """
    client, datamart = client_for(subject.datamart), subject.datamart.platform_id
    address = subject.address(selector)
    for way in dict.fromkeys([address, selector]):
        try:
            identifiers = client.identifiers(datamart, way, deadline=deadline)
        except NotFound:
            continue
        if way != address:
            _join(subject, selector, identifiers)
        return
    raise Gone


def follow(*, subject: Subject, selector: Selector, identifiers: Identifiers) -> None:
    """Return when these identifiers are the subject's own, as far as its user point tells.

    Raises Elsewhere when the platform answers to the subject's point with another point: it goes
    on answering to an archived id. A device that has got its first point is no such case.
    """
    if subject.point and identifiers.point and identifiers.point != subject.point:
        _join(subject, selector, identifiers)


def _join(subject: Subject, selector: Selector, identifiers: Identifiers) -> None:
    """Join the subject into whom these identifiers are of; raise Elsewhere unless it is they."""
    other = know(datamart=subject.datamart, selector=selector, identifiers=identifiers)
    if other.pk != subject.pk:
        join(subject=subject, into=other)
        raise Elsewhere(other)
