"""What a choice means under each legal basis, and what a change of it must keep to. Pure.

The words are DESIGN §2's; the articles are the GDPR's: 6(1)(a) consent and 7(3) its withdrawal,
6(1)(e) and (f) and 21 the right to object.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from consentadmin.mediarithmics.shapes import Choice, LegalBasis

EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
EARLIEST_TS = 10**11
"""Milliseconds below this can only be seconds (PLATFORM §1)."""

CONSENT = frozenset({LegalBasis.CONSENT})
OBJECTION = frozenset({LegalBasis.LEGITIMATE_INTEREST, LegalBasis.PUBLIC_INTEREST})


class Standing(TextChoices):
    """A choice in words."""

    CONSENTED = "consented", _("Consented")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    NOT_CONSENTED = "not-consented", _("Not consented")
    NO_OBJECTION = "no-objection", _("No objection")
    OBJECTED = "objected", _("Objected")
    RECORDED_YES = "recorded-yes", _("Recorded: yes")
    RECORDED_NO = "recorded-no", _("Recorded: no")
    NEVER_ASKED = "never-asked", _("Never asked")


def basis_of(text: str) -> LegalBasis | None:
    """Return the legal basis of this name, or None for one we do not know."""
    try:
        return LegalBasis(text)
    except ValueError:
        return None


def standing(choice: Choice | None, basis: str, log: Sequence[Choice] | None) -> Standing:
    """Return the words for a current choice; `log` is its change log, None while it is not read."""
    if choice is None:
        return Standing.NEVER_ASKED
    known = basis_of(basis)
    if known in CONSENT:
        if choice.accepted:
            return Standing.CONSENTED
        if log is None:
            return Standing.NOT_CONSENTED
        earlier = (r for r in log if r.choice_ts <= choice.choice_ts and r.accepted)
        return Standing.WITHDRAWN if any(earlier) else Standing.REFUSED
    if known in OBJECTION:
        return Standing.NO_OBJECTION if choice.accepted else Standing.OBJECTED
    return Standing.RECORDED_YES if choice.accepted else Standing.RECORDED_NO


def is_withdrawal(*, accepted: bool, basis: str) -> bool:
    """Return whether recording this value is a withdrawal: never to be held up (GDPR 7(3)).

    Under a basis we do not know it is taken for one: better told too much than held up.
    """
    known = basis_of(basis)
    return not accepted and (known is None or known in CONSENT | OBJECTION)


def is_grant(*, accepted: bool, basis: str) -> bool:
    """Return whether recording this value permits something: what a policy may want approved."""
    return accepted and basis_of(basis) in CONSENT | OBJECTION


def needs_log(choice: Choice | None, basis: str) -> bool:
    """Return whether the words for this choice depend on its change log."""
    return choice is not None and not choice.accepted and basis_of(basis) in CONSENT


@dataclass(frozen=True, slots=True)
class Wish:
    """What staff want a choice to be: the value, when the person chose (ms, UTC), custom fields."""

    accepted: bool
    choice_ts: int
    customs: dict[str, Any] = field(default_factory=dict, repr=False)

    def body(self) -> dict[str, Any]:
        """Return the body of the PUT (PLATFORM §4)."""
        return {
            "$choice_ts": self.choice_ts,
            "$choice_acceptance_value": self.accepted,
            **self.customs,
        }


class BadWish(ValueError):
    """A wish the platform must not be asked for. `field` names the form field."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = name


def check(wish: Wish, *, now: datetime) -> None:
    """Raise BadWish unless the wish is one that can be sent (PLATFORM §§1, 4)."""
    if wish.choice_ts < EARLIEST_TS:
        raise BadWish("at", str(_("This date is too far in the past to be meant.")))
    if wish.choice_ts > milliseconds(now):
        raise BadWish("at", str(_("A choice can't have been made in the future.")))
    if any(name.startswith("$") or not name for name in wish.customs):
        raise BadWish("customs", str(_("Names that begin with $ belong to the platform.")))


def shows(record: Choice, wish: Wish) -> bool:
    """Return whether a choice or a record on the platform is the one wished for.

    What else it holds does not matter here (a platform that merges customs keeps older ones).
    """
    return (
        record.accepted == wish.accepted
        and record.choice_ts == wish.choice_ts
        and all(
            name in record.customs and record.customs[name] == value
            for name, value in wish.customs.items()
        )
    )


def landed(record: Choice, wish: Wish) -> bool:
    """Return whether a record has the value and the date wished for, whatever its custom fields."""
    return record.accepted == wish.accepted and record.choice_ts == wish.choice_ts


def extras(record: Choice, wish: Wish) -> list[str]:
    """Return the names of custom fields the platform shows beyond those wished for."""
    return sorted(record.customs.keys() - wish.customs.keys())


def milliseconds(moment: datetime) -> int:
    """Return an aware datetime as milliseconds since the epoch, UTC."""
    return (moment - EPOCH) // MILLISECOND


def moment(ts: int) -> datetime | None:
    """Return milliseconds since the epoch as a UTC datetime, or None beyond what one can hold."""
    try:
        return EPOCH + ts * MILLISECOND
    except OverflowError:
        return None
