"""Signing: never at odds with what was signed before, by a key that the last one vouches for."""

import pytest

from consentadmin.audit.checkpoints import Inconsistent, KeyNotVouchedFor, known_keys, sign
from consentadmin.audit.merkle import Frontier
from consentadmin.audit.notes import SigningKey, VerifierKey, opened, signers
from consentadmin.audit.reports import Report
from consentadmin.audit.verifying import verify
from tests.audit.conftest import KEY, ORIGIN, Trail

NEW = SigningKey(ORIGIN, b"n" * 32)


def sealed(trail: Trail) -> Frontier:
    frontier = trail.seal().frontier
    assert frontier
    return frontier


def by(note: str) -> list[VerifierKey]:
    return signers(note, [KEY.verifier, NEW.verifier])[1]


def verified(trail: Trail, key: SigningKey) -> Report:
    return verify(trail.connect(), trusted=[key.verifier], origin=ORIGIN, outside=trail.outside)


def test_it_signs_what_is_sealed(trail: Trail) -> None:
    trail.write(10)
    checkpoint = opened(trail.sign().note, [KEY.verifier])
    assert (checkpoint.size, checkpoint.root) == (10, sealed(trail).root())


def test_it_has_nothing_to_say_when_nothing_was_added(trail: Trail) -> None:
    trail.write(10)
    trail.sign()
    assert sign(trail.connect(), sealed(trail), keys=[KEY], outside=[]) is None


def test_it_refuses_a_database_older_than_what_was_published(trail: Trail) -> None:
    trail.write(10)
    newer = trail.sign().note
    trail.tamper("DELETE FROM audit_leaf WHERE seq > 7", "DELETE FROM audit_checkpoint")
    trail.tamper("DELETE FROM audit_node")
    with pytest.raises(Inconsistent, match="10 entries were signed for, and there are 8"):
        sign(trail.connect(), Frontier(8), keys=[KEY], outside=[newer])


def test_it_refuses_a_tree_that_was_rewritten(trail: Trail) -> None:
    trail.write(10)
    trail.sign()
    trail.tamper("UPDATE audit_leaf SET hash = sha256('x') WHERE seq = 4")
    trail.write(10)
    with pytest.raises(Inconsistent, match="the tree of 10 entries is not the one signed for"):
        trail.sign()


def test_it_refuses_when_what_lies_outside_is_nobodys(trail: Trail) -> None:
    trail.write(3)
    note = trail.sign(KEY).note
    with pytest.raises(Inconsistent, match="does not stand"):
        sign(trail.connect(), sealed(trail), keys=[KEY], outside=[note.replace("\n3\n", "\n2\n")])


def test_a_new_key_and_the_old_one_sign_the_change_over_together(trail: Trail) -> None:
    trail.write(3)
    notes = [trail.sign(KEY).note, trail.sign(NEW, KEY).note, trail.sign(NEW).note]
    assert [by(note) for note in notes] == [
        [KEY.verifier],
        [NEW.verifier, KEY.verifier],
        [NEW.verifier],
    ]
    assert set(known_keys(trail.connect())) == {KEY.verifier, NEW.verifier}
    assert verified(trail, NEW).is_sound  # who trusts the new key trusts what the old one signed


def test_a_new_key_alone_is_refused(trail: Trail) -> None:
    trail.write(3)
    trail.sign(KEY)
    with pytest.raises(KeyNotVouchedFor, match="name it second"):
        trail.sign(NEW)


def test_a_key_that_nobody_vouched_for_is_no_key_of_the_trail(trail: Trail) -> None:
    trail.write(3)
    trail.sign(KEY)
    trail.tamper("DELETE FROM audit_publication", "DELETE FROM audit_checkpoint")
    trail.outside.clear()
    trail.sign(NEW)
    assert not verified(trail, KEY).is_sound


def test_another_origin_begins_anew_after_a_loss(trail: Trail) -> None:
    trail.write(10)
    trail.sign()
    other = SigningKey(f"{ORIGIN}/2", b"k" * 32)
    trail.outside.clear()  # the new name's directory is another, and empty
    trail.write(2)
    assert trail.sign(other).checkpoint.size == 12
    report = verify(trail.connect(), trusted=[other.verifier], origin=other.verifier.name)
    assert (report.is_sound, report.checkpoints) == (True, 2)
