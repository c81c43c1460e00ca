"""The Merkle tree of RFC 6962 §2.1, which RFC 9162 keeps: pure arithmetic over hashes.

A tree grows by its *frontier*: the roots of the complete subtrees it consists of, one for each bit
of its size, so at most 64 hashes. Of the nodes inside, the roots at every `STRIDE`-th level are
kept; any other is a handful of hashes away: a proof of a tree of a million reads 80 of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

STRIDE = 4
EMPTY = sha256(b"").digest()

Place: TypeAlias = tuple[int, int]
"""(level, place): the root of the leaves from place·2^level up to (place + 1)·2^level."""
Span: TypeAlias = tuple[int, int]
"""(first, end): the leaves from first up to, not including, end."""


class NoProof(Exception):
    """A hash that the tree needs is missing, or a proof does not lead where it should."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf over these bytes."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node above two others."""
    return sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """A tree as it grows: its size, and by level the root that waits for its right sibling."""

    size: int = 0
    waiting: dict[int, bytes] = field(default_factory=dict)

    def extend(self, leaves: Sequence[bytes]) -> dict[int, tuple[int, list[bytes]]]:
        """Append leaf hashes; return by level the first place and the hashes of what got complete.

        Level 0 is left out: these are the leaves.
        """
        made: dict[int, tuple[int, list[bytes]]] = {}
        level, place, row = 0, self.size, list(leaves)
        self.size += len(row)
        while row:
            if place % 2:
                row = [self.waiting.pop(level), *row]
                place -= 1
            if len(row) % 2:
                self.waiting[level], row = row[-1], row[:-1]
            row = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(row[::2], row[1::2], strict=True)
            ]
            level, place = level + 1, place // 2
            if row:
                made[level] = place, row
        return made

    def root(self) -> bytes:
        """Return the tree's root."""
        found = None
        for level in sorted(self.waiting):
            found = node_hash(self.waiting[level], found) if found else self.waiting[level]
        return found or EMPTY


def is_kept(level: int) -> bool:
    """Tell whether the nodes of this level are kept; the leaves (level 0) always are."""
    return level % STRIDE == 0


def whole_spans(size: int) -> list[Span]:
    """Return the complete subtrees that a tree of this size consists of, from left to right."""
    spans, first = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            spans.append((first, first + (1 << level)))
            first += 1 << level
    return spans


def between(first: int, end: int) -> list[Place]:
    """Return the complete subtrees that lie side by side from one leaf to before another."""
    found = []
    while first < end:
        level = (end - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        found.append((level, first >> level))
        first += 1 << level
    return found


def places(span: Span) -> list[Place]:
    """Return the kept nodes that the hash of a span is made of."""
    first, end = span
    level = (end - first).bit_length() - 1
    if end - first == 1 << level and is_kept(level):
        return [(level, first >> level)]
    middle = first + _left(end - first)
    return [*places((first, middle)), *places((middle, end))]


def hash_of(span: Span, kept: Mapping[Place, bytes]) -> bytes:
    """Return the hash of a span from kept nodes (MTH of RFC 6962). Raises NoProof if one lacks."""
    first, end = span
    if first == end:
        return EMPTY
    level = (end - first).bit_length() - 1
    if end - first == 1 << level and is_kept(level):
        try:
            return kept[level, first >> level]
        except KeyError:
            raise NoProof(f"the tree lacks node {first >> level} of level {level}") from None
    middle = first + _left(end - first)
    return node_hash(hash_of((first, middle), kept), hash_of((middle, end), kept))


def inclusion(seq: int, size: int) -> list[Span]:
    """Return the spans whose hashes prove a leaf in a tree of `size` (PATH of RFC 6962 §2.1.1)."""
    assert 0 <= seq < size, "the leaf is in the tree"
    spans: list[Span] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _left(end - first)
        if seq < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
    return spans[::-1]


def consistency(old: int, new: int) -> list[Span]:
    """Return the spans whose hashes prove that a tree of `new` extends that of `old` (§2.1.2)."""
    assert 0 < old <= new, "an empty tree needs no proof"
    spans: list[Span] = []
    first, end, is_whole = 0, new, True
    while first + (old - first) != end:
        middle = first + _left(end - first)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first, is_whole = middle, False
    if not is_whole:
        spans.append((first, end))
    return spans[::-1]


def root_by_inclusion(leaf: bytes, seq: int, size: int, proof: Iterable[bytes]) -> bytes:
    """Return the root that a leaf and its proof lead to (RFC 9162 §2.1.3.2). Raises NoProof."""
    if not 0 <= seq < size:
        raise NoProof("the leaf is outside the tree")
    at, last, found = seq, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise NoProof("the proof is too long")
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise NoProof("the proof is too short")
    return found


def _left(size: int) -> int:
    """Return the size of the left subtree: the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
