"""The datamart's rule decides what hash an address has."""

import hashlib

import pytest

from consentadmin.mediarithmics.errors import InvalidSelector
from consentadmin.mediarithmics.hashing import HashFunction, HashingOff, HashRule

ADDRESS = "alice@example.com"


@pytest.mark.fact("§3 hash")
def test_the_default_is_trimmed_lower_case_sha256() -> None:
    expected = hashlib.sha256(ADDRESS.encode()).hexdigest()
    assert HashRule().hash("  Alice@Example.COM ") == expected


@pytest.mark.parametrize("function", [f for f in HashFunction if f is not HashFunction.NONE])
def test_each_function_is_what_its_name_says(function: HashFunction) -> None:
    expected = hashlib.new(function.value, ADDRESS.encode()).hexdigest()
    assert HashRule(function).hash(ADDRESS) == expected


def test_none_turns_the_look_up_by_address_off() -> None:
    with pytest.raises(HashingOff) as caught:
        HashRule(HashFunction.NONE).hash(ADDRESS)
    assert isinstance(caught.value, InvalidSelector)
    assert ADDRESS not in str(caught.value)


def test_trim_and_lower_can_be_off() -> None:
    rule = HashRule(trim=False, lower=False)
    assert rule.hash(" A@b.c") == hashlib.sha256(b" A@b.c").hexdigest()


def test_the_salt_stands_in_front_and_is_not_changed() -> None:
    rule = HashRule(salt=" Pepper")
    assert rule.hash("A@b.c") == hashlib.sha256(b" Peppera@b.c").hexdigest()


def test_the_salt_is_in_no_repr() -> None:
    assert "Pepper" not in repr(HashRule(salt="Pepper"))
