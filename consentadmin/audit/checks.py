"""Checks of the rules by which the trail is kept; an error stops every command with a sentence."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from consentadmin.audit.retention import SHORTEST


@register()
def kept_long_enough(**kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001
    """Refuse to keep a class for less than it must be kept."""
    return [
        Error(
            f"CONSENTADMIN_KEEP_{name.upper()}_MONTHS is {settings.KEEP_MONTHS[name]}.",
            hint=f"It must be {months} or more (docs/operating.md, Retention).",
            id="consentadmin.E001",
        )
        for name, months in SHORTEST.items()
        if settings.KEEP_MONTHS[name] < months
    ]


@register()
def held_classes_exist(**kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001
    """Refuse a hold on something that there is not: it would hold nothing."""
    known = [name.value for name in SHORTEST]
    return [
        Error(
            f"CONSENTADMIN_TRAIL_HOLD names {word}, which is no class that is pruned.",
            hint=f"Name any of: {', '.join(known)}.",
            id="consentadmin.E002",
        )
        for word in settings.TRAIL_HOLD
        if word not in known
    ]
