"""`syncreferentials`: read processings, compartments and channels into our own tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consentadmin.datamarts.models import Datamart
from consentadmin.datamarts.syncing import FAILURES, sync


class Command(BaseCommand):
    """Syncs one datamart or all; exit code 1 when one could not be read."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--datamart", metavar="ID", help="only this one")

    def handle(self, **options: Any) -> None:  # noqa: ANN401
        """Sync them in turn; one that fails is told and does not stop the rest."""
        chosen = Datamart.objects.order_by("pk")
        if options["datamart"]:
            chosen = chosen.filter(platform_id=options["datamart"])
            if not chosen:
                raise CommandError(f"There is no datamart {options['datamart']}.", returncode=2)
        failed = []
        for datamart in chosen:
            try:
                done = sync(datamart=datamart)
            except FAILURES as error:
                failed.append(datamart.platform_id)
                self.stderr.write(f"Datamart {datamart.platform_id}: {error}")
            else:
                self.stdout.write(
                    f"Datamart {datamart.platform_id}: {done.processings} processings, "
                    f"{done.compartments} compartments, {done.channels} channels; {done.gone} gone."
                )
        if failed:
            raise CommandError(f"Could not be read: {', '.join(failed)}.", returncode=1)
