"""Sealing and keyed hashing (DESIGN §4, One subject)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentadmin.vault import BadSeal, HashKeys, SealKeys

OLD, NEW = b"o" * 32, b"n" * 32


@given(plain=st.binary(max_size=500), context=st.text(max_size=50))
def test_it_opens_what_it_sealed(plain: bytes, context: str) -> None:
    ring = SealKeys([NEW])
    assert ring.open(ring.seal(plain, context=context), context=context) == plain


def test_it_opens_what_an_older_key_sealed() -> None:
    sealed = SealKeys([OLD]).seal(b"value", context="here")
    assert SealKeys([NEW, OLD]).open(sealed, context="here") == b"value"


def test_it_refuses_what_a_lost_key_sealed() -> None:
    sealed = SealKeys([OLD]).seal(b"value", context="here")
    with pytest.raises(BadSeal):
        SealKeys([NEW]).open(sealed, context="here")


def test_it_refuses_a_value_that_was_moved() -> None:
    ring = SealKeys([NEW])
    with pytest.raises(BadSeal):
        ring.open(ring.seal(b"value", context="here"), context="elsewhere")


@given(
    position=st.integers(min_value=0, max_value=40), mask=st.integers(min_value=1, max_value=255)
)
def test_it_refuses_a_changed_byte(position: int, mask: int) -> None:
    ring = SealKeys([NEW])
    sealed = bytearray(ring.seal(b"a value", context="here"))
    sealed[position % len(sealed)] ^= mask
    with pytest.raises(BadSeal):
        ring.open(bytes(sealed), context="here")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01abcd", b"plain text that was never sealed"])
def test_it_refuses_what_is_no_seal(sealed: bytes) -> None:
    with pytest.raises(BadSeal):
        SealKeys([NEW]).open(sealed, context="here")


def test_it_never_seals_alike_twice() -> None:
    ring = SealKeys([NEW])
    assert ring.seal(b"value", context="c") != ring.seal(b"value", context="c")


def test_it_searches_by_every_key_and_the_current_first() -> None:
    before, now = HashKeys([OLD]).digest("text"), HashKeys([NEW]).digest("text")
    assert HashKeys([NEW, OLD]).digests("text") == [now, before]


@pytest.mark.parametrize("keys", [[], [b"short"], [NEW, b"short"]])
def test_it_rejects_a_ring_without_good_keys(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SealKeys(keys)


def test_it_shows_no_key() -> None:
    assert repr(SealKeys([NEW])) == "<SealKeys of 1>"
