"""`exportaudit`: what it writes, what it refuses, and the entries it leaves."""

import csv
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from consentadmin.audit.bundles.parquet import first_difference
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from tests.faults.conftest import db  # it writes over a connection of its own

__all__ = ["db"]


@pytest.fixture(autouse=True)
def _some_entries(db: None) -> None:
    Entry.objects.bulk_create(
        [
            Entry(
                at=datetime(2020, month, 1, tzinfo=UTC),
                action=Action.SIGNED_IN,
                actor_name="=1+1",
                case='a "quoted" \\ case',
            )
            for month in (3, 1, 2)
        ]
    )


def export(path: Path, *words: str) -> str:
    call_command("exportaudit", f"--output={path}", *words)
    return path.read_text(encoding="utf-8")


def test_json_lines_are_the_entries_own_bytes_oldest_first(tmp_path: Path) -> None:
    text = export(tmp_path / "trail.jsonl", "--format=jsonl", "--to=2021-01-01")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["entry"]["at"][:7] for line in lines] == ["2020-01", "2020-02", "2020-03"]
    assert {line["seq"] for line in lines} == {None}
    assert lines[0]["entry"]["case"] == 'a "quoted" \\ case'


def test_csv_harms_no_spreadsheet(tmp_path: Path) -> None:
    export(tmp_path / "trail.csv", "--format=csv", "--to=2021-01-01")
    with (tmp_path / "trail.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert {(row["seq"], row["actor_name"], row["action"]) for row in rows} == {
        ("", "'=1+1", "staff.signed-in")
    }


def test_a_range_is_from_until(tmp_path: Path) -> None:
    text = export(
        tmp_path / "trail", "--format=jsonl", "--from=2020-02-01T00:00+00:00", "--to=2020-03-01"
    )
    assert [json.loads(line)["entry"]["at"][:7] for line in text.splitlines()] == ["2020-02"]


def test_it_leaves_entries_that_tell_of_it(tmp_path: Path) -> None:
    text = export(tmp_path / "trail", "--format=jsonl", "--to=2021-01-01")
    assert Entry.objects.filter(action=Action.EXPORT_ASKED).count() == 1
    made = Entry.objects.get(action=Action.EXPORT_MADE)
    assert (made.data["rows"], made.data["filters"]) == (3, ["until"])
    assert made.data["sha256"] == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "words",
    [
        ["--from=yesterday"],
        ["--from=2020-02-30"],
        ["--from=2021-01-01", "--to=2020-01-01"],
        ["--output=/nowhere/at/all"],
    ],
)
def test_wrong_use_is_told_and_leaves_no_entry(words: list[str]) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("exportaudit", "--format=csv", *words)
    assert caught.value.returncode == 2
    assert not Entry.objects.filter(action=Action.EXPORT_ASKED).exists()


def test_what_can_not_be_written_is_an_answer_of_no(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(CommandError) as caught:
        call_command("exportaudit", "--format=csv", f"--output={tmp_path / 'taken'}")
    assert caught.value.returncode == 1
    assert Entry.objects.get(action=Action.EXPORT_FAILED).outcome == Outcome.FAILED
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_parquet_holds_the_same_entries_with_their_hashes(tmp_path: Path) -> None:
    export(tmp_path / "trail.jsonl", "--format=jsonl", "--to=2021-01-01")
    path = tmp_path / "trail.parquet"
    call_command("exportaudit", f"--output={path}", "--format=parquet", "--to=2021-01-01")
    lines = (tmp_path / "trail.jsonl").read_bytes().splitlines()
    with path.open("rb") as file:
        assert first_difference(lines, file) == ""
        assert first_difference(lines[1:], file) == "row 1 is not what was sealed"
    made = Entry.objects.filter(action=Action.EXPORT_MADE, data__format="parquet").get()
    assert made.data["sha256"] == sha256(path.read_bytes()).hexdigest()
