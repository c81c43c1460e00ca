"""Document imports and their executions as the platform tells them (PLATFORM.md §7).

An import says what its lines are; each execution of it takes one file of them. What the lines say
is built by `commands`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from consentadmin.mediarithmics.bodies import json_body
from consentadmin.mediarithmics.errors import InvalidBody
from consentadmin.mediarithmics.fields import (
    Json,
    Object,
    read_count_or_none,
    read_id,
    read_mapping,
    read_object,
    read_text,
    rest_of,
)


class DocumentType(StrEnum):
    """What the lines of an import are about."""

    USER_CHOICE = "USER_CHOICE"
    USER_PROFILE = "USER_PROFILE"
    USER_POINTS_DELETION = "USER_POINTS_DELETION"


class ExecutionStatus(StrEnum):
    """How far an execution is (C). SUCCEEDED and SUCCESS both mean done, perhaps with failures."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


_STATUSES = {status.value: status for status in ExecutionStatus}
_DONE = {ExecutionStatus.SUCCEEDED, ExecutionStatus.SUCCESS}
_OVER = _DONE | {ExecutionStatus.FAILED, ExecutionStatus.CANCELED}


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution. `written` is its status as the platform wrote it, `status` as we know it.

    Counts are None until the platform tells them; `error_file_uri` is for `Client.error_file`.
    """

    id: str
    written: str
    status: ExecutionStatus | None
    num_tasks: int | None
    completed_tasks: int | None
    total_success: int | None
    total_failure: int | None
    error_file_uri: str | None = field(repr=False)
    rest: Object = field(repr=False)

    @property
    def is_done(self) -> bool:
        """Whether it went through: single lines may have failed even so."""
        return self.status in _DONE

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it. An unknown status is not over."""
        return self.status in _OVER


def import_body(kind: DocumentType, name: str) -> bytes:
    """Return the body that makes an import, or raise InvalidBody. `name` is seen by others."""
    if not name.strip():
        raise InvalidBody("An import has a name.")
    body = {"document_type": kind.value, "mime_type": "APPLICATION_X_NDJSON", "encoding": "utf-8"}
    return json_body({**body, "name": name})


def read_execution(value: Json) -> Execution:
    source = read_object(value)
    result, written = read_mapping(source, "result"), read_text(source, "status")
    return Execution(
        id=read_id(source, "id"),
        written=written,
        status=_STATUSES.get(written),
        num_tasks=read_count_or_none(source, "num_tasks"),
        completed_tasks=read_count_or_none(source, "completed_tasks"),
        total_success=read_count_or_none(result, "total_success"),
        total_failure=read_count_or_none(result, "total_failure"),
        error_file_uri=read_text(result, "error_file_uri") or None,
        rest=rest_of(source, "id", "status", "num_tasks", "completed_tasks", "result"),
    )
