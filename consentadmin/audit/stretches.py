"""The leaves of the tree chunk by chunk, each with the entries that it stands for."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256

from consentadmin.audit.copying import copied
from consentadmin.audit.notes import HASH
from consentadmin.audit.tree import Connection

CHUNK = 65_536
LEAVES = """
SELECT array_agg(seq), array_agg(entry), string_agg(hash, '')
FROM (SELECT seq, entry, hash FROM audit_leaf WHERE seq >= %s AND seq < %s ORDER BY seq) leaf
"""
# A chunk's entries lie close together, but for those of long transactions and of a carried epoch.
NEAR = "FROM audit_entry WHERE id BETWEEN {first} AND {last}"
FAR = "FROM audit_entry WHERE id IN ({ids})"
PRESENT = "SELECT array_agg(id ORDER BY id) {those}"
TEXTS = "COPY (SELECT canonical {those} ORDER BY id) TO STDOUT"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A chunk of leaves, `first` being the place that it must begin at.

    Their places, entries and hashes in the tree's order, and the hashes joined; `those` of the
    entries that can be theirs, and the ids that are `there`, in order.
    """

    first: int
    seqs: Sequence[int]
    entries: Sequence[int]
    hashes: Sequence[bytes]
    joined: bytes
    those: str
    there: Sequence[int]

    @property
    def is_last(self) -> bool:
        """Whether the tree ends with it."""
        return len(self.seqs) < CHUNK

    def holds(self, found: Sequence[bytes]) -> bool:
        """Tell whether each leaf is what its entry hashes to; `found` are hashes of `there`.

        Most often the entries lie in the order of their ids, and next to others of no other chunk.
        """
        if self.there == self.entries:
            return b"".join(found) == self.joined
        known = dict(zip(self.there, found, strict=True))
        is_single = len(known) == len(self.there)
        return is_single and [known.get(entry) for entry in self.entries] == self.hashes


def stretch_from(connection: Connection, first: int) -> Stretch | None:
    """Return the leaves from `first` on, and which entries there are."""
    row = connection.execute(LEAVES, [first, first + CHUNK], binary=True).fetchone()
    assert row, "an aggregate has one row"
    seqs, entries, joined = row
    if seqs is None:
        return None
    hashes = [joined[at : at + HASH] for at in range(0, len(joined), HASH)]
    least, most = min(entries), max(entries)
    if most - least < CHUNK * 2:
        those = NEAR.format(first=least, last=most)
    else:
        those = FAR.format(ids=",".join(map(str, entries)))
    row = connection.execute(PRESENT.format(those=those).encode(), binary=True).fetchone()
    assert row, "an aggregate has one row"
    return Stretch(first, seqs, entries, hashes, joined, those, row[0] or [])


def hashes_of(connection: Connection, those: str) -> list[bytes]:
    """Return the leaf hash of each of these entries that is there, made of its kept bytes."""
    found: list[bytes] = []
    add = found.append
    with closing(copied(connection, TEXTS.format(those=those).encode())) as lines:
        for line in lines:
            text = b"\x00" + line
            # Canonical JSON holds no control character: COPY doubles backslashes, no more.
            if b"\\" in text:
                text = text.replace(b"\\\\", b"\\")
            add(sha256(text[:-1]).digest())
    return found
