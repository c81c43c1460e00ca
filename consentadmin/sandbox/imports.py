"""`document_imports`: make one, start executions, follow and cancel them (PLATFORM §7)."""

import re
import time
from collections.abc import Callable
from typing import Any

from consentadmin.sandbox import bodies, selectors
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.commands import DOCUMENT_TYPES
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import Lines, arguments, paged, required, single
from consentadmin.sandbox.executions import Execution, Executions
from consentadmin.sandbox.problems import bad_request, not_found
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.store import Store

LARGEST_FILE = 104_857_600  # bytes
_PATH = "/v1/datamarts/:/document_imports"
_UPLOAD = re.compile(rb"/v1/datamarts/[^/]*/document_imports/[^/]*/executions")
_FILE = re.compile(r"mics://data_file/datamarts/([0-9]+)/executions/([0-9]{1,18})/errors\.ndjson")


def is_upload(raw_path: bytes) -> bool:
    """Say whether a body sent to this path may be as long as `LARGEST_FILE`."""
    return _UPLOAD.fullmatch(raw_path) is not None


class Imports:
    """Answers the calls on document imports. `wake` says that there is work to do."""

    def __init__(
        self,
        store: Store,
        access: Access,
        decisions: Decisions,
        executions: Executions,
        wake: Callable[[], None],
    ) -> None:
        self._execute = store.connection.execute
        self._access = access
        self._decisions = decisions
        self._executions = executions
        self._wake = wake

    def add_to(self, routes: Routes) -> None:
        """Register every call on imports."""
        routes.add("POST", _PATH, self.make)
        routes.add("GET", f"{_PATH}/:", self.read)
        routes.add("POST", f"{_PATH}/:/executions", self.start)
        routes.add("GET", f"{_PATH}/:/executions", self.read_executions)
        routes.add("GET", f"{_PATH}/:/executions/:", self.read_execution)
        routes.add("POST", f"{_PATH}/:/executions/:/action", self.act)
        routes.add("GET", "/v1/data_file/data", self.read_file)

    def make(self, call: Call) -> bytes:
        """Make an import that files of one type of document can be sent to."""
        datamart_id = self._access.datamart(call.values[0])
        given = bodies.parsed(call.body, self._decisions)
        document_type = _text(given, "document_type")
        if document_type not in DOCUMENT_TYPES and self._decisions.unknown_import_is_refused:
            raise bad_request(f"document_type must be one of {', '.join(DOCUMENT_TYPES)}")
        if _text(given, "mime_type") != "APPLICATION_X_NDJSON":
            raise bad_request("mime_type must be APPLICATION_X_NDJSON")
        if _text(given, "encoding").lower() != "utf-8":
            raise bad_request("encoding must be utf-8")
        kept = {name: given[name] for name in ("document_type", "mime_type", "encoding")}
        body = bodies.written(kept | {"name": _text(given, "name")})
        sql = "INSERT INTO document_import (datamart_id, document_type, body) VALUES (?, ?, ?)"
        number = self._execute(sql, (datamart_id, document_type, body)).lastrowid
        assert number is not None, "a row was inserted"
        return single(self._shown(datamart_id, number, body))

    def read(self, call: Call) -> bytes:
        """Answer one import."""
        datamart_id, number, body = self._import(call)
        return single(self._shown(datamart_id, number, body))

    def start(self, call: Call) -> bytes:
        """Take a file of one command a line and start to carry it out."""
        _, number, _ = self._import(call)
        if not call.body:
            raise bad_request("The file is empty")
        execution = self._executions.start(number, call.body, _now())
        self._wake()
        return single(self._told(execution))

    def read_executions(self, call: Call) -> bytes:
        """Answer one page of the executions of an import, newest first (S)."""
        _, number, _ = self._import(call)
        found = [self._told(each) for each in self._executions.read_all(number)]
        asked = arguments(call.query)
        return paged(found, asked, self._decisions, default_size=self._decisions.page_size)

    def read_execution(self, call: Call) -> bytes:
        """Answer how far one execution is."""
        return single(self._told(self._execution(call)))

    def act(self, call: Call) -> bytes:
        """Cancel an execution: commands that were carried out stay so (S)."""
        execution = self._execution(call)
        if bodies.parsed(call.body, self._decisions).get("action") != "CANCEL":
            raise bad_request("action must be CANCEL")
        if execution.ended is None:
            execution = self._executions.cancel(execution, _now())
        elif self._decisions.late_cancel_is_refused:
            raise bad_request(f"action: the execution is {execution.status} already")
        return single(self._told(execution))

    def read_file(self, call: Call) -> bytes:
        """Answer the error file of an execution: a line for each command that failed (S)."""
        uri = _FILE.fullmatch(required(arguments(call.query), "uri"))
        if uri is None:
            raise not_found()
        datamart_id = self._access.datamart(uri[1])
        lines = self._executions.failed_commands(datamart_id, int(uri[2]))
        if not lines:
            raise not_found()
        return Lines("".join(f"{line}\n" for line in lines).encode())

    def _import(self, call: Call) -> tuple[str, int, str]:
        datamart_id = self._access.datamart(call.values[0])
        number = _id(call.values[1])
        sql = "SELECT body FROM document_import WHERE id = ? AND datamart_id = ?"
        row = self._execute(sql, (number, datamart_id)).fetchone()
        if row is None:
            raise not_found()
        return datamart_id, number, row[0]

    def _execution(self, call: Call) -> Execution:
        _, number, _ = self._import(call)
        found = self._executions.read(number, _id(call.values[2]))
        if found is None:
            raise not_found()
        return found

    def _shown(self, datamart_id: str, number: int, body: str) -> str:
        return f'{{"id":"{number}","datamart_id":"{datamart_id}",{body[1:]}'

    def _told(self, it: Execution) -> str:
        """Write an execution as it is answered; its result is null until it has ended (S)."""
        uri = f"mics://data_file/datamarts/{it.datamart_id}/executions/{it.id}/errors.ndjson"
        result = {
            "total_success": it.completed - it.failures,
            "total_failure": it.failures,
            "error_file_uri": uri if it.failures else None,
        }
        tells = it.ended is not None or self._decisions.running_import_tells_result
        found = {
            "id": str(it.id),
            "job_type": "DOCUMENT_IMPORT",
            "status": it.status,
            "creation_date": it.created,
            "start_date": it.started,
            "end_date": it.ended,
            "num_tasks": it.tasks,
            "completed_tasks": it.completed,
            "result": result if tells else None,
        }
        return bodies.written(found)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _id(raw: str) -> int:
    """Read the id of an import or an execution: whatever is no number is nobody's id."""
    text = selectors.decoded(raw)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise not_found()
    return int(text)


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None or value == "":
        raise bad_request(f"{name} is mandatory")
    if not isinstance(value, str):
        raise bad_request(f"{name} must be a text")
    return value
