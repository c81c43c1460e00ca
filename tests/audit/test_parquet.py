"""Parquet: what it holds, that it is the same each time, and what is told of one that differs."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command

from consentadmin.audit.bundles import parquet, verify_bundle
from consentadmin.audit.bundles.parquet import NotParquet, compare, first_difference, write_parquet
from consentadmin.audit.bundles.writing import pack, write_bundle
from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.filters import Filter
from tests.audit.conftest import KEY, Trail

VKEY = str(KEY.verifier)


@pytest.fixture
def signed(trail: Trail) -> Signed:
    """A trail of 60 entries, signed for."""
    trail.write(60)
    return trail.sign()


@pytest.fixture
def bundle(trail: Trail, signed: Signed, tmp_path: Path) -> Path:
    write_bundle(trail.connect(), tmp_path / "one", asked=Filter(), upto=signed, with_parquet=True)
    return tmp_path / "one"


def lines(bundle: Path) -> list[bytes]:
    return (bundle / "entries.jsonl").read_bytes().splitlines()


def put(bundle: Path, name: str, content: bytes) -> None:
    """Change a file, and make the manifest agree, as somebody cunning would."""
    (bundle / name).write_bytes(content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"][name]["sha256"] = sha256(content).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def as_parquet(rows: list[bytes]) -> bytes:
    file = io.BytesIO()
    write_parquet(rows, file)
    return file.getvalue()


def verify(bundle: Path) -> None:
    call_command("verifyaudit", f"--bundle={bundle}", f"--key={VKEY}")


def test_it_holds_what_the_lines_hold(bundle: Path) -> None:
    table = pyarrow.parquet.read_table(bundle / "entries.parquet")
    rows, told = table.to_pylist(), [json.loads(line) for line in lines(bundle)]
    assert [row["seq"] for row in rows] == list(range(60))
    for row, line in zip(rows, told, strict=True):
        entry = line["entry"]
        assert json.loads(row["data"]) == entry["data"]
        assert row["at"] == datetime.fromisoformat(entry["at"])
        assert (row["id"], row["case"]) == (entry["id"], entry["case"])
        assert (row["subject"], row["sealed"] is None) == (entry["subject"], not entry["sealed"])


def test_a_leaf_is_the_hash_in_the_tree(trail: Trail, bundle: Path) -> None:
    found = pyarrow.parquet.read_table(bundle / "entries.parquet", columns=["leaf"])
    kept = trail.connect().execute("SELECT hash FROM audit_leaf ORDER BY seq").fetchall()
    assert found["leaf"].to_pylist() == [bytes(leaf) for (leaf,) in kept]


def test_the_same_bundle_is_the_same_bytes(trail: Trail, signed: Signed, bundle: Path) -> None:
    again = bundle.with_name("again")
    write_bundle(trail.connect(), again, asked=Filter(), upto=signed, with_parquet=True, chunk=7)
    for path in bundle.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_columns_are_the_same_without_a_row() -> None:
    found = pyarrow.parquet.ParquetFile(io.BytesIO(as_parquet([])))
    assert found.schema_arrow.equals(parquet.schema())
    assert first_difference([], io.BytesIO(as_parquet([]))) == ""


def test_many_rows_are_written_in_groups(bundle: Path) -> None:
    rows, told = lines(bundle) * 200, list[int]()
    file = io.BytesIO()
    assert write_parquet(rows, file, tell=told.append) == 12_000
    assert told == [5_000, 10_000, 12_000]
    assert pyarrow.parquet.ParquetFile(file).num_row_groups == 3
    assert first_difference(rows, file) == ""


def test_the_one_file_verifier_says_what_it_has_not_looked_at(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_bundle.main([str(bundle), "--key", VKEY]) == 0
    assert "entries.parquet were not held against them" in capsys.readouterr().out


@pytest.mark.parametrize("is_packed", [False, True])
def test_the_command_holds_each_row_against_what_was_sealed(
    bundle: Path, capsys: pytest.CaptureFixture[str], *, is_packed: bool
) -> None:
    path = bundle.with_name("one.zip") if is_packed else bundle
    if is_packed:
        pack(bundle, path)
    verify(path)
    assert "entries.parquet tells what they tell" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (lambda rows: [*rows[:6], rows[6].replace(b"done", b"gone"), *rows[7:]], "7"),
        (lambda rows: [*rows[:9], *rows[10:]], "10"),
        (lambda rows: [*rows, rows[-1]], "61"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "1"),
    ],
    ids=["changed", "dropped", "added", "moved"],
)
def test_a_row_that_differs_is_named(
    bundle: Path, tamper: Callable[[list[bytes]], list[bytes]], why: str
) -> None:
    put(bundle, "entries.parquet", as_parquet(tamper(lines(bundle))))
    assert verify_bundle.verify(bundle, VKEY)
    with pytest.raises(CommandError, match=f"row {why} is not what was sealed") as caught:
        verify(bundle)
    assert caught.value.returncode == 1


def test_rows_that_lack_at_the_end_are_told(bundle: Path) -> None:
    put(bundle, "entries.parquet", as_parquet(lines(bundle)[:50]))
    assert compare(bundle) == "row 51 and what follows are missing"


def test_what_is_no_parquet_or_of_other_columns_is_not_sound(bundle: Path) -> None:
    table = pyarrow.parquet.read_table(bundle / "entries.parquet").drop_columns("leaf")
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    for content in (b"PAR1 no", file.getvalue()):
        put(bundle, "entries.parquet", content)
        with pytest.raises(NotParquet):
            compare(bundle)
        with pytest.raises(CommandError, match="Not sound"):
            verify(bundle)
