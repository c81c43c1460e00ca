"""Pruning: what is over goes, by month and class; the tree stays; else what is missing is told."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consentadmin.audit import tree
from consentadmin.audit.bundles import verify_bundle
from consentadmin.audit.bundles.writing import write_bundle
from consentadmin.audit.filters import Filter
from consentadmin.audit.merkle import leaf_hash, root_by_inclusion
from consentadmin.audit.partitions import Month, add_ahead
from consentadmin.audit.pruning import NotPruned, due, examine, prune
from consentadmin.audit.retention import Retention
from consentadmin.local.databases import OWNER_ROLE
from tests.audit.conftest import KEY, ORIGIN, ROOT, SEED, Trail

KEEP = {Retention.ACCESS: 12, Retention.PROOF: 72}
OLD = 10
Run = Callable[..., subprocess.CompletedProcess[str]]


def publish(trail: Trail) -> None:
    trail.connect().execute(
        "INSERT INTO audit_publication (checkpoint, place, error)"
        " SELECT max(id), 'directory', '' FROM audit_checkpoint"
    )


def rows(trail: Trail, statement: str) -> list[Any]:
    return trail.connect("postgres").execute(statement.encode()).fetchall()


def over(trail: Trail) -> Month:
    (month,) = due(trail.connect(), keep=KEEP)
    return month


def prune_it(trail: Trail) -> int | None:
    return prune(trail.connect(OWNER_ROLE), over(trail), origin=ORIGIN).entry


@pytest.fixture
def aged(trail: Trail) -> Trail:
    """A trail of 10 entries of 15 months ago, half of each class, and 6 of today, signed for."""
    trail.write_ago(15, count=OLD)
    add_ahead(trail.connect(OWNER_ROLE))
    trail.write(6)
    trail.sign()
    publish(trail)
    return trail


@pytest.fixture
def pruned(aged: Trail) -> Trail:
    """The same, once what is over was taken away and all is signed for anew."""
    prune_it(aged)
    aged.sign()
    return aged


def test_a_month_that_is_over_goes_and_its_leaves_stay(aged: Trail) -> None:
    before = rows(aged, "SELECT seq, entry, hash FROM audit_leaf ORDER BY seq")
    done = prune(aged.connect(OWNER_ROLE), over(aged), origin=ORIGIN)
    assert (done.month.retention, done.entries) == (Retention.ACCESS, OLD // 2)
    assert rows(aged, "SELECT count(*) FROM audit_entry WHERE retention = 'access'") == [(3,)]
    assert rows(aged, "SELECT count(*) FROM audit_entry WHERE retention = 'proof'") == [(8,)]
    assert rows(aged, "SELECT seq, entry, hash FROM audit_leaf ORDER BY seq") == before
    assert due(aged.connect(), keep=KEEP) == []


def test_the_entry_tells_what_went(aged: Trail) -> None:
    (gone,) = rows(
        aged,
        "SELECT count(*), min(e.id), max(e.id), encode(sha256(string_agg(int8send(seq) || hash, ''"
        " ORDER BY seq)), 'hex') FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry"
        " WHERE e.retention = 'access' AND e.at < now() - interval '12 months'",
    )
    entry, month = prune_it(aged), rows(aged, "SELECT to_char(month, 'YYYY-MM') FROM audit_pruning")
    ((action, data),) = rows(aged, f"SELECT action, data FROM audit_entry WHERE id = {entry}")
    names = ("entries", "first", "last", "leaves")
    assert (action, tuple(data[name] for name in names)) == ("trail.pruned", gone)
    assert (data["class"], data["month"], data["size"]) == ("access", month[0][0], OLD + 6)


def test_what_was_pruned_is_told_and_is_no_gap(pruned: Trail) -> None:
    report = pruned.verify()
    assert report.problems == []
    assert report.size == OLD + 6 + 1
    ((told, month),) = rows(pruned, "SELECT entry, to_char(month, 'YYYY-MM') FROM audit_pruning")
    assert report.pruned == [f"5 entries (access, {month}) are pruned under entry {told}"]


def test_what_is_left_can_still_be_proven(pruned: Trail) -> None:
    ((seq, text),) = rows(
        pruned,
        "SELECT seq, canonical FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry"
        " ORDER BY seq LIMIT 1",
    )
    size = OLD + 6 + 1
    proof = tree.prove_inclusion(pruned.connect(), seq, size)
    root = root_by_inclusion(leaf_hash(text.encode()), seq, size, proof)
    assert root == tree.root(pruned.connect(), size)


def test_a_bundle_of_what_is_left_verifies(pruned: Trail, tmp_path: Path) -> None:
    write_bundle(pruned.connect(), tmp_path / "b", asked=Filter(), upto=pruned.sign())
    said = verify_bundle.verify(tmp_path / "b", str(KEY.verifier))
    assert said.startswith(f"{OLD // 2 + 6 + 1} entries")
    assert "'pruned': ['access " in said


def test_a_bundle_of_before_still_verifies(aged: Trail, tmp_path: Path) -> None:
    write_bundle(aged.connect(), tmp_path / "b", asked=Filter(), upto=aged.sign())
    seen = aged.outside[0]
    prune_it(aged)
    said = verify_bundle.verify(tmp_path / "b", str(KEY.verifier), seen)
    assert said.startswith(f"{OLD + 6} entries")


@pytest.mark.parametrize(
    ("keep", "held"),
    [
        ({Retention.ACCESS: 15, Retention.PROOF: 72}, ()),
        ({Retention.PROOF: 1}, ()),  # less than must be kept is never heeded
        ({}, ()),
        (KEEP, ["access"]),
    ],
)
def test_what_must_be_kept_is_not_due(
    aged: Trail, keep: dict[Retention, int], held: list[str]
) -> None:
    assert due(aged.connect(), keep=keep, held=held) == []


def test_what_is_not_sealed_stays(trail: Trail) -> None:
    trail.write_ago(15, count=4)
    add_ahead(trail.connect(OWNER_ROLE))
    with pytest.raises(NotPruned, match="2 of its entries are not sealed"):
        prune_it(trail)
    assert rows(trail, "SELECT count(*) FROM audit_entry") == [(4,)]


def test_what_no_published_checkpoint_covers_stays(trail: Trail) -> None:
    trail.write(2)
    trail.sign()
    publish(trail)
    trail.write_ago(15, count=4)
    add_ahead(trail.connect(OWNER_ROLE))
    trail.sign()
    with pytest.raises(NotPruned, match="no checkpoint that was published covers it"):
        prune_it(trail)
    publish(trail)
    assert prune_it(trail)


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'none'",
        "canonical = replace(canonical, 'agent', 'officer')",
        "action = 'change.sent'",
    ],
)
def test_what_was_tampered_with_stays(aged: Trail, change: str) -> None:
    month = over(aged)
    aged.tamper(f"UPDATE {month.table} SET {change} WHERE id = (SELECT min(id) FROM {month.table})")
    with pytest.raises(NotPruned, match="1 of its entries are not what was sealed"):
        examine(aged.connect(OWNER_ROLE), month, origin=ORIGIN)


def test_nothing_goes_while_the_trail_does_not_verify(aged: Trail) -> None:
    aged.connect().execute(
        "INSERT INTO audit_verification (size, is_sound, why, seconds) VALUES (9, false, 'x', 1)"
    )
    with pytest.raises(NotPruned, match="does not verify"):
        prune_it(aged)


def test_nothing_goes_when_the_tree_is_not_the_one_signed_for(aged: Trail) -> None:
    aged.tamper("UPDATE audit_checkpoint SET root = sha256('x')")
    with pytest.raises(NotPruned, match="is not the one signed for"):
        prune_it(aged)


def test_an_empty_month_goes_without_a_word(trail: Trail) -> None:
    trail.connect(OWNER_ROLE).execute("SELECT audit_add_month('access', '2020-01-01')")
    assert prune_it(trail) is None
    assert rows(trail, "SELECT count(*) FROM audit_entry") == [(0,)]


def test_an_entry_deleted_beside_a_pruning_is_named(pruned: Trail) -> None:
    ((entry,),) = rows(pruned, "SELECT min(id) FROM audit_entry WHERE retention = 'proof'")
    pruned.tamper(f"DELETE FROM audit_entry WHERE id = {entry}")
    assert str(pruned.verify().first_bad) == f"entry {entry}: it was deleted"


def test_a_pruning_that_no_entry_tells_of_is_named(aged: Trail) -> None:
    aged.tamper(
        "INSERT INTO audit_pruning (entry, retention, month, leaves) SELECT 999, 'proof',"
        " '2020-01-01', range_agg(int8range(seq, seq + 1)) FROM audit_leaf WHERE seq < 4",
        "DELETE FROM audit_entry WHERE id IN (SELECT entry FROM audit_leaf WHERE seq < 4)",
    )
    report = aged.verify()
    assert "the pruning of proof 2020-01: no entry of the trail tells of it" in str(
        report.first_bad
    )


def test_a_pruning_that_takes_more_than_it_tells_is_named(pruned: Trail) -> None:
    ((seq, entry),) = rows(
        pruned,
        "SELECT seq, id FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry ORDER BY 1 LIMIT 1",
    )
    pruned.tamper(
        f"UPDATE audit_pruning SET leaves = leaves + '{{[{seq},{seq}]}}'",
        f"DELETE FROM audit_entry WHERE id = {entry}",
    )
    assert "its leaves are not those that its entry tells of" in str(pruned.verify().first_bad)


def test_a_pruning_before_its_time_is_named(pruned: Trail) -> None:
    (entry, data), *_ = rows(pruned, "SELECT id, data FROM audit_entry WHERE retention = 'house'")
    assert data["class"] == "access"
    pruned.tamper("UPDATE audit_pruning SET month = now()")
    assert "its entry tells of another" in str(pruned.verify().first_bad)
    pruned.tamper(
        "UPDATE audit_entry SET data = data || jsonb_build_object('month', to_char(now(),"
        f" 'YYYY-MM')) WHERE id = {entry}"
    )
    assert any("its time was not over" in str(found) for found in pruned.verify().problems)


def test_a_pruning_on_a_checkpoint_that_nobody_signed_is_named(pruned: Trail) -> None:
    pruned.tamper(
        "UPDATE audit_entry SET data = data || jsonb_build_object('root', repeat('00', 32))"
        " WHERE retention = 'house'"
    )
    problems = [str(found) for found in pruned.verify().problems]
    assert any("nobody has signed the checkpoint it stands on" in found for found in problems)


def test_what_was_pruned_and_is_there_again_is_named(aged: Trail) -> None:
    aged.connect(OWNER_ROLE).execute(f"CREATE TABLE kept AS TABLE {over(aged).table}".encode())
    prune_it(aged)
    aged.sign()
    aged.tamper("INSERT INTO audit_entry SELECT * FROM kept ORDER BY id LIMIT 1")
    problems = [found.why for found in aged.verify().problems]
    assert problems == ["it was pruned, and is there"]


def test_the_sealer_goes_on_meanwhile(aged: Trail) -> None:
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            aged.write(3, over=writer)
            aged.seal()

    writer = aged.connect()
    at_work = threading.Thread(target=go_on)
    at_work.start()
    entry = prune_it(aged)
    stop.set()
    at_work.join(30)
    aged.sign()
    report = aged.verify()
    assert (report.problems, len(report.pruned)) == ([], 1)
    assert rows(aged, f"SELECT count(*) FROM audit_leaf WHERE entry = {entry}") == [(1,)]


@pytest.fixture
def run(aged: Trail, tmp_path: Path) -> Run:
    """Run a command of manage.py on this trail to its end, as its owner."""

    def do(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        told = os.environ | {
            "DATABASE_URL": aged.server.url(aged.name),
            "DATABASE_OWNER_URL": aged.server.url(aged.name, role=OWNER_ROLE),
            "CONSENTADMIN_SIGNING_KEY": SEED,
        }
        argv = [sys.executable, "manage.py", *words]
        return subprocess.run(
            argv, cwd=ROOT, env=told | more, capture_output=True, text=True, check=False
        )

    return do


def test_the_command_takes_away_what_it_has_told(aged: Trail, run: Run) -> None:
    month = over(aged)
    told = run("keeptrail", "--dry-run")
    assert (told.returncode, told.stdout) == (0, f"{month}: 5 entries can be taken away.\n")
    done = run("keeptrail", "--prune")
    assert f"{month}: 5 entries were taken away (entry " in done.stdout
    verified = run("verifyaudit")
    assert verified.returncode == 0
    assert "5 entries (access," in verified.stdout


def test_the_command_says_what_it_could_not_do(aged: Trail, run: Run) -> None:
    aged.tamper("DELETE FROM audit_publication")
    refused = run("keeptrail", "--prune")
    assert refused.returncode == 1
    assert "no checkpoint that was published covers it" in refused.stderr
    assert run("keeptrail", "--prune", "--dry-run").returncode == 2


def test_a_hold_keeps_a_class(aged: Trail, run: Run) -> None:
    held = run("keeptrail", "--prune", CONSENTADMIN_TRAIL_HOLD="access")
    assert (held.returncode, "access: held" in held.stdout) == (0, True)
    assert over(aged)


def test_the_command_does_not_start_below_the_floor(run: Run) -> None:
    refused = run("keeptrail", "--prune", CONSENTADMIN_KEEP_ACCESS_MONTHS="5")
    assert refused.returncode == 1
    assert "CONSENTADMIN_KEEP_ACCESS_MONTHS is 5" in refused.stderr


def test_a_pruned_trail_does_not_go_back_to_the_old_shape(pruned: Trail, run: Run) -> None:
    pruned.close()
    refused = run("migrate", "-v0", "audit", "0006")
    assert refused.returncode != 0
    assert "without audit_pruning it would look tampered with" in refused.stderr
    assert pruned.verify().is_sound
