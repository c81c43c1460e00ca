"""`migrate`, as the owner of the tables: the app's own role may neither make nor change any.

It makes the trail's tables of the months ahead, too.
"""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from consentadmin.audit.partitions import add_ahead, is_by_month
from consentadmin.audit.rights import grant_rights


class Command(migrate.Command):
    """Migrates by DATABASE_OWNER_URL where it is given, then gives the app's role its rights."""

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Migrate, add what is missing of the months to come, then grant."""
        if "owner" in settings.DATABASES:
            options["database"] = "owner"
        super().handle(*args, **options)
        made = connections[options["database"]]
        made.ensure_connection()
        if not options["plan"] and is_by_month(made.connection):
            add_ahead(made.connection)
        app = settings.DATABASES["default"]["USER"]
        if "owner" in settings.DATABASES and app != settings.DATABASES["owner"]["USER"]:
            grant_rights(connections["owner"], role=app)
