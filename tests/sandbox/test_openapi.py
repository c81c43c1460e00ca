"""The OpenAPI document: it tells what is there, and what is there keeps to it (schemathesis)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from consentadmin.sandbox.app import Manners, Sandbox
from consentadmin.sandbox.openapi import document
from consentadmin.sandbox.seed import seed
from consentadmin.sandbox.store import opened
from tests.fixtures.sandbox import RunningSandbox, start_sandbox

schemathesis.serializer.alias("application/x-ndjson", "text/plain")
# A person who was deleted would hide the rest: see test_deleting_points for that.
SCHEMA = schemathesis.openapi.from_dict(document()).exclude(
    method="DELETE", path_regex=r"user_points/[^/]*$"
)
ANY_ANSWER = [not_a_server_error]
AS_TOLD = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
few = settings(
    max_examples=4,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Fuzzed:
    """A sandbox that nobody else reads, and what its answers must be like."""

    running: RunningSandbox
    checks: list[Any]


@pytest.fixture(scope="module", params=["ordinary", "contrarian"])
def fuzzed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fuzzed]:
    """The ordinary sandbox does as the document says; the contrarian only fails at nothing."""
    is_contrarian = request.param == "contrarian"
    running = start_sandbox(tmp_path_factory.mktemp("f") / "s.db", contrarian=is_contrarian)
    yield Fuzzed(running, ANY_ANSWER if is_contrarian else AS_TOLD)
    running.stop()


def test_it_tells_of_every_path_and_of_no_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = opened(tmp_path_factory.mktemp("paths") / "s.db", seed=seed)
    answered = Sandbox(store, Manners("token")).patterns()
    store.close()
    told = {
        (method.upper(), re.sub(r"[^/]*{[^/]*", ":", path))
        for path, methods in document()["paths"].items()
        for method in methods
    }
    assert told == answered


def test_it_is_answered_without_a_token(sandbox: RunningSandbox) -> None:
    answer = requests.get(f"{sandbox.base_url}/openapi.json", timeout=20)
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(document()))
    assert answer.json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_it_can_only_be_read(sandbox: RunningSandbox, method: str) -> None:
    answer = requests.request(method, f"{sandbox.base_url}/openapi.json", timeout=20)
    assert answer.status_code == 401


@SCHEMA.parametrize()
@few
def test_it_answers_whatever_comes(case: Case[Any], fuzzed: Fuzzed) -> None:
    base_url, headers = fuzzed.running.base_url, {"Authorization": fuzzed.running.token}
    case.call_and_validate(base_url=base_url, headers=headers, checks=fuzzed.checks)
