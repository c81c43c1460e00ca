"""What proves that one entry is in the sealed trail: its bytes, its place, its proof of inclusion.

The proof is in C2SP `tlog-proof` form (https://c2sp.org/tlog-proof): with the entry's bytes and the
trail's verifier key, anybody can verify it offline.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from consentadmin.audit import planned, tree
from consentadmin.audit.checkpoints import Signed
from consentadmin.audit.merkle import NoProof, leaf_hash, root_by_inclusion
from consentadmin.audit.seals import newest_checkpoint

HEADER = "c2sp.org/tlog-proof@v1"
KEPT = """
SELECT e.canonical, l.seq FROM audit_entry e
LEFT JOIN audit_leaf l ON l.entry = e.id WHERE e.id = %s
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How an entry stands in the trail's seal.

    `text` is what is sealed, byte for byte (UTF-8), and `leaf` its leaf hash in hexadecimal; `seq`
    is its place in the tree, None while it is not sealed. `proof` is empty while no checkpoint
    covers the entry, and where the entry is not what the last one signed for: then `is_broken`.
    """

    text: str
    leaf: str
    seq: int | None = None
    proof: str = ""
    signed_size: int | None = None
    signed_at: datetime | None = None
    is_broken: bool = False


def evidence(entry: int) -> Evidence:
    """Return the evidence for the entry of this id, which is there."""
    ((text, seq),) = planned.rows(KEPT, [entry])
    leaf = leaf_hash(text.encode())
    checkpoint = newest_checkpoint()
    if seq is None or checkpoint is None or checkpoint.checkpoint.size <= seq:
        return Evidence(text, leaf.hex(), seq)
    size = checkpoint.checkpoint.size
    try:
        proof = _proof(leaf, seq, checkpoint)
    except NoProof:
        return Evidence(text, leaf.hex(), seq, "", size, checkpoint.at, is_broken=True)
    return Evidence(text, leaf.hex(), seq, proof, size, checkpoint.at)


def _proof(leaf: bytes, seq: int, checkpoint: Signed) -> str:
    """Return the proof as text. Raises NoProof where it does not lead to what was signed for."""
    size = checkpoint.checkpoint.size
    path = tree.prove_inclusion(connection.connection, seq, size)
    if root_by_inclusion(leaf, seq, size, path) != checkpoint.checkpoint.root:
        raise NoProof("the entry is not what was signed for")
    lines = [HEADER, f"index {seq}", *(base64.b64encode(part).decode() for part in path)]
    return "\n".join([*lines, "", checkpoint.note])
