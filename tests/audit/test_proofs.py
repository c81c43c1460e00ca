"""The proof of one entry, verified as a stranger would: with its bytes and the key alone."""

import base64
from hashlib import sha256

import pytest
from django.db import connection

from consentadmin.audit import tree
from consentadmin.audit.checkpoints import sign
from consentadmin.audit.keeping import connect
from consentadmin.audit.merkle import root_by_inclusion
from consentadmin.audit.models import Entry
from consentadmin.audit.notes import opened
from consentadmin.audit.proofs import Evidence, evidence
from consentadmin.audit.sealing import Sealer
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, Action
from tests.audit.conftest import KEY, take_the_lead
from tests.faults.conftest import db  # a sealer sees what is committed
from tests.faults.works import until

__all__ = ["db"]


def seal(*, is_signed: bool) -> None:
    """Seal all that is there, and sign it; a neighbour's open transaction may be older than it."""
    with connect() as over:
        sealer = Sealer(over)
        take_the_lead(sealer)
        until(lambda: not sealer.seal() and tree.size(over) == Entry.objects.count())
        if is_signed:
            assert sealer.frontier
            sign(over, sealer.frontier, keys=[KEY], outside=[])


def verified(found: Evidence) -> bool:
    """Verify a tlog-proof: https://c2sp.org/tlog-proof."""
    head, note = found.proof.split("\n\n", 1)
    header, index, *path = head.split("\n")
    checkpoint = opened(note, [KEY.verifier])
    leaf = sha256(b"\x00" + found.text.encode()).digest()
    hashes = [base64.b64decode(part) for part in path]
    seq = int(index.removeprefix("index "))
    root = root_by_inclusion(leaf, seq, checkpoint.size, hashes)
    return header == "c2sp.org/tlog-proof@v1" and root == checkpoint.root


@pytest.fixture
def entries(db: None) -> list[int]:
    return [record(action=Action.SIGNED_IN, actor=HOUSE, case="é").pk for _ in range(21)]


def test_every_entrys_proof_verifies(entries: list[int]) -> None:
    seal(is_signed=True)
    found = [evidence(entry) for entry in entries]
    assert [one.seq for one in found] == list(range(21))
    assert all(verified(one) for one in found)


def test_an_entry_that_is_not_sealed_yet_has_none(entries: list[int]) -> None:
    found = evidence(entries[0])
    assert (found.seq, found.proof, found.is_broken) == (None, "", False)
    assert found.leaf == sha256(b"\x00" + found.text.encode()).hexdigest()


def test_an_entry_waits_for_the_next_checkpoint(entries: list[int]) -> None:
    seal(is_signed=True)
    late = record(action=Action.SIGNED_OUT, actor=HOUSE).pk
    seal(is_signed=False)
    found = evidence(late)
    assert (found.seq, found.proof, found.is_broken) == (21, "", False)


def test_a_checkpoint_of_another_tree_proves_nothing(entries: list[int]) -> None:
    seal(is_signed=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_checkpoint (origin, size, root, note) VALUES (%s, 21, %s, 'n')",
            [KEY.verifier.name, b"0" * 32],
        )
    found = evidence(entries[3])
    assert (found.proof, found.is_broken, found.signed_size) == ("", True, 21)
