"""Document imports, one method an endpoint (PLATFORM.md §7). A part of `client.Client`.

`create_import`, `start_execution`, `executions`, `execution`, `cancel_execution`, `error_file`.

Nothing is sent twice. After Silent or Garbled from `start_execution` its file may be at work: look
at `executions` first. An import is cheap, so give each file one of its own; then any execution that
it has is that file's.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from consentadmin.mediarithmics.asking import Asking, bare
from consentadmin.mediarithmics.bodies import json_body
from consentadmin.mediarithmics.errors import Garbled, InvalidFilter
from consentadmin.mediarithmics.fields import read_id, read_object
from consentadmin.mediarithmics.imports import (
    DocumentType,
    Execution,
    import_body,
    read_execution,
)
from consentadmin.mediarithmics.paths import execution_path, executions_path, one, query, under
from consentadmin.mediarithmics.spools import Lines, length_of, new_spool, spooled
from consentadmin.mediarithmics.transport import LARGEST_FILE, Answer, Outgoing

SLOWEST = 500_000
"""Bytes a second: what a file may take on top of `Timeouts.total`, unless a deadline is given."""

PATIENCE = 60.0
"""Seconds to wait for the next bytes while the platform stores a file, or looks for one."""


class ImportCalls(Asking):
    """What a client does with document imports."""

    @bare
    def create_import(
        self, datamart: str, kind: DocumentType, name: str, *, deadline: float | None = None
    ) -> str:
        """Make an import, once, and return its id. Until it is executed it does nothing."""
        path = under(one("datamarts", datamart), "document_imports")
        made = self._write_and_read(Outgoing("POST", path, import_body(kind, name)), deadline)
        return read_id(read_object(made), "id")

    @bare
    def start_execution(
        self,
        datamart: str,
        import_id: str,
        lines: Iterable[bytes] | Path,
        *,
        deadline: float | None = None,
    ) -> Execution:
        """Send a file of commands, once, and return its execution.

        `lines` are commands as `commands` makes them, or the path of a file of them; at most
        100 MB. They are read and checked whole before anything is sent, in constant memory; the
        deadline counts from then on. Raises InvalidBody for a file that can't be right.
        """
        path = executions_path(datamart, import_id)
        with spooled(lines) as spool:
            outgoing = Outgoing(
                "POST", path, spool, content_type="application/x-ndjson", patience=PATIENCE
            )
            allowed = self._total + length_of(spool) / SLOWEST if deadline is None else deadline
            return read_execution(self._write_and_read(outgoing, allowed))

    @bare
    def executions(
        self, datamart: str, import_id: str, *, deadline: float | None = None
    ) -> tuple[Execution, ...]:
        """Return every execution of an import: was one started? (S as a list.)"""
        path = executions_path(datamart, import_id)
        return tuple(read_execution(found) for found in self._all(path, deadline))

    @bare
    def execution(
        self, datamart: str, import_id: str, execution_id: str, *, deadline: float | None = None
    ) -> Execution:
        """Return how far an execution is."""
        return read_execution(
            self._one(execution_path(datamart, import_id, execution_id), deadline)
        )

    @bare
    def cancel_execution(
        self, datamart: str, import_id: str, execution_id: str, *, deadline: float | None = None
    ) -> None:
        """Ask, once, that an execution stop. What it did already stays done."""
        path = under(execution_path(datamart, import_id, execution_id), "action")
        self._write(Outgoing("POST", path, json_body({"action": "CANCEL"})), deadline)

    @bare
    def error_file(self, uri: str, *, deadline: float | None = None) -> Lines:
        """Return the lines of an execution's `error_file_uri`, fetched whole, in constant memory.

        They are personal. Use it in a ``with``, or read it to its end.
        """
        if not uri:
            raise InvalidFilter("There is no file of errors.")
        outgoing = Outgoing(
            "GET", query("data_file/data", uri=uri), accept="*/*", patience=PATIENCE
        )
        allowed = self._total + LARGEST_FILE / SLOWEST if deadline is None else deadline
        spool = new_spool()
        try:
            _refuse_page(self._fetch(outgoing, self._end(allowed), into=spool))
            return Lines(spool)
        except BaseException:
            spool.close()
            raise


def _refuse_page(answer: Answer) -> None:
    """A proxy's page for people is no file of errors, though it has lines."""
    if answer.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise Garbled("a page for people", status=answer.status)
