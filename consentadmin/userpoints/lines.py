"""The lines of a person's choices: every processing, asked or not, in words. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from consentadmin.changes.models import Change
from consentadmin.changes.rules import Standing, needs_log, standing
from consentadmin.datamarts.models import Processing
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.userpoints.naming import Name

ADDRESSABLE = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Flag(TextChoices):
    """What is out of the ordinary about a choice's processing."""

    ARCHIVED = "archived", _("archived")
    GONE = "gone", _("deleted on the platform")
    UNKNOWN = "unknown", _("unknown to us")


@dataclass(frozen=True, slots=True)
class Line:
    """A processing, the person's current choice of it, and what staff changed last.

    `log` is the change log, newest first; None while it is not read. `names` are what names the
    person in an activity; None while that is not read, empty where there is no timeline.
    """

    processing: str
    name: str
    purpose: str
    basis: str
    flag: Flag | None
    choice: Choice | None
    log: Sequence[Choice] | None = None
    change: Change | None = None
    names: Sequence[Name] | None = None

    @property
    def is_addressable(self) -> bool:
        """Whether the processing's id can stand in an address of ours."""
        return ADDRESSABLE.fullmatch(self.processing) is not None

    @property
    def standing(self) -> Standing:
        """The choice in words (DESIGN §2)."""
        return standing(self.choice, self.basis, self.log)

    @property
    def awaits_log(self) -> bool:
        """Whether the words are not final until the change log is read."""
        return self.log is None and needs_log(self.choice, self.basis)


def line(
    processing: str,
    known: Processing | None,
    choice: Choice | None,
    *,
    log: Sequence[Choice] | None = None,
    change: Change | None = None,
) -> Line:
    """Return the line of one processing, `known` or not in our referentials."""
    return Line(
        processing=processing,
        name=known.name if known else "",
        purpose=known.purpose if known else "",
        basis=known.legal_basis if known else "",
        flag=_flag(known),
        choice=choice,
        log=log,
        change=change,
    )


def lines(
    processings: Iterable[Processing], choices: Iterable[Choice], changes: Mapping[str, Change]
) -> list[Line]:
    """Return a line for every processing, live ones first, then choices on any other.

    An archived or deleted processing has a line only where there is a choice or a change.
    """
    oldest_first = sorted(choices, key=lambda choice: choice.choice_ts)
    current = {choice.processing: choice for choice in oldest_first}
    known = {processing.platform_id: processing for processing in processings}
    asked = {change.processing: change for change in changes.values() if change.processing}
    told = [*known, *(current.keys() | asked.keys()) - known.keys()]
    found = [
        line(name, known.get(name), current.get(name), change=asked.get(name)) for name in told
    ]
    kept = [one for one in found if one.flag is None or one.choice or one.change]
    return sorted(kept, key=lambda one: (one.flag is not None, one.name.casefold(), one.processing))


def _flag(known: Processing | None) -> Flag | None:
    if known is None:
        return Flag.UNKNOWN
    if known.gone_at is not None:
        return Flag.GONE
    return Flag.ARCHIVED if known.is_archived else None
