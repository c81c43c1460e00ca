"""`verifyaudit`: verify the whole trail, or a bundle. Exit code 1: it is not as it was sealed.

Of a bundle with a Parquet file, each of its rows is held against the entry that was sealed.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consentadmin.audit.bundles import verify_bundle
from consentadmin.audit.bundles.parquet import NotParquet, compare
from consentadmin.audit.inspecting import inspect
from consentadmin.audit.notes import BadNote, VerifierKey
from consentadmin.audit.signing import trusted_keys


class Command(BaseCommand):
    """Verifies the trail in the database, or a bundle."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--bundle", type=Path, metavar="FILE", help="a folder or a ZIP")
        parser.add_argument("--key", metavar="VKEY", help="the verifier key to trust, and no other")
        parser.add_argument(
            "--seen", type=Path, metavar="CHECKPOINT", help="a file with a checkpoint had before"
        )

    def handle(self, **options: Any) -> None:  # noqa: ANN401
        """Verify, say what came of it, and keep it."""
        for name in ("bundle", "seen"):
            if options[name] and not options[name].exists():
                raise CommandError(f"There is no {options[name]}.", returncode=2)
        if options["bundle"]:
            self.verify_bundle(**options)
        else:
            self.verify_trail(**options)

    def verify_bundle(self, *, bundle: Path, key: str | None, seen: Path | None, **_: Any) -> None:  # noqa: ANN401
        """Verify a bundle as its reader would."""
        if not key:
            raise CommandError("A bundle is verified with --key, the trail's key.", returncode=2)
        note = seen.read_text(encoding="utf-8") if seen else None
        try:
            self.stdout.write(verify_bundle.verify(bundle, key, note))
            differs = compare(bundle)
        except (*verify_bundle.UNREADABLE, NotParquet) as error:
            raise CommandError(f"Not sound: {error}.", returncode=1) from None
        except ImportError:  # a house that was installed without it
            raise CommandError("It holds a Parquet file: install pyarrow.", returncode=2) from None
        if differs:
            why = f"{verify_bundle.PARQUET}: {differs}"
            raise CommandError(f"Not sound: {why}.", returncode=1)
        if differs is not None:
            self.stdout.write(f"{verify_bundle.PARQUET} tells what they tell, row by row.")

    def verify_trail(self, *, key: str | None, seen: Path | None, **_: Any) -> None:  # noqa: ANN401
        """Verify the trail in the database, with every checkpoint there is."""
        try:
            trusted = [VerifierKey.parse(key)] if key else trusted_keys()
        except BadNote as error:
            raise CommandError(f"--key: {error}.", returncode=2) from None
        report = inspect(trusted=trusted, seen=[seen.read_text(encoding="utf-8")] if seen else [])
        if not trusted:
            self.stderr.write("No key was given: the keys that the database names are believed.")
        for told in report.pruned:
            self.stdout.write(f"{told}.")
        for problem in sorted(report.problems, key=lambda problem: problem.seq):
            self.stderr.write(str(problem))
        if not report.is_sound:
            raise CommandError(f"Not sound. First: {report.first_bad}.", returncode=1)
        self.stdout.write(
            f"{report.size} entries and {report.checkpoints} checkpoints are as they were sealed"
            f" ({report.seconds:.1f} s)."
        )
