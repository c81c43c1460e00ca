"""Runs document imports in the background (PLATFORM §7).

An uploaded file is kept in pieces of whole lines; how far an execution has come is written with
what its commands did, in one transaction, so that after a restart it goes on where it was.
Timestamps are milliseconds since the epoch, UTC.
"""

import logging
import time
from collections.abc import Iterator
from typing import NamedTuple

from consentadmin.sandbox import bodies
from consentadmin.sandbox.commands import Commands
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import Problem
from consentadmin.sandbox.store import Store

PENDING, RUNNING, FAILED, CANCELED = "PENDING", "RUNNING", "FAILED", "CANCELED"
_PIECE = 262_144  # bytes
_STEP_S = 0.002  # how long a step may hold up a call
_log = logging.getLogger(__name__)

_START = """
INSERT INTO execution (import_id, status, created, tasks, completed, failures, piece, place)
    VALUES (?, ?, ?, ?, 0, 0, 0, 0)
"""
_READ = """
SELECT execution.id, datamart_id, document_type, status, created, started, ended, tasks, completed,
    failures, piece, place FROM execution JOIN document_import ON document_import.id = import_id
"""
_FAILED = """
SELECT failed_command.body FROM failed_command JOIN execution ON execution.id = execution
    JOIN document_import ON document_import.id = import_id
    WHERE datamart_id = ? AND execution = ? ORDER BY line
"""
_KEEP = """
UPDATE execution SET status = ?, started = ?, ended = ?, completed = ?, failures = ?, piece = ?,
    place = ? WHERE id = ?
"""


class Execution(NamedTuple):
    """One run of an import: `completed` of `tasks` commands are done, `failures` of them failed."""

    id: int
    datamart_id: str
    document_type: str
    status: str
    created: int
    started: int | None
    ended: int | None
    tasks: int
    completed: int
    failures: int
    piece: int
    place: int


class Executions:
    """Keeps executions and runs them, one after the other."""

    def __init__(
        self, store: Store, commands: Commands, decisions: Decisions, commands_a_second: float
    ) -> None:
        self._store = store
        self._execute = store.connection.execute
        self._commands = commands
        self._decisions = decisions
        self._pace = commands_a_second
        self._not_before = 0
        self._piece: tuple[int, int, bytes] = (0, 0, b"")

    def start(self, import_id: int, file: bytes, now: int) -> Execution:
        """Keep a file whose commands are to be carried out."""
        tasks = file.count(b"\n") + (not file.endswith(b"\n"))
        with self._store.transaction():
            number = self._execute(_START, (import_id, PENDING, now, tasks)).lastrowid
            assert number is not None, "a row was inserted"
            for place, piece in enumerate(_pieces(file)):
                self._execute("INSERT INTO upload VALUES (?, ?, ?)", (number, place, piece))
        found = self.read(import_id, number)
        assert found is not None, "it was just inserted"
        return found

    def read(self, import_id: int, number: int) -> Execution | None:
        """Return an execution of an import."""
        sql = f"{_READ} WHERE import_id = ? AND execution.id = ?"
        row = self._execute(sql, (import_id, number)).fetchone()
        return None if row is None else Execution(*row)

    def read_all(self, import_id: int) -> list[Execution]:
        """Return the executions of an import, newest first."""
        rows = self._execute(
            f"{_READ} WHERE import_id = ? ORDER BY execution.id DESC", (import_id,)
        )
        return [Execution(*row) for row in rows]

    def cancel(self, execution: Execution, now: int) -> Execution:
        """Stop before the next command; what was done stays done."""
        found = execution._replace(status=CANCELED, ended=now)
        with self._store.transaction():
            self._keep(found)
        return found

    def failed_commands(self, datamart_id: str, number: int) -> list[str]:
        """Return the lines of the error file of an execution; none if there is no such file."""
        return [row[0] for row in self._execute(_FAILED, (datamart_id, number))]

    def step(self, now: int) -> int | None:
        """Carry out some commands; return after how many ms to come again, None for never."""
        row = self._execute(f"{_READ} WHERE ended IS NULL ORDER BY execution.id LIMIT 1").fetchone()
        if row is None:
            return None
        if now < self._not_before:
            return self._not_before - now
        before = Execution(*row)
        with self._store.transaction():
            after = self._advance(before._replace(status=RUNNING, started=before.started or now))
            if after.completed == after.tasks:
                after = after._replace(status=self._outcome(after), ended=now)
            self._keep(after)
        if self._pace:
            done = after.completed - before.completed
            self._not_before = now + int(1000 * done / self._pace)
        return max(self._not_before - now, 0)

    def _advance(self, execution: Execution) -> Execution:
        """Carry out commands until the step has taken long enough, or the pace allows no more."""
        until = time.monotonic() + _STEP_S
        while execution.completed < execution.tasks:
            line, execution = self._next_line(execution)
            failure = self._failure(execution, line)
            number = execution.completed + 1
            execution = execution._replace(completed=number)
            if failure is not None:
                text = line.decode("utf-8", "replace")
                body = bodies.written({"line": number, "error": failure, "command": text})
                values = (execution.id, number, body)
                self._execute("INSERT INTO failed_command VALUES (?, ?, ?)", values)
                execution = execution._replace(failures=execution.failures + 1)
            if self._pace or time.monotonic() > until:
                break
        return execution

    def _next_line(self, execution: Execution) -> tuple[bytes, Execution]:
        """Return the next command, and the execution with its place behind that."""
        piece = self._read_piece(execution.id, execution.piece)
        end = piece.find(b"\n", execution.place)
        line = piece[execution.place : end if end >= 0 else len(piece)]
        if 0 <= end < len(piece) - 1:
            return line, execution._replace(place=end + 1)
        return line, execution._replace(piece=execution.piece + 1, place=0)

    def _read_piece(self, number: int, piece: int) -> bytes:
        if self._piece[:2] != (number, piece):
            sql = "SELECT body FROM upload WHERE execution = ? AND piece = ?"
            self._piece = (number, piece, self._execute(sql, (number, piece)).fetchone()[0])
        return self._piece[2]

    def _failure(self, execution: Execution, line: bytes) -> str | None:
        """Carry out a command, all of it or nothing; return why it can't be."""
        try:
            with self._store.transaction():
                self._commands.carry_out(execution.datamart_id, execution.document_type, line)
        except Problem as problem:
            return problem.sentence
        except Exception:  # noqa: BLE001 (one bad command must not hold up all that follow)
            _log.exception("The sandbox itself failed at a command")
            return "Internal Server Error"
        return None

    def _outcome(self, execution: Execution) -> str:
        all_failed = execution.failures == execution.tasks
        if all_failed and self._decisions.import_of_failures_fails:
            return FAILED
        return self._decisions.import_done_status

    def _keep(self, it: Execution) -> None:
        values = (it.status, it.started, it.ended, it.completed, it.failures, it.piece, it.place)
        self._execute(_KEEP, (*values, it.id))
        used = "DELETE FROM upload WHERE execution = ? AND (piece < ? OR ?)"
        self._execute(used, (it.id, it.piece, it.ended is not None))


def _pieces(file: bytes) -> Iterator[bytes]:
    """Cut a file behind ends of lines."""
    place = 0
    while place < len(file):
        end = len(file)
        if end - place > _PIECE:
            end = file.rfind(b"\n", place, place + _PIECE) + 1
            end = end or file.find(b"\n", place + _PIECE) + 1 or len(file)
        yield file[place:end]
        place = end
