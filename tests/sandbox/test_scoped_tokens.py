"""Tokens that are limited to some datamarts (PLATFORM §1)."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from consentadmin.sandbox.people import CUSTOMERS, MARIE
from tests.fixtures.sandbox import sandbox_command, start_sandbox
from tests.sandbox.conftest import Caller, caller_of
from tests.sandbox.doings import by_account, make_import, post, timeline, visit


@pytest.fixture(scope="module")
def all_of_it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A sandbox with a token beside the usual one that is limited to Retail UK."""
    store = tmp_path_factory.mktemp("scoped") / "sandbox.db"
    running = start_sandbox(store, scoped_token="uk=1460,1461")
    yield caller_of(running)
    running.stop()


@pytest.fixture(scope="module")
def uk_only(all_of_it: Caller) -> Caller:
    """Who bears the limited token."""
    return caller_of(replace(all_of_it.running, token="uk"))


def test_it_sees_its_own_datamart(uk_only: Caller) -> None:
    assert uk_only.get("datamarts/1460").data["id"] == "1460"
    assert uk_only.get("datamarts/1460/compartments").status == 200


def test_another_is_refused(uk_only: Caller) -> None:
    for path in ("datamarts/1459", "datamarts/1459/compartments"):
        assert uk_only.get(path).status == 403
    assert uk_only.point(str(MARIE.point_id), "user_choices").status == 403
    assert post(uk_only, visit(by_account((CUSTOMERS, "x")))).status == 403
    assert make_import(uk_only, "USER_CHOICE").status == 403
    uri = "mics://data_file/datamarts/1459/executions/1/errors.ndjson"
    assert uk_only.get(f"data_file/data?uri={uri}").status == 403


def test_it_lists_its_own_datamarts(uk_only: Caller, all_of_it: Caller) -> None:
    for caller, expected in ((uk_only, ["1460"]), (all_of_it, ["1459", "1460"])):
        rows = caller.get("datamarts?organisation_id=1126").data
        assert [row["id"] for row in rows] == expected


def test_one_call_does_not_limit_the_next(uk_only: Caller, all_of_it: Caller) -> None:
    for _ in range(3):
        assert uk_only.get("datamarts/1459").status == 403
        assert all_of_it.get("datamarts/1459").status == 200
    assert timeline(all_of_it, MARIE.point_id)


def test_no_other_token_is_taken(all_of_it: Caller) -> None:
    for token in ("uk=1460", "1460", "u"):
        stranger = caller_of(replace(all_of_it.running, token=token))
        assert stranger.get("datamarts/1460").status == 401


@pytest.mark.parametrize("text", ["uk", "=1460", "uk=", "uk=,"])
def test_it_refuses_flags_that_make_no_sense(tmp_path: Path, text: str) -> None:
    command = sandbox_command(tmp_path / "x.db", 1, scoped_token=text)
    refused = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert refused.returncode == 2
    assert b"--scoped-token" in refused.stderr
