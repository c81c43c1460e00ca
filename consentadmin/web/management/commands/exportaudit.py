"""`exportaudit`: write the trail's entries, oldest first, as CSV, JSON Lines or Parquet. Any size.

It streams from PostgreSQL (COPY), in constant memory. What it gives can't be verified by itself:
for that, ask for a bundle on the trail's page. An entry that is not sealed yet has no `seq`.
Exit code 1: nothing was written.
"""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.dateparse import parse_date, parse_datetime
from psycopg import Error as PostgresError

from consentadmin.audit.filters import Filter
from consentadmin.audit.keeping import connect
from consentadmin.audit.lines import FORMATS, Written, write_lines
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action, Outcome


class Command(BaseCommand):
    """Writes the trail to a file, or to standard output."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)
        parser.add_argument("--from", dest="since", metavar="TIME", help="ISO 8601; UTC by default")
        parser.add_argument("--to", dest="until", metavar="TIME", help="ISO 8601; not included")
        parser.add_argument(
            "--output", default="-", metavar="FILE", help="by default, or with -, standard output"
        )

    def handle(self, **options: Any) -> None:  # noqa: ANN401
        """Record that it begins, write, and record how that ended."""
        asked = Filter(since=_moment(options["since"]), until=_moment(options["until"]))
        if asked.since and asked.until and asked.since >= asked.until:
            raise CommandError("--to lies before --from.", returncode=2)
        path = None if options["output"] == "-" else Path(options["output"])
        if path and not path.parent.is_dir():
            raise CommandError(f"There is no folder {path.parent}.", returncode=2)
        named = [name for name in ("since", "until") if getattr(asked, name)]
        facts = {"export": "exportaudit", "format": options["format"], "filters": named}
        record(action=Action.EXPORT_ASKED, actor=HOUSE, data=facts)
        try:
            done = _write(path, asked, options["format"])
        except (OSError, DatabaseError, PostgresError) as error:
            told = {**facts, "error": type(error).__name__}
            record(action=Action.EXPORT_FAILED, actor=HOUSE, outcome=Outcome.FAILED, data=told)
            why = f"Nothing was written: {type(error).__name__}."
            raise CommandError(why, returncode=1) from None
        told = {**facts, "rows": done.rows, "sha256": done.sha256}
        record(action=Action.EXPORT_MADE, actor=HOUSE, data=told)
        self.stderr.write(f"{done.rows} entries, SHA-256 {done.sha256}.")


def _moment(text: str | None) -> datetime | None:
    """Return a time or the beginning of a day, UTC unless it says otherwise."""
    if text is None:
        return None
    try:
        found = parse_datetime(text)
        day = None if found else parse_date(text)
    except ValueError:
        found = day = None
    if found is None and day is None:
        raise CommandError(f"{text} is no time: give it as 2026-01-31T09:30.", returncode=2)
    found = found or datetime(day.year, day.month, day.day)  # type: ignore[union-attr]  # noqa: DTZ001
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _write(path: Path | None, asked: Filter, form: str) -> Written:
    """Write to standard output, or to a file that appears once it is whole."""
    with connect() as connection:
        if path is None:
            return write_lines(connection, sys.stdout.buffer, asked=asked, form=form)
        draft = path.with_name(f".{path.name}.part")
        try:
            with draft.open("wb") as file:
                done = write_lines(connection, file, asked=asked, form=form)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        return done
