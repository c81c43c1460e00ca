"""Template filters: legal bases, choices, purposes, roles and mishaps in words.

Built in to every template (settings.TEMPLATES), so no template loads them.
"""

from django import template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.permissions import Role
from consentadmin.audit.words import HOUSE
from consentadmin.changes.models import Change
from consentadmin.changes.rules import CONSENT, OBJECTION, Standing, Wish, basis_of
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.mediarithmics.selectors import Selector, SelectorKind
from consentadmin.mediarithmics.shapes import LegalBasis
from consentadmin.subjects.models import Reason
from consentadmin.web import troubles
from consentadmin.web.forms.profile import OLDER_WAYS, WAYS
from consentadmin.web.laid_out import as_json
from consentadmin.web.sentences import value_words

register = template.Library()

BASES = {
    LegalBasis.CONSENT: _("consent"),
    LegalBasis.CONTRACTUAL_PERFORMANCE: _("contract"),
    LegalBasis.LEGAL_OBLIGATION: _("legal obligation"),
    LegalBasis.PUBLIC_INTEREST: _("public interest"),
    LegalBasis.LEGITIMATE_INTEREST: _("legitimate interest"),
}


@register.filter
def basis(text: str) -> str:
    """Return a legal basis in words; one we do not know as the platform has it."""
    known = basis_of(text)
    return str(BASES[known]) if known else text


@register.filter
def body(wish: Wish) -> str:
    """Return exactly what will be sent for a wish, as JSON."""
    return as_json(wish.body())


@register.filter
def says(accepted: bool, basis_text: str) -> str:  # noqa: FBT001  (a template filter's input)
    """Return what a value says under a legal basis."""
    return value_words(accepted=accepted, basis=basis_text)


@register.filter
def trouble(error: PlatformError) -> troubles.Trouble:
    """Return what to tell staff about the error that stands in a section's place."""
    return troubles.trouble(error)


@register.filter
def mark(accepted: bool, basis_text: str) -> str:  # noqa: FBT001  (a template filter's input)
    """Return the standing whose mark a recorded value bears, without looking at other records."""
    known = basis_of(basis_text)
    if known in CONSENT:
        return Standing.CONSENTED if accepted else Standing.NOT_CONSENTED
    if known in OBJECTION:
        return Standing.NO_OBJECTION if accepted else Standing.OBJECTED
    return Standing.RECORDED_YES if accepted else Standing.RECORDED_NO


@register.filter
def rests_on_no_choice(text: str) -> bool:
    """Return whether a legal basis rests on no choice of the person (DESIGN §2)."""
    return basis_of(text) in {LegalBasis.CONTRACTUAL_PERFORMANCE, LegalBasis.LEGAL_OBLIGATION}


KINDS = {
    SelectorKind.USER_POINT: _("User point id"),
    SelectorKind.USER_AGENT: _("User agent id"),
    SelectorKind.EMAIL_HASH: _("E-mail"),
    SelectorKind.USER_ACCOUNT: _("Account id"),
}


@register.filter
def kind(selector: Selector) -> str:
    """Return in words what kind of identifier a person was found by."""
    return str(KINDS[selector.kind])


@register.filter
def typed(selector: Selector) -> str:
    """Return the identifier a person was found by; of an e-mail address only its hash is kept."""
    stored = selector.to_json()
    return next(stored[part] for part in ("point", "agent", "hash", "account") if part in stored)


@register.filter
def reason(code: str) -> str:
    """Return a purpose's reason in words."""
    return str(Reason(code).label) if code in Reason.values else code


@register.filter
def role(code: str) -> str:
    """Return a role in words."""
    if code == HOUSE.role:
        return str(_("the application itself"))
    return str(Role(code).label) if code in Role.values else code


MISHAPS = {
    "Busy": _("The platform was busy or out of order."),
    "Conflicted": _("The platform holds something else by now."),
    "Declined": _("The platform declined it."),
    "Denied": _("Our API token has no right to this datamart."),
    "Garbled": _("The platform's answer could not be understood."),
    "LeaseExpired": _(
        "The process that carried this change stopped before it could tell the outcome."
    ),
    "Merged": _("The platform has merged this person with another."),
    "NotFound": _("The platform no longer knows this person."),
    "Silent": _("The platform did not answer in time."),
    "TokenRefused": _("The platform refused our API token."),
    "Unreachable": _("The platform could not be reached."),
}


@register.filter
def mishap(change: Change) -> str:
    """Return what went wrong with a change last, as a sentence; "" when nothing did."""
    return str(MISHAPS.get(change.error, change.error))


@register.filter
def anchor(change: Change) -> str:
    """Return what the parts of a page that belong to a change's document are named by."""
    return change.document.rpartition(" ")[2]


@register.filter
def took(change: Change) -> float:
    """Return how long a settled change took, in seconds: a wait for approval is not counted."""
    assert change.settled_at, "only a settled change is asked"
    return (change.settled_at - (change.decided_at or change.asked_at)).total_seconds()


@register.filter
def way(strategy: str) -> str:
    """Return how a profile is written, in words; "" for a deletion."""
    known = {**WAYS, **OLDER_WAYS}.get(strategy)
    return str(known[0]) if known and strategy else ""


PACES = ((5, "200ms"), (30, "1s"), (600, "3s"))


@register.filter
def pace(change: Change) -> str:
    """Return how often the browser asks how a change fares: often at first, then less and less."""
    begun = max(change.asked_at, change.patience_from)
    age = (timezone.now() - begun).total_seconds()
    return next((every for until, every in PACES if age < until), "15s")
