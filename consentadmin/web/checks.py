"""Checks of `manage.py check --deploy`: what would make an installation unsafe."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register


@register(Tags.security, deploy=True)
def roles_apart(**kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001
    """Warn when the app works under the owner's role: it could drop the trail's triggers."""
    app, owner = settings.DATABASES["default"], settings.DATABASES.get("owner")
    if owner is None or owner["USER"] != app["USER"]:
        return []
    return [
        checks.Warning(
            "DATABASE_URL and DATABASE_OWNER_URL use the same role.",
            hint="Give the app a role of its own (docs/operating.md): the owner of the trail's "
            "table could switch its protection off.",
            id="consentadmin.W001",
        )
    ]
