"""Sealing: every committed entry once, in an order that nothing can slip behind."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from consentadmin.audit import tree
from consentadmin.audit.sealing import Forked, Sealer
from consentadmin.local.databases import SUPERUSER
from tests.audit.conftest import TRIALS, Trail, take_the_lead

WRITERS, SPELL = 6, max(2.0, TRIALS / 2)
"""How many write at random, and for how many seconds; `make faults` has them write a million."""


def sealed(trail: Trail) -> list[int]:
    found = trail.connect().execute("SELECT entry FROM audit_leaf ORDER BY seq").fetchall()
    return [entry for (entry,) in found]


def leader(trail: Trail) -> Sealer:
    sealer = Sealer(trail.connect())
    take_the_lead(sealer)
    return sealer


def test_it_seals_in_order_and_densely(trail: Trail) -> None:
    entries = [*trail.write(30), *trail.write(5)]
    sealer = leader(trail)
    sealer.seal_all()
    assert sealed(trail) == entries
    assert sealer.frontier
    assert tree.root(trail.connect(), 35) == sealer.frontier.root()


def test_it_goes_on_where_the_last_one_ended(trail: Trail) -> None:
    entries = trail.write(30)
    trail.seal()
    entries += trail.write(30)
    assert trail.seal().frontier == tree.frontier(trail.connect())
    assert sealed(trail) == entries


def test_batches_make_the_tree_that_one_go_makes(trail: Trail) -> None:
    trail.write(100)
    sealer = leader(trail)
    while sealer.seal(most=7):
        pass
    assert trail.verify().is_sound
    assert trail.verify().size == 100


def test_an_entry_waits_until_no_older_transaction_runs(trail: Trail) -> None:
    sealer, slow = leader(trail), trail.connect()
    sealer.seal_all()
    with slow.transaction():
        (first,) = trail.write(over=slow)
        second, third = trail.write(2)
        sealer.seal_all()
        assert sealed(trail) == []
    sealer.seal_all()
    assert sealed(trail) == [first, second, third]


def test_a_rollback_leaves_a_gap_in_ids_and_none_in_the_tree(trail: Trail) -> None:
    sealer, undone = leader(trail), trail.connect()
    before = trail.write()
    with undone.transaction(force_rollback=True):
        trail.write(over=undone)
    after = trail.write()
    sealer.seal_all()
    assert sealed(trail) == [*before, *after]
    assert after[0] - before[0] == 2


def write_at_random(trail: Trail, url: str, number: int, until: float) -> list[int]:
    """Write with delays before, between and after, and roll back one in four."""
    dice, kept = random.Random(number), []  # noqa: S311  (delays, not secrets)
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < until:
            undo = dice.random() < 0.25
            with connection.transaction(force_rollback=undo):
                ids = trail.write(dice.randrange(1, 2 * TRIALS), over=connection)
                time.sleep(dice.random() * 0.02)
                ids += trail.write(1, over=connection)
            kept += [] if undo else ids
    return kept


def test_a_trail_of_many_writers_is_sound_chunk_by_chunk(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentadmin.audit.stretches.CHUNK", 7)
    trail.seal()  # what is there before the first is sealed by id
    one, other = trail.connect(), trail.connect()
    for _ in range(5):
        with one.transaction(), other.transaction():
            for connection in (one, other, one, other, one):
                trail.write(2, over=connection)
    trail.seal()
    entries = sealed(trail)
    assert entries != sorted(entries)
    assert trail.verify().is_sound
    trail.connect(SUPERUSER).execute(
        "SET session_replication_role = replica;"
        " UPDATE audit_entry SET canonical = canonical || ' '"
        " WHERE id = (SELECT entry FROM audit_leaf WHERE seq = 23)"
    )
    assert trail.verify().problems[0].seq == 23


def test_no_entry_is_skipped_under_delays_and_rollbacks(trail: Trail) -> None:
    sealer, url, until = leader(trail), trail.server.url(trail.name), time.monotonic() + SPELL
    with ThreadPoolExecutor(WRITERS) as pool:
        at_work = [
            pool.submit(write_at_random, trail, url, number, until) for number in range(WRITERS)
        ]
        while not all(work.done() for work in at_work):
            sealer.seal(most=20)
    sealer.seal_all()
    written = [entry for work in at_work for entry in work.result()]
    assert sorted(sealed(trail)) == sorted(written)
    assert len(written) > 100 * TRIALS
    assert trail.verify().is_sound


def test_of_two_sealers_one_leads(trail: Trail) -> None:
    first = psycopg.connect(trail.server.url(trail.name), autocommit=True)
    assert Sealer(first).lead()
    second = Sealer(trail.connect())
    assert not second.lead()
    first.close()
    until = time.monotonic() + 10
    while not second.lead():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_leader_goes_on_leading(trail: Trail) -> None:
    sealer = leader(trail)
    assert sealer.lead()


def test_a_tree_that_grew_by_another_hand_stops_it(trail: Trail) -> None:
    sealer = leader(trail)
    trail.write(3)
    sealer.seal_all()
    trail.tamper("DELETE FROM audit_leaf WHERE seq = 2")
    trail.write()
    with pytest.raises(Forked, match="2 leaves where 3 were put"):
        sealer.seal()


def test_a_restored_dump_begins_an_epoch_and_seals_each_entry_once(trail: Trail) -> None:
    entries = trail.write(10)
    trail.seal()
    entries += trail.write(10)
    # As in another cluster: its name is another, and its transactions are younger than the cursor.
    trail.tamper(
        "UPDATE audit_cursor SET system = 1, xid = (xid::text::bigint + 100000)::text::xid8",
        "UPDATE audit_entry SET xid = (xid::text::bigint + 100000)::text::xid8",
    )
    sealer = leader(trail)
    sealer.seal(most=4)
    entries += trail.write(10)
    while sealer.seal(most=4):
        pass
    entries += trail.write(2)
    sealer.seal_all()
    assert sealed(trail) == entries
    epochs = trail.connect().execute("SELECT epoch, count(*) FROM audit_leaf GROUP BY 1 ORDER BY 1")
    assert epochs.fetchall() == [(1, 10), (2, 22)]


def test_the_first_start_seals_what_was_there_while_writers_write(trail: Trail) -> None:
    slow = trail.connect()
    with slow.transaction():
        late = trail.write(over=slow)
        early = trail.write(20)
        sealer = leader(trail)
        sealer.seal_all()
        assert sealed(trail) == early
    sealer.seal_all()
    assert sorted(sealed(trail)) == sorted([*late, *early])


def test_a_sealer_may_die_at_any_step(trail: Trail) -> None:
    class Dies(Exception):
        pass

    def die_at(step: str) -> None:
        raise Dies(step)

    entries = []
    for step in ("taken", "written", "committed"):
        entries += trail.write(5)
        dying = Sealer(
            psycopg.connect(trail.server.url(trail.name), autocommit=True),
            step=lambda reached, step=step: die_at(step) if reached == step else None,  # type: ignore[misc]  # a default is how a loop's variable is bound
        )
        take_the_lead(dying)
        with pytest.raises(Dies):
            dying.seal_all()
        dying.connection.close()
        trail.seal()
    assert sealed(trail) == entries
    assert trail.verify().is_sound


def test_writers_do_not_wait_for_the_sealer(trail: Trail) -> None:
    trail.write(5)
    reached, go_on = threading.Event(), threading.Event()

    def hold(step: str) -> None:
        if step == "written":
            reached.set()
            assert go_on.wait(30)

    sealer = Sealer(trail.connect(), step=hold)
    assert sealer.lead()
    with ThreadPoolExecutor(1) as pool:
        sealing = pool.submit(sealer.seal)
        assert reached.wait(30)
        assert trail.write()  # committed while the sealer's transaction is open
        go_on.set()
        assert sealing.result(timeout=30)
