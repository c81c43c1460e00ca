"""Log lines: ids and names of ours, and of an exception its type and stack alone."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from consentadmin.audit import context
from consentadmin.subjects.models import Handle
from consentadmin.web.logs import JsonFormatter, LineFormatter, Scrub, configuration


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """All that is logged from INFO on, as the console's filter leaves it."""
    found: list[logging.LogRecord] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record)

    handler, root = Collector(), logging.getLogger()
    handler.addFilter(Scrub())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


def failed(message: str = "it failed", **fields: Any) -> logging.LogRecord:
    """A record of an exception that quotes a person, and of the one that led to it."""
    try:
        try:
            dict[str, int]()["needle-one"]
        except KeyError as error:
            raise ValueError("Key (email)=(needle-two)") from error
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, message, (), sys.exc_info())
    record.__dict__.update(fields)
    return record


def test_a_request_is_one_line_with_its_route(
    as_alice: Client, marie: Handle, records: list[logging.LogRecord]
) -> None:
    as_alice.get(f"/person/{marie.pk}/changes/77")
    as_alice.get(f"/person/{marie.pk}x")
    as_alice.get("/no-such-page")
    lines = [record for record in records if record.name == "consentadmin.access"]
    told = [(line.route, line.status, line.change) for line in lines]  # type: ignore[attr-defined]
    assert told == [("change", 404, 77), ("person", 404, None), ("-", 404, None)]
    assert all(str(marie.pk) not in JsonFormatter().format(record) for record in records)


def test_djangos_own_lines_name_the_route(records: list[logging.LogRecord]) -> None:
    class Match:
        view_name = "person"

    class Request:
        path, resolver_match = "/person/needle", Match()

    logging.getLogger("django.request").error(
        "%s: %s", "Internal Server Error", Request.path, extra={"request": Request()}
    )
    assert [record.getMessage() for record in records] == ["Internal Server Error: person"]


def test_a_host_that_is_refused_is_not_quoted(
    client: Client, records: list[logging.LogRecord]
) -> None:
    assert client.get("/sign-in", headers={"Host": "needle.example.com"}).status_code == 400
    assert "ALLOWED_HOSTS" in "".join(record.getMessage() for record in records)
    assert "needle" not in "".join(record.getMessage() for record in records)


def test_a_failed_task_tells_its_type_alone(records: list[logging.LogRecord]) -> None:
    text = "Task %(name)s[%(id)s] %(description)s: %(exc)s"
    said = {"name": "changes.drain", "id": "7", "description": "raised", "exc": "needle"}
    more = {"traceback": "needle", "args": "needle", "kwargs": "needle"}
    logging.getLogger("celery.app.trace").error(text, said | more, exc_info=failed().exc_info)
    line = json.loads(JsonFormatter().format(records[0]))
    assert line["message"] == "Task changes.drain[7] raised: builtins.ValueError"
    assert "needle" not in json.dumps(line)


def test_json_tells_an_exception_by_types_and_stack() -> None:
    with context.request("r-1", change=7):
        line = json.loads(JsonFormatter().format(failed()))
    assert (line["request_id"], line["change"], line["level"]) == ("r-1", 7, "ERROR")
    assert line["exception"]["types"] == ["builtins.ValueError", "builtins.KeyError"]
    assert line["exception"]["stack"][0].endswith(" failed")
    assert "needle" not in json.dumps(line)


def test_a_plain_line_tells_the_same() -> None:
    with context.request("r-1", change=7):
        line = LineFormatter().format(failed())
    assert "ERROR x [r-1 change 7] it failed" in line
    assert "builtins.ValueError from builtins.KeyError" in line
    assert "needle" not in line
    assert "[- change 9]" in LineFormatter().format(failed(change=9))


@pytest.mark.parametrize("form", ["plain", "json"])
def test_the_setting_asks_for_one_form(form: str) -> None:
    assert configuration(form, "INFO")["handlers"]["console"]["formatter"] == form
