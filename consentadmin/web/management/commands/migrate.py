"""`migrate`, as the owner of the tables: the app's own role may neither make nor change any."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from consentadmin.audit.rights import grant_rights


class Command(migrate.Command):
    """Migrates by DATABASE_OWNER_URL where it is given, then gives the app's role its rights."""

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Migrate, then grant."""
        if "owner" in settings.DATABASES:
            options["database"] = "owner"
        super().handle(*args, **options)
        app = settings.DATABASES["default"]["USER"]
        if "owner" in settings.DATABASES and app != settings.DATABASES["owner"]["USER"]:
            grant_rights(connections["owner"], role=app)
