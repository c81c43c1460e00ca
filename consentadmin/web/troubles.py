"""What to tell staff when the platform gave no usable answer: what went wrong, and what to do.

Whole sentences through gettext, so that another language can order its words.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from consentadmin.mediarithmics.errors import (
    Busy,
    Conflicted,
    Declined,
    Denied,
    Garbled,
    NotFound,
    PlatformError,
    Silent,
    TokenRefused,
    Unreachable,
)

LOOK_UP, CHOICE, PROFILE, SECTION = "look-up", "choice", "profile", "section"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, what to do about it, and what the platform's support asks for."""

    title: str | Promise
    advice: str | Promise
    error_id: str = ""
    words: str = ""
    can_retry: bool = True


_TROUBLES: dict[type[PlatformError], tuple[Promise, Promise, bool]] = {
    NotFound: (
        gettext_lazy("The platform knows nothing under this."),
        gettext_lazy("Check what was asked for."),
        False,
    ),
    Denied: (
        gettext_lazy("Our API token has no right to this datamart."),
        gettext_lazy(
            "An administrator must give the token that right on the platform. "
            "Nothing is wrong with what you typed."
        ),
        False,
    ),
    TokenRefused: (
        gettext_lazy("The platform refuses our API token."),
        gettext_lazy(
            "It is wrong or has expired. An administrator must set a new one; until then nothing "
            "of this datamart can be read or changed."
        ),
        False,
    ),
    Busy: (
        gettext_lazy("The platform is busy or out of order."),
        gettext_lazy("Nothing was lost. Try again in a moment."),
        True,
    ),
    Unreachable: (
        gettext_lazy("The platform can't be reached."),
        gettext_lazy(
            "Nothing was sent. Try again in a moment; if it lasts, tell an administrator."
        ),
        True,
    ),
    Silent: (
        gettext_lazy("The platform did not answer in time."),
        gettext_lazy("Try again in a moment."),
        True,
    ),
    Garbled: (
        gettext_lazy("The platform's answer can't be understood."),
        gettext_lazy(
            "What it says can't be trusted, so nothing of it is shown. Try again; if it lasts, "
            "tell an administrator."
        ),
        True,
    ),
    Conflicted: (
        gettext_lazy("The platform holds something else by now."),
        gettext_lazy("Read the person again and decide anew."),
        True,
    ),
    Declined: (
        gettext_lazy("The platform declined this."),
        gettext_lazy("Its own words are below. Correct what it names and try again."),
        False,
    ),
}


def trouble(error: PlatformError, where: str = SECTION) -> Trouble:
    """Return what to tell staff about an error of the platform."""
    title, advice, can_retry = next(
        words for kind, words in _TROUBLES.items() if isinstance(error, kind)
    )
    if isinstance(error, NotFound) and where == LOOK_UP:
        title = gettext_lazy("Nobody answers to this.")
        advice = gettext_lazy(
            "The platform knows no such person in this datamart. Check the spelling, the datamart, "
            "the compartment, and what the text was taken for."
        )
    if isinstance(error, NotFound) and where == PROFILE:
        title = gettext_lazy("The platform holds no such profile.")
        advice = gettext_lazy("It was deleted, or not written yet. See what the person has now.")
    said = "" if isinstance(error, NotFound) else error.message
    return Trouble(title, advice, error.error_id or "", said, can_retry)
