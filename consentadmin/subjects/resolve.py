"""Finding out where a person is when the platform answers 404 (PLATFORM §2).

A 404 may mean no such document, a point merged away, or nobody at all. Only asking for the
identifiers, and then by the selector that was first used, can tell.
"""

from typing import NoReturn

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


def resolve(*, subject: Subject, selector: Selector) -> None:
    """Return when the subject still answers where we know it.

    Raises Elsewhere when it was merged into another (the two subjects are joined by then), Gone
    when nobody answers, and PlatformError when the platform can't be asked.
    """
    client, datamart = client_for(subject.datamart), subject.datamart.platform_id
    address = subject.address(selector)
    try:
        client.identifiers(datamart, address)
    except NotFound:
        if address == selector:
            raise Gone from None
    else:
        return
    try:
        identifiers = client.identifiers(datamart, selector)
    except NotFound:
        raise Gone from None
    _join(subject, selector, identifiers)


def follow(*, subject: Subject, selector: Selector, identifiers: Identifiers) -> None:
    """Return when these identifiers are the subject's own, as far as its user point tells.

    Raises Elsewhere when the platform answers to the subject's point with another point: it goes
    on answering to an archived id. A device that has got its first point is no such case.
    """
    if subject.point and identifiers.point and identifiers.point != subject.point:
        _join(subject, selector, identifiers)


def _join(subject: Subject, selector: Selector, identifiers: Identifiers) -> NoReturn:
    other = know(datamart=subject.datamart, selector=selector, identifiers=identifiers)
    join(subject=subject, into=other)
    raise Elsewhere(other)
