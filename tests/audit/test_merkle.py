"""The tree of RFC 6962: roots, proofs, and what is kept of it."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentadmin.audit import merkle
from consentadmin.audit.merkle import Frontier, NoProof, hash_of, leaf_hash, node_hash

# The leaves and roots that Certificate Transparency's own implementations are tested with.
LEAVES = [
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def plain_root(leaves: list[bytes]) -> bytes:
    """The definition of §2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return node_hash(plain_root(leaves[:left]), plain_root(leaves[left:]))


def grown(
    size: int, steps: list[int]
) -> tuple[list[bytes], Frontier, dict[tuple[int, int], bytes]]:
    """A tree grown in steps: its leaves, its frontier, and the nodes that are kept."""
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    frontier, kept = Frontier(), {(0, place): leaf for place, leaf in enumerate(leaves)}
    for step in [*steps, size]:
        for level, (first, row) in frontier.extend(
            leaves[frontier.size : frontier.size + step]
        ).items():
            if merkle.is_kept(level):
                kept |= {(level, first + number): found for number, found in enumerate(row)}
    return leaves, frontier, kept


def test_roots_are_those_that_others_make() -> None:
    frontier = Frontier()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        frontier.extend([leaf_hash(bytes.fromhex(leaf))])
        assert frontier.root().hex() == root


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    assert Frontier().root() == sha256(b"").digest()


@given(size=st.integers(0, 200), steps=st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_is_the_same_in_whatever_steps_it_grew(size: int, steps: list[int]) -> None:
    leaves, frontier, kept = grown(size, steps)
    assert frontier.root() == plain_root(leaves) == hash_of((0, size), kept)


@given(size=st.integers(1, 200), data=st.data())
def test_a_leaf_is_proved_in_every_tree_it_is_in(size: int, data: st.DataObject) -> None:
    leaves, frontier, kept = grown(size, [])
    seq = data.draw(st.integers(0, size - 1))
    proof = [hash_of(span, kept) for span in merkle.inclusion(seq, size)]
    assert merkle.root_by_inclusion(leaves[seq], seq, size, proof) == frontier.root()


@given(old=st.integers(1, 200), more=st.integers(0, 100))
def test_a_consistency_proof_is_of_spans_of_the_tree(old: int, more: int) -> None:
    leaves, _, kept = grown(old + more, [])
    for first, end in merkle.consistency(old, old + more):
        assert hash_of((first, end), kept) == plain_root(leaves[first:end])


def test_consistency_proofs_are_those_of_the_rfc() -> None:
    assert merkle.consistency(3, 7) == [(2, 3), (3, 4), (0, 2), (4, 7)]
    assert merkle.consistency(4, 7) == [(4, 7)]
    assert merkle.consistency(6, 7) == [(4, 6), (6, 7), (0, 4)]


@given(first=st.integers(0, 300), count=st.integers(0, 300))
def test_what_lies_between_is_complete_and_in_order(first: int, count: int) -> None:
    spans = [
        (place << level, (place + 1) << level)
        for level, place in merkle.between(first, first + count)
    ]
    covered = [leaf for start, end in spans for leaf in range(start, end)]
    assert covered == list(range(first, first + count))


def test_a_proof_of_another_length_proves_nothing() -> None:
    leaves, _, kept = grown(9, [])
    proof = [hash_of(span, kept) for span in merkle.inclusion(4, 9)]
    for wrong in (proof[:-1], [*proof, leaves[0]]):
        with pytest.raises(NoProof):
            merkle.root_by_inclusion(leaves[4], 4, 9, wrong)


def test_a_tree_with_a_hole_proves_nothing() -> None:
    _, _, kept = grown(40, [])
    del kept[4, 1]
    with pytest.raises(NoProof, match="lacks node 1 of level 4"):
        hash_of((0, 40), kept)
