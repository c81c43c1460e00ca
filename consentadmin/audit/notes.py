"""Checkpoints as signed notes: C2SP `tlog-checkpoint` in C2SP `signed-note`, by Ed25519.

    consentadmin.example.com
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — consentadmin.example.com Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5…

A line of a signature holds four bytes that name the key, then the signature of the text above the
empty line, its last newline included.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
ID, KEY, HASH = 4, 32, 32
DASH = "\N{EM DASH} "
NAME = re.compile(r"[^\s+]+")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class BadNote(Exception):
    """A note that is malformed, or that none of the given keys has signed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed: the trail of this name has so many entries, and this is its root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a checkpoint's text; more lines than three are not ours. Raises BadNote."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[-1] or not NAME.fullmatch(lines[0]):
            raise BadNote("this is no checkpoint")
        root = _decoded(lines[2])
        if not SIZE.fullmatch(lines[1]) or len(root) != HASH:
            raise BadNote("this is no checkpoint")
        return cls(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a signing key, with the name it signs under."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that name the key in a signature."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:ID]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a vkey, `name+id+base64`. Raises BadNote."""
        name, _, rest = vkey.strip().partition("+")
        named, _, body = rest.partition("+")
        public = _decoded(body)
        key = cls(name, public[1:])
        if not NAME.fullmatch(name) or public[:1] != ED25519 or len(public) != 1 + KEY:
            raise BadNote("this is no Ed25519 verifier key (name+id+base64)")
        if key.id.hex() != named:
            raise BadNote("the verifier key's id is not that of the key")
        return key

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Tell whether the signature is this key's, of this text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """An Ed25519 key, with the name it signs under."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Take the key of 32 bytes. Raises ValueError for another length."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"<SigningKey {self.verifier.id.hex()}>"

    def line(self, text: str) -> str:
        """Return the line that signs a text."""
        body = self.verifier.id + self._private.sign(text.encode())
        return f"{DASH}{self.verifier.name} {base64.b64encode(body).decode()}\n"


def signed(text: str, keys: Sequence[SigningKey]) -> str:
    """Return a text as a note that these keys have signed."""
    return f"{text}\n{''.join(key.line(text) for key in keys)}"


def signers(note: str, keys: Sequence[VerifierKey]) -> tuple[str, list[VerifierKey]]:
    """Return a note's text, and which of the keys have signed it. Raises BadNote.

    Signatures of unknown keys are passed over; a wrong one of a known key makes the note bad.
    """
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise BadNote("this is no signed note")
    text += "\n"
    known = {(key.name, key.id): key for key in keys}
    found = []
    for line in lines[:-1].split("\n"):
        name, _, body = line.removeprefix(DASH).partition(" ")
        if not line.startswith(DASH) or not NAME.fullmatch(name):
            raise BadNote("a signature line is malformed")
        decoded = _decoded(body)
        key = known.get((name, decoded[:ID]))
        if key is None:
            continue
        if not key.has_signed(text, decoded[ID:]):
            raise BadNote("a signature does not fit the text")
        found.append(key)
    return text, found


def opened(note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return the checkpoint of a note that at least one of the keys has signed. Raises BadNote."""
    text, found = signers(note, keys)
    if not found:
        raise BadNote("no key known to us has signed this")
    return Checkpoint.parse(text)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("this is no base64") from None
