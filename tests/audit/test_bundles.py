"""Bundles: what the one-file verifier says of them, before and after somebody's tampering."""

import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from django.utils import timezone

from consentadmin.audit.bundles import cells, verify_bundle
from consentadmin.audit.bundles.writing import AnotherBundle, pack, write_bundle
from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.filters import Filter
from consentadmin.audit.notes import SigningKey
from consentadmin.audit.words import Action, Outcome
from tests.audit.conftest import KEY, ORIGIN, Trail

VKEY = str(KEY.verifier)
ALL, SOME = Filter(), Filter(actor=3, datamarts=["1459"])
WHOLE_AND_PART = pytest.mark.parametrize("asked", [ALL, SOME], ids=["whole", "part"])


@pytest.fixture
def signed(trail: Trail) -> Signed:
    """A trail of 100 entries, signed for at 40 and at 100; 20 more came later."""
    trail.write(40)
    trail.sign()
    trail.write(60)
    found = trail.sign()
    trail.write(20)
    trail.seal()
    return found


@pytest.fixture
def bundle(trail: Trail, signed: Signed, tmp_path: Path, asked: Filter) -> Path:
    write_bundle(trail.connect(), tmp_path / "bundle", asked=asked, upto=signed, with_csv=True)
    return tmp_path / "bundle"


def lines(bundle: Path, name: str = "entries.jsonl") -> list[str]:
    return (bundle / name).read_text().splitlines(keepends=True)


def put(bundle: Path, name: str, text: str) -> None:
    """Change a file, and make the manifest agree, as somebody cunning would."""
    (bundle / name).write_text(text)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"][name]["sha256"] = sha256(text.encode()).hexdigest()
    if name == "entries.jsonl":
        manifest["rows"] = text.count("\n")
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def refused(bundle: Path, seen: str | None = None, key: str = VKEY) -> str:
    with pytest.raises(verify_bundle.Unsound) as error:
        verify_bundle.verify(bundle, key, seen)
    return str(error.value)


@WHOLE_AND_PART
def test_what_was_written_verifies(trail: Trail, bundle: Path, asked: Filter) -> None:
    said = verify_bundle.verify(bundle, VKEY, trail.outside[0])
    assert said.startswith(f"{len(lines(bundle))} entries of {ORIGIN} at 100 are as they")
    assert len(lines(bundle)) == len(lines(bundle, "entries.csv")) - 1 == 100 or asked is SOME


@WHOLE_AND_PART
def test_a_zip_verifies_and_is_the_same_each_time(bundle: Path, asked: Filter) -> None:
    one, other = bundle.with_name("one.zip"), bundle.with_name("other.zip")
    pack(bundle, one)
    pack(bundle, other)
    assert verify_bundle.verify(one, VKEY)
    assert one.read_bytes() == other.read_bytes()


@WHOLE_AND_PART
def test_the_verifier_needs_nothing_of_ours(bundle: Path, asked: Filter) -> None:
    alone = shutil.copy(verify_bundle.__file__, bundle.parent / "verifier.py")
    argv = [sys.executable, "-I", str(alone), str(bundle), "--key"]
    good = subprocess.run([*argv, VKEY], check=False, capture_output=True, text=True)
    bad = subprocess.run([*argv, "x+1+AA=="], check=False, capture_output=True, text=True)
    wrong = subprocess.run(argv[:-1], check=False, capture_output=True, text=True)
    assert (good.returncode, bad.returncode, wrong.returncode) == (0, 1, 2)
    assert "as they were sealed" in good.stdout
    assert bad.stdout.startswith("NOT SOUND")


@WHOLE_AND_PART
def test_a_changed_byte_of_any_file_is_found(bundle: Path, asked: Filter) -> None:
    for path in sorted(bundle.iterdir()):
        before = path.read_bytes()
        at = len(before) * 2 // 3
        path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
        with pytest.raises(verify_bundle.UNREADABLE):
            verify_bundle.verify(bundle, VKEY)
        path.write_bytes(before)
    assert verify_bundle.verify(bundle, VKEY)


@WHOLE_AND_PART
def test_a_changed_row_is_found(bundle: Path, asked: Filter) -> None:
    rows = lines(bundle)
    rows[5] = rows[5].replace('"outcome":"done"', '"outcome":"fail"')
    (bundle / "entries.csv").unlink()
    put(bundle, "entries.jsonl", "".join(rows))
    manifest = json.loads((bundle / "manifest.json").read_text())
    del manifest["files"]["entries.csv"]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert "do not make the tree" in refused(bundle)


@WHOLE_AND_PART
@pytest.mark.parametrize("seq", [0, 5, -1])
def test_a_dropped_row_is_found(bundle: Path, asked: Filter, seq: int) -> None:
    for name in ("entries.jsonl", "entries.csv"):
        rows = lines(bundle, name)
        del rows[seq if seq < 0 else seq + (name == "entries.csv")]
        put(bundle, name, "".join(rows))
    assert "missing" in refused(bundle) or "make a tree of" in refused(bundle)


@WHOLE_AND_PART
def test_an_added_row_is_found(bundle: Path, asked: Filter) -> None:
    for name in ("entries.jsonl", "entries.csv"):
        rows = lines(bundle, name)
        put(bundle, name, "".join([*rows, rows[-1]]))
    assert "missing, or moved" in refused(bundle)


@WHOLE_AND_PART
def test_reordered_rows_are_found(bundle: Path, asked: Filter) -> None:
    for name in ("entries.jsonl", "entries.csv"):
        rows = lines(bundle, name)
        rows[3], rows[4] = rows[4], rows[3]
        put(bundle, name, "".join(rows))
    assert refused(bundle)


@WHOLE_AND_PART
def test_a_csv_that_tells_otherwise_is_found(bundle: Path, asked: Filter) -> None:
    rows = lines(bundle, "entries.csv")
    put(bundle, "entries.csv", "".join([*rows[:3], rows[3].replace("done", "gone"), *rows[4:]]))
    assert "entries.csv does not tell" in refused(bundle)


@WHOLE_AND_PART
@pytest.mark.parametrize("entry", ["{", "7", "{}", "[" * 100_000])
def test_what_is_no_entry_any_more_is_told_beside_a_csv(
    bundle: Path, asked: Filter, entry: str
) -> None:
    rows = lines(bundle)
    _, _, place = rows[3].rpartition(',"seq":')
    put(
        bundle, "entries.jsonl", "".join([*rows[:3], f'{{"entry":{entry},"seq":{place}', *rows[4:]])
    )
    assert refused(bundle) == f"entry {place.strip().rstrip('}')} is no entry any more"


@WHOLE_AND_PART
def test_another_key_is_refused(bundle: Path, asked: Filter) -> None:
    other = SigningKey(ORIGIN, b"z" * 32).verifier
    assert refused(bundle, key=str(other)) == "the checkpoint is not signed by this key"


@WHOLE_AND_PART
def test_an_old_bundle_passed_off_as_new_is_refused(
    trail: Trail, bundle: Path, asked: Filter
) -> None:
    assert "it is old" in refused(bundle, seen=trail.sign().note)


@WHOLE_AND_PART
def test_a_history_that_does_not_continue_is_refused(
    bundle: Path, asked: Filter, trails: Callable[[], Trail]
) -> None:
    other = trails()
    other.write(40)
    assert "not a continuation" in refused(bundle, seen=other.sign().note)


@WHOLE_AND_PART
def test_added_and_dropped_files_are_found(bundle: Path, asked: Filter) -> None:
    (bundle / "more.txt").write_text("trust me")
    assert refused(bundle) == "files were added or dropped"
    (bundle / "more.txt").unlink()
    (bundle / "entries.csv").unlink()
    assert refused(bundle) == "files were added or dropped"


@pytest.mark.parametrize("asked", [ALL])
def test_a_whole_trail_can_not_be_passed_off_as_a_part(bundle: Path, asked: Filter) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps(manifest | {"is_whole": False}))
    assert "whole, and filtered" in refused(bundle)


@pytest.mark.parametrize("asked", [SOME])
def test_a_part_holds_what_fits_its_filter(bundle: Path, asked: Filter) -> None:
    entries = [json.loads(line)["entry"] for line in lines(bundle)]
    assert {entry["actor_id"] for entry in entries} == {3}
    assert len(entries) == 15  # of 1…40 and 1…60, those that leave 3 when divided by 7


@pytest.mark.parametrize("asked", [SOME])
def test_a_part_without_a_proof_from_what_was_seen_is_refused(
    trail: Trail, bundle: Path, asked: Filter
) -> None:
    put(bundle, "consistency.txt", "")
    assert "holds no proof from the checkpoint of 40" in refused(bundle, seen=trail.outside[0])


@pytest.mark.parametrize("asked", [ALL])
def test_cells_harm_no_spreadsheet(bundle: Path, asked: Filter) -> None:
    text = (bundle / "entries.csv").read_text()
    assert '"\'=C-1"' in text
    assert ',"=' not in text


@WHOLE_AND_PART
def test_it_goes_on_where_it_was_broken_off(
    trail: Trail,
    signed: Signed,
    bundle: Path,
    asked: Filter,
) -> None:
    class BrokenOff(Exception):
        pass

    def stop(_: int) -> None:
        with (again / "entries.jsonl").open("a") as file:
            file.write("half a li")
        raise BrokenOff

    again = bundle.with_name("again")
    write = partial(
        write_bundle, trail.connect(), again, asked=asked, upto=signed, with_csv=True, chunk=6
    )
    with pytest.raises(BrokenOff):
        write(tell=stop)
    write()
    for path in bundle.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_folder_holds_one_bundle(trail: Trail, signed: Signed, tmp_path: Path) -> None:
    write_bundle(trail.connect(), tmp_path / "one", asked=ALL, upto=signed)
    with pytest.raises(AnotherBundle):
        write_bundle(trail.connect(), tmp_path / "one", asked=SOME, upto=signed)


def test_every_filter_is_understood(trail: Trail, signed: Signed, tmp_path: Path) -> None:
    now = timezone.now()
    asked = Filter(
        since=now - timedelta(days=1),
        until=now + timedelta(days=1),
        actor=3,
        action=Action.READ,
        outcome=Outcome.DONE,
        subjects=[uuid.UUID(int=1)],
        datamarts=["1459"],
    )
    assert {part.name for part in fields(Filter)} == set(cells.CONDITIONS)
    write_bundle(trail.connect(), tmp_path / "none", asked=asked, upto=signed)
    assert verify_bundle.verify(tmp_path / "none", VKEY).startswith("0 entries")


def test_an_empty_trail_has_a_bundle_too(trail: Trail, tmp_path: Path) -> None:
    write_bundle(trail.connect(), tmp_path / "none", asked=ALL, upto=trail.sign())
    assert verify_bundle.verify(tmp_path / "none", VKEY).startswith("0 entries")


def prune(trail: Trail, first: int, end: int) -> None:
    """Take entries away as a pruning does: the leaves stay, and it is told which."""
    trail.tamper(
        "DELETE FROM audit_entry WHERE id IN"
        f" (SELECT entry FROM audit_leaf WHERE seq >= {first} AND seq < {end})",
        "INSERT INTO audit_pruning (entry, retention, month, leaves)"
        f" VALUES ({first}, 'access', '2020-01-01', int8multirange(int8range({first}, {end})))",
    )


@pytest.mark.parametrize("asked", [ALL, SOME], ids=["whole", "part"])
def test_what_is_left_after_a_pruning_verifies_as_a_part(
    trail: Trail, signed: Signed, tmp_path: Path, asked: Filter
) -> None:
    prune(trail, 20, 50)
    write_bundle(trail.connect(), tmp_path / "left", asked=asked, upto=signed, with_csv=True)
    said = verify_bundle.verify(tmp_path / "left", VKEY, trail.outside[0])
    assert "'pruned': ['access 2020-01']" in said
    assert len(lines(tmp_path / "left")) == 70 or asked is SOME


def test_a_pruning_meanwhile_is_noticed(trail: Trail, signed: Signed, tmp_path: Path) -> None:
    def meanwhile(rows: int) -> None:
        if rows == 60:
            prune(trail, 60, 80)

    with pytest.raises(AnotherBundle, match="pruned while"):
        write_bundle(
            trail.connect(), tmp_path / "b", asked=ALL, upto=signed, chunk=60, tell=meanwhile
        )
