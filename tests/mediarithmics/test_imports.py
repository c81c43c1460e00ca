"""Document imports: made, executed, watched, stopped; and their errors read (§7)."""

import contextlib
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import (
    Busy,
    Declined,
    Garbled,
    InvalidBody,
    InvalidFilter,
    NotFound,
    PlatformError,
    Silent,
)
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.imports import DocumentType, ExecutionStatus, read_execution
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.fixtures.lies import Answer

BASE = "/v1/datamarts/1/document_imports"
URI = "mics://data_file/tenants/1126/errors é.ndjson"
RUNNING: dict[str, Json] = {"id": "9", "status": "RUNNING", "num_tasks": 4, "completed_tasks": 1}
LINES = [b'{"a":1}', b'{"b":"\xc3\xa9"}\n']


@pytest.mark.fact("§7 import")
def test_an_import_is_made_as_documented(liar: Liar, client: Client) -> None:
    """D §7: the type, ndjson, UTF-8, a name; ``data.id`` comes back."""
    liar.always(lies.ok({"id": 77}))
    assert client.create_import("1", DocumentType.USER_CHOICE, "Withdrawals é") == "77"
    request = liar.requests[0]
    assert (request.method, request.path) == ("POST", BASE)
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {
        "document_type": "USER_CHOICE",
        "mime_type": "APPLICATION_X_NDJSON",
        "encoding": "utf-8",
        "name": "Withdrawals é",
    }


def test_every_document_type_is_written_as_documented() -> None:
    """D §7."""
    assert [*DocumentType] == ["USER_CHOICE", "USER_PROFILE", "USER_POINTS_DELETION"]


def test_an_import_without_a_name_is_not_made(liar: Liar, client: Client) -> None:
    with pytest.raises(InvalidBody):
        client.create_import("1", DocumentType.USER_PROFILE, " ")
    assert liar.requests == []


def test_an_execution_is_started_with_its_lines(liar: Liar, client: Client) -> None:
    """D §7: ``application/x-ndjson``, a command a line."""
    liar.always(lies.ok(RUNNING))
    execution = client.start_execution("1", "7/7", iter(LINES))
    request = liar.requests[0]
    assert (request.method, request.path) == ("POST", f"{BASE}/7%2F7/executions")
    assert request.headers["content-type"] == "application/x-ndjson"
    assert request.headers["content-length"] == str(len(request.body))
    assert request.body == b'{"a":1}\n{"b":"\xc3\xa9"}\n'
    assert (execution.id, execution.status) == ("9", ExecutionStatus.RUNNING)


def test_an_execution_is_watched_and_stopped(liar: Liar, client: Client) -> None:
    """C §7."""
    liar.always(lies.ok(RUNNING))
    assert client.execution("1", "7", "9").completed_tasks == 1
    client.cancel_execution("1", "7", "9")
    watch, stop = liar.requests
    assert (watch.method, watch.path) == ("GET", f"{BASE}/7/executions/9")
    assert (stop.method, stop.path) == ("POST", f"{BASE}/7/executions/9/action")
    assert stop.json() == {"action": "CANCEL"}


def test_the_executions_of_an_import_are_listed(liar: Liar, client: Client) -> None:
    """S §7: how somebody finds out whether a lost answer started one."""
    liar.always(lies.ok([RUNNING, {**RUNNING, "id": "10"}]))
    assert [each.id for each in client.executions("1", "7")] == ["9", "10"]
    assert liar.requests[0].path.startswith(f"{BASE}/7/executions?first_result=0")


@pytest.mark.fact("§7 statuses")
@pytest.mark.parametrize(
    ("status", "known", "is_done", "is_over"),
    [
        ("PENDING", ExecutionStatus.PENDING, False, False),
        ("RUNNING", ExecutionStatus.RUNNING, False, False),
        ("SUCCEEDED", ExecutionStatus.SUCCEEDED, True, True),
        ("SUCCESS", ExecutionStatus.SUCCESS, True, True),
        ("FAILED", ExecutionStatus.FAILED, False, True),
        ("CANCELED", ExecutionStatus.CANCELED, False, True),
        ("VALIDATING", None, False, False),
        (None, None, False, False),
    ],
)
def test_a_status_says_whether_it_is_done_or_over(
    status: str | None, known: ExecutionStatus | None, *, is_done: bool, is_over: bool
) -> None:
    """C §7: SUCCEEDED and SUCCESS both mean done; an unknown one is kept."""
    read = read_execution({"id": 9, "status": status})
    assert (read.status, read.written) == (known, status or "")
    assert (read.is_done, read.is_over) == (is_done, is_over)


def test_an_execution_tells_its_result() -> None:
    """C §7."""
    result: Json = {"total_success": 3, "total_failure": "1", "error_file_uri": URI}
    read = read_execution({**RUNNING, "result": result, "creation_date": 5})
    assert (read.num_tasks, read.completed_tasks) == (4, 1)
    assert (read.total_success, read.total_failure, read.error_file_uri) == (3, 1, URI)
    assert dict(read.rest) == {"creation_date": 5}
    assert URI not in repr(read)


@pytest.mark.parametrize("result", [None, {}, {"error_file_uri": ""}, {"total_success": None}])
def test_an_execution_under_way_has_no_result(result: Json) -> None:
    read = read_execution({"id": "9", "status": "PENDING", "result": result})
    assert (read.total_success, read.total_failure, read.error_file_uri) == (None, None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None},
        {"status": 1},
        {"num_tasks": -1},
        {"num_tasks": 1.5},
        {"completed_tasks": True},
        {"completed_tasks": "many"},
        {"result": []},
        {"result": {"total_success": "-1"}},
        {"result": {"error_file_uri": 1}},
    ],
)
def test_an_execution_with_a_wrong_field_is_garbled(wrong: dict[str, Json]) -> None:
    with pytest.raises(Garbled):
        read_execution({**RUNNING, **wrong})


ANY: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from([*RUNNING, "result", "total_success"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, database=None)
@given(value=ANY, status=ANY, result=ANY)
def test_any_answer_is_read_or_garbled(value: Json, status: Json, result: Json) -> None:
    for answer in (value, {"id": "9", "status": status, "result": result}):
        with contextlib.suppress(Garbled):
            read = read_execution(answer)
            assert read.id
            assert not (read.is_done and not read.is_over)


WRITES: dict[str, Callable[[Client], object]] = {
    "create_import": lambda client: client.create_import("1", DocumentType.USER_CHOICE, "x"),
    "start_execution": lambda client: client.start_execution("1", "7", LINES),
    "cancel_execution": lambda client: client.cancel_execution("1", "7", "9"),
}
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
ERRORS: list[tuple[Answer, type[PlatformError]]] = [
    (lies.error(400), Declined),
    (lies.error(404), NotFound),
    (lies.error(413), Declined),
    (lies.error(503), Busy),
    (lies.error(200), Garbled),
    (lies.html(200), Garbled),
    (lies.close(), Silent),
    (lies.reset(), Silent),
]


@each_write
@pytest.mark.parametrize(("answer", "kind"), ERRORS)
def test_a_write_is_sent_once_and_tells_what_to_do(
    liar: Liar,
    stubborn: Client,
    write: Callable[[Client], object],
    answer: Answer,
    kind: type[PlatformError],
) -> None:
    liar.always(answer)
    with pytest.raises(PlatformError) as caught:
        write(stubborn)
    assert type(caught.value) is kind
    assert len(liar.requests) == 1


@each_write
def test_a_write_ends_at_its_deadline(
    liar: Liar, hasty: Client, write: Callable[[Client], object]
) -> None:
    liar.always(lies.hang())
    with pytest.raises(Silent):
        write(hasty)


@pytest.mark.parametrize("answer", [lies.empty(), lies.ok(data=True), lies.ok([]), lies.ok({})])
def test_what_was_made_without_an_id_is_garbled(liar: Liar, client: Client, answer: Answer) -> None:
    """Something may have been made: only `executions` tells."""
    liar.always(answer)
    for name in ("create_import", "start_execution"):
        with pytest.raises(Garbled):
            WRITES[name](client)


def test_the_errors_are_read_line_by_line(liar: Liar, client: Client) -> None:
    """C §7: ``/v1/data_file/data?uri=``; the file comes bare, in no envelope."""
    liar.always(lies.body_answer(200, b"one\r\n\n\xff two\nthree", {"Content-Type": "text/plain"}))
    with client.error_file(URI) as lines:
        assert [*lines] == [b"one", b"\xff two", b"three"]
        assert [*lines] == []
    request = liar.requests[0]
    assert (request.method, request.headers["accept"]) == ("GET", "*/*")
    assert unquote(request.path) == f"/v1/data_file/data?uri={URI}"
    assert "mics%3A%2F%2Fdata_file" in request.path


def test_a_file_that_broke_off_is_read_again_from_its_beginning(
    liar: Liar, stubborn: Client
) -> None:
    half = lies.cut(body=b"two\n" * 50_000)  # more than is read at once
    liar.always(lies.in_turn(half, lies.body_answer(200, b"one\n")))
    with stubborn.error_file(URI) as lines:
        assert [*lines] == [b"one"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lies.error(404), NotFound),
        (lies.error(503), Busy),
        (lies.html(200), Garbled),
        (lies.cut(body=b"one\n"), Silent),
        (lies.body_answer(200, b"x" * 1_000_001), Garbled),
        (lies.redirect("http://127.0.0.1:1/"), Garbled),
    ],
)
def test_half_a_file_of_errors_is_none(
    liar: Liar, client: Client, answer: Answer, kind: type[PlatformError]
) -> None:
    liar.always(answer)
    with pytest.raises(PlatformError) as caught:
        client.error_file(URI)
    assert type(caught.value) is kind


def test_an_empty_file_has_no_lines_and_no_file_is_none(liar: Liar, client: Client) -> None:
    liar.always(lies.empty())
    assert [*client.error_file(URI)] == []
    with pytest.raises(InvalidFilter):
        client.error_file("")
    assert len(liar.requests) == 1
