"""Signed notes and checkpoints, as C2SP has them."""

import pytest

from consentadmin.audit.notes import (
    BadNote,
    Checkpoint,
    SigningKey,
    VerifierKey,
    opened,
    signed,
    signers,
)

# The example of Go's own note package: not of our making.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.
"""
NOTE = f"""{SAID}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""  # noqa: E501  (a signature has its length)

OURS, OTHERS = SigningKey("trail.example", b"1" * 32), SigningKey("trail.example", b"2" * 32)
CHECKPOINT = Checkpoint("trail.example", 20852163, bytes(range(32)))


def test_a_note_of_another_implementation_verifies() -> None:
    key = VerifierKey.parse(NEUMANN)
    assert signers(NOTE, [key]) == (SAID, [key])
    assert str(key) == NEUMANN


def test_what_was_signed_opens_again() -> None:
    assert opened(signed(CHECKPOINT.text, [OURS]), [OURS.verifier]) == CHECKPOINT


def test_a_key_survives_being_written_down() -> None:
    assert VerifierKey.parse(f"{OURS.verifier}\n") == OURS.verifier


def test_signatures_of_strangers_are_passed_over() -> None:
    note = signed(CHECKPOINT.text, [OURS, OTHERS])
    assert signers(note, [OTHERS.verifier])[1] == [OTHERS.verifier]
    with pytest.raises(BadNote, match="no key known"):
        opened(signed(CHECKPOINT.text, [OTHERS]), [OURS.verifier])


@pytest.mark.parametrize(
    ("old", "new"), [("20852163", "20852164"), ("AAEC", "AAED"), ("\n\n", "\n")]
)
def test_a_changed_note_does_not_open(old: str, new: str) -> None:
    note = signed(CHECKPOINT.text, [OURS]).replace(old, new, 1)
    with pytest.raises(BadNote):
        opened(note, [OURS.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "trail.example\n7\nAAAA\n",
        "trail.example\n07\n" + CHECKPOINT.text.split("\n")[2] + "\n",
        CHECKPOINT.text + "an extension\n",
        "two words\n7\n" + CHECKPOINT.text.split("\n")[2] + "\n",
        "",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote, match=r"no checkpoint|no signed note"):
        opened(signed(text, [OURS]), [OURS.verifier])


@pytest.mark.parametrize("vkey", ["", "x", "a+00000000+AAAA", NEUMANN.replace("c74f", "c74e")])
def test_what_is_no_key_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        VerifierKey.parse(vkey)
