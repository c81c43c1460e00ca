"""`keeptrail`: make the trail's tables of the months ahead, and take away months that are over.

It connects as the owner (DATABASE_OWNER_URL). Without --prune it says what --prune would take away.
Exit code 1: a month that is over could not be taken away, and why.
"""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from consentadmin.audit.keeping import connect
from consentadmin.audit.partitions import Month, add_ahead
from consentadmin.audit.pruning import NotPruned, due, examine, prune
from consentadmin.audit.retention import Retention
from consentadmin.audit.tree import Connection


class Command(BaseCommand):
    """Keeps the trail as long as it must be kept, and no longer."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--prune", action="store_true", help="take away what is over")
        parser.add_argument("--dry-run", action="store_true", help="change nothing at all")

    def handle(self, *, prune: bool, dry_run: bool, **_: Any) -> None:  # noqa: ANN401
        """Make, then tell or take away."""
        if prune and dry_run:
            raise CommandError("--prune and --dry-run exclude each other.", returncode=2)
        with connect("owner" if "owner" in settings.DATABASES else "default") as connection:
            if not dry_run:
                self.stdout.write(f"{len(add_ahead(connection))} tables were made.")
            for name in settings.TRAIL_HOLD:
                self.stdout.write(f"{name}: held, nothing is taken away.")
            keep = {Retention(name): months for name, months in settings.KEEP_MONTHS.items()}
            months = due(connection, keep=keep, held=settings.TRAIL_HOLD)
            done = [self.treat(connection, month, is_pruned=prune) for month in months]
        if not all(done):
            raise CommandError(f"{done.count(False)} months were not taken away.", returncode=1)

    def treat(self, connection: Connection, month: Month, *, is_pruned: bool) -> bool:
        """Take a month away, or say what that would take away; tell whether it can be."""
        try:
            if is_pruned:
                pruned = prune(connection, month, origin=settings.ORIGIN)
                told = f" (entry {pruned.entry})" if pruned.entry else ""
                self.stdout.write(f"{month}: {pruned.entries} entries were taken away{told}.")
            else:
                entries = examine(connection, month, origin=settings.ORIGIN)
                self.stdout.write(f"{month}: {entries} entries can be taken away.")
        except NotPruned as error:
            self.stderr.write(f"{month}: {error}.")
        except psycopg.OperationalError as error:
            self.stderr.write(f"{month}: the database did not do it ({type(error).__name__}).")
        else:
            return True
        return False
