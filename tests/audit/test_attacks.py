"""Whoever rules over the database tampers with what is sealed: it is always found, and where.

Each attack is tried CONSENTADMIN_TRIALS times on random places; a trial's number is its seed.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.merkle import Frontier, is_kept, leaf_hash
from consentadmin.audit.notes import Checkpoint, SigningKey, signed
from consentadmin.audit.reports import Report
from tests.audit.conftest import KEY, ORIGIN, TRIALS, Trail

OTHER = SigningKey(ORIGIN, b"somebody else's key of 32 bytes!")
FIELDS = {
    "action": "'person.opened'",
    "outcome": "'failed'",
    "actor_id": "coalesce(actor_id, 0) + 1",
    "actor_name": "actor_name || ' '",
    "at": "at + interval '1 microsecond'",
    "subject": "gen_random_uuid()",
    '"case"': "'C-2'",
    "change": "NULL",
    "data": """data || '{"value": false}'""",
    "sealed": "'\\x0103'",
    "retention": "CASE retention WHEN 'access' THEN 'proof' ELSE 'access' END",
    "canonical": "replace(canonical, 'true', 'false')",
}
DICE = random.Random()  # noqa: S311  (attacks, not secrets)
trials = pytest.mark.parametrize("trial", range(TRIALS))


@pytest.fixture
def sealed(trail: Trail, trial: int) -> Trail:
    """A trail of 40 to 120 entries, signed for three times on the way."""
    DICE.seed(trial)
    for _ in range(3):
        trail.write(DICE.randrange(13, 40))
        trail.sign()
    return trail


def rows(trail: Trail, statement: str) -> list[Any]:
    return trail.connect("postgres").execute(statement.encode()).fetchall()


def leaves(trail: Trail) -> list[tuple[int, int]]:
    return rows(trail, "SELECT seq, entry FROM audit_leaf ORDER BY seq")


def first_bad(report: Report) -> int:
    assert report.first_bad, "nothing was found"
    return report.first_bad.seq


def rewrite_tree(trail: Trail) -> None:
    """Make leaves and nodes fit whatever the entries are now, as a cunning forger would."""
    texts = rows(
        trail,
        "SELECT canonical FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry ORDER BY seq",
    )
    hashes, frontier = [leaf_hash(text.encode()) for (text,) in texts], Frontier()
    made = frontier.extend(hashes)
    entries = [entry for _, entry in leaves(trail)][: len(hashes)]
    trail.tamper("DELETE FROM audit_leaf", "DELETE FROM audit_node")
    superuser = trail.connect("postgres")
    for seq, (entry, found) in enumerate(zip(entries, hashes, strict=True)):
        superuser.execute("INSERT INTO audit_leaf VALUES (%s, %s, 1, %s)", [seq, entry, found])
    for level, (first, row) in made.items():
        for number, found in enumerate(row if is_kept(level) else []):
            superuser.execute(
                "INSERT INTO audit_node VALUES (%s, %s, %s)", [level, first + number, found]
            )


def forge(trail: Trail, key: SigningKey) -> Signed | None:
    """Sign the tree anew with a key of one's own, and make the database name it."""
    trail.tamper("DELETE FROM audit_publication", "DELETE FROM audit_checkpoint")
    trail.tamper("DELETE FROM audit_key")
    outside, trail.outside = trail.outside, []
    done = trail.sign(key)
    trail.outside = outside
    return done


@trials
def test_an_untouched_trail_raises_no_alarm(sealed: Trail, trial: int) -> None:
    sealed.write(DICE.randrange(1, 20))
    report = sealed.verify()
    assert report.is_sound
    assert report.size == len(leaves(sealed))
    assert report.checkpoints == 6


@pytest.mark.parametrize("trial", range(max(TRIALS, len(FIELDS))))
def test_a_changed_field(sealed: Trail, trial: int) -> None:
    name = list(FIELDS)[trial % len(FIELDS)]
    seq, entry = DICE.choice(leaves(sealed))
    sealed.tamper(f"UPDATE audit_entry SET {name} = {FIELDS[name]} WHERE id = {entry}")
    report = sealed.verify()
    assert first_bad(report) == seq
    assert report.first_bad
    assert report.first_bad.entry == entry


@trials
def test_a_changed_field_with_its_bytes_and_the_whole_tree(sealed: Trail, trial: int) -> None:
    seq, entry = DICE.choice(leaves(sealed))
    sealed.tamper(
        f"UPDATE audit_entry SET outcome = 'failed' WHERE id = {entry}",
        f"UPDATE audit_entry SET canonical = audit_canonical(audit_entry) WHERE id = {entry}",
    )
    rewrite_tree(sealed)
    sizes = [0, *(size for (size,) in rows(sealed, "SELECT size FROM audit_checkpoint"))]
    # No entry differs from its leaf any more: only the stretch between two signatures is known.
    assert first_bad(sealed.verify()) == max(size for size in sizes if size <= seq)


@trials
def test_a_deleted_row(sealed: Trail, trial: int) -> None:
    seq, entry = DICE.choice(leaves(sealed))
    sealed.tamper(f"DELETE FROM audit_entry WHERE id = {entry}")
    report = sealed.verify()
    assert str(report.first_bad) == f"entry {entry}: it was deleted"
    assert first_bad(report) == seq


@trials
def test_a_deleted_row_and_its_leaf(sealed: Trail, trial: int) -> None:
    seq, entry = DICE.choice(leaves(sealed))
    sealed.tamper(
        f"DELETE FROM audit_entry WHERE id = {entry}",
        f"DELETE FROM audit_leaf WHERE entry = {entry}",
    )
    assert first_bad(sealed.verify()) == seq


@trials
def test_an_inserted_row_among_sealed_ones(sealed: Trail, trial: int) -> None:
    _, entry = DICE.choice(leaves(sealed))
    sealed.tamper(
        "INSERT INTO audit_entry (schema, action, outcome, actor_name, actor_role, datamart,"
        ' reason, "case", request_id, data, at, xid, canonical) SELECT schema, action, outcome,'
        ' actor_name, actor_role, datamart, reason, "case", request_id, data, at, xid, canonical'
        f" FROM audit_entry WHERE id = {entry}",
    )
    ((inserted,),) = rows(sealed, "SELECT max(id) FROM audit_entry")
    sealed.seal()
    report = sealed.verify()
    assert report.first_bad
    assert report.first_bad.entry == inserted


@trials
def test_two_rows_swapped(sealed: Trail, trial: int) -> None:
    (low, one), (_, other) = sorted(DICE.sample(leaves(sealed), 2))
    sealed.tamper(
        f"UPDATE audit_entry SET id = -1 WHERE id = {one}",
        f"UPDATE audit_entry SET id = {one} WHERE id = {other}",
        f"UPDATE audit_entry SET id = {other} WHERE id = -1",
    )
    assert first_bad(sealed.verify()) == low


@trials
def test_two_leaves_swapped(sealed: Trail, trial: int) -> None:
    (low, _), (high, _) = sorted(DICE.sample(leaves(sealed), 2))
    sealed.tamper(
        f"UPDATE audit_leaf SET seq = 999999 WHERE seq = {low}",
        f"UPDATE audit_leaf SET seq = {low} WHERE seq = {high}",
        f"UPDATE audit_leaf SET seq = {high} WHERE seq = 999999",
    )
    # Each leaf still fits its entry: the nodes above tell, and the roots that were signed.
    assert first_bad(sealed.verify()) <= low


@trials
def test_the_tail_truncated(sealed: Trail, trial: int) -> None:
    seq, entry = DICE.choice(leaves(sealed)[13:])
    sealed.tamper(
        f"DELETE FROM audit_entry e USING audit_leaf l WHERE l.entry = e.id AND l.seq >= {seq}",
        f"DELETE FROM audit_leaf WHERE seq >= {seq}",
        f"DELETE FROM audit_node WHERE (place + 1) << level > {seq}",
    )
    report = sealed.verify(outside=False)
    assert first_bad(report) == seq
    assert f"and there are {seq}" in str(report.first_bad)
    assert entry


@trials
def test_a_node_of_the_tree_rewritten(sealed: Trail, trial: int) -> None:
    level, place = DICE.choice(rows(sealed, "SELECT level, place FROM audit_node"))
    sealed.tamper(
        f"UPDATE audit_node SET hash = sha256('x') WHERE level = {level} AND place = {place}"
    )
    assert first_bad(sealed.verify()) == place << level


@trials
def test_a_checkpoint_replaced(sealed: Trail, trial: int) -> None:
    known = rows(sealed, "SELECT id, size, note FROM audit_checkpoint ORDER BY id")
    (target, size, _), (_, _, other) = DICE.sample(known, 2)
    sealed.tamper(f"UPDATE audit_checkpoint SET note = '{other}' WHERE id = {target}")
    assert first_bad(sealed.verify()) == size


@trials
@pytest.mark.parametrize("what", ["signature", "root", "size"])
def test_a_forged_checkpoint(sealed: Trail, trial: int, what: str) -> None:
    target, size, root, note = DICE.choice(
        rows(sealed, "SELECT id, size, root, note FROM audit_checkpoint")
    )
    other = Checkpoint(ORIGIN, size + (what == "size"), leaf_hash(b"") if what == "root" else root)
    text, _, line = note.rpartition("\n\n")
    forged = signed(other.text, [OTHER]) if what == "signature" else f"{other.text}\n{line}"
    assert text
    sealed.tamper(
        f"UPDATE audit_checkpoint SET note = '{forged}', size = {other.size},"
        f" root = '\\x{other.root.hex()}' WHERE id = {target}"
    )
    assert first_bad(sealed.verify()) == size


@trials
def test_a_trail_rewritten_and_signed_with_a_forgers_key(sealed: Trail, trial: int) -> None:
    _, entry = DICE.choice(leaves(sealed))
    sealed.tamper(f"UPDATE audit_entry SET outcome = 'failed' WHERE id = {entry}")
    sealed.tamper("UPDATE audit_entry SET canonical = audit_canonical(audit_entry)")
    rewrite_tree(sealed)
    forge(sealed, OTHER)
    assert "no key known to us" in str(sealed.verify(outside=False).first_bad)


@trials
def test_a_trail_rewritten_and_signed_with_the_stolen_key(sealed: Trail, trial: int) -> None:
    seq, entry = DICE.choice(leaves(sealed))
    sealed.tamper(f"UPDATE audit_entry SET outcome = 'failed' WHERE id = {entry}")
    sealed.tamper("UPDATE audit_entry SET canonical = audit_canonical(audit_entry)")
    rewrite_tree(sealed)
    forge(sealed, KEY)
    assert sealed.verify(outside=False).is_sound  # from inside, nobody can tell
    assert first_bad(sealed.verify()) <= seq


@trials
def test_an_old_backup_restored(sealed: Trail, trial: int, trails: Callable[[], Trail]) -> None:
    sealed.close()
    sealed.server.clone(sealed.name, "backup")
    before = len(leaves(sealed))
    sealed.write(DICE.randrange(1, 30))
    sealed.sign()
    sealed.close()
    sealed.server.clone("backup", sealed.name)
    assert sealed.verify(outside=False).is_sound
    assert first_bad(sealed.verify()) == before
    sealed.close()
    sealed.server.drop_database("backup")
