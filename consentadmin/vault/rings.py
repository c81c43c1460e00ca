"""Rings of keys: the first key is current, the rest still open what they closed.

Sealed bytes are `0x01 ‖ key id (4) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag`. A *context*
(the table and column, the subject) is authenticated with them, so that a value moved to another
row does not open. A key id is the first four bytes of the key's SHA-256.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
ID, NONCE, KEY = 4, 12, 32


class BadSeal(Exception):
    """Sealed bytes that no key of the ring opens: altered, misplaced, or of a lost key."""


def key_id(key: bytes) -> bytes:
    """Return the four bytes that name a key without telling it."""
    return hashlib.sha256(b"consentadmin key id\x00" + key).digest()[:ID]


class Ring:
    """Keys in order, the current one first. Raises ValueError for none or one of a wrong size."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = {key_id(key): key for key in keys}
        if not self._keys or any(len(key) != KEY for key in self._keys.values()):
            raise ValueError("a ring needs at least one key, and each key is 32 bytes")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._keys)}>"

    @property
    def current(self) -> bytes:
        """The id of the key in use."""
        return next(iter(self._keys))


class SealKeys(Ring):
    """A ring that seals and opens."""

    @cached_property
    def _ciphers(self) -> dict[bytes, AESGCM]:
        return {name: AESGCM(key) for name, key in self._keys.items()}

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Return `plain` sealed under the current key, to be opened with the same context."""
        nonce = os.urandom(NONCE)
        body = self._ciphers[self.current].encrypt(nonce, plain, context.encode())
        return VERSION + self.current + nonce + body

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Return what was sealed. Raises BadSeal when no key opens it under this context."""
        head, name, rest = sealed[:1], sealed[1 : 1 + ID], sealed[1 + ID :]
        cipher = self._ciphers.get(bytes(name))
        if head != VERSION or cipher is None:
            raise BadSeal("no key of this ring sealed these bytes")
        try:
            return cipher.decrypt(rest[:NONCE], rest[NONCE:], context.encode())
        except (InvalidTag, ValueError):
            raise BadSeal("these bytes do not open under this context") from None


class HashKeys(Ring):
    """A ring that hashes with a key (HMAC-SHA-256), so that nobody without it can guess back."""

    def digest(self, text: str) -> bytes:
        """Return the 32-byte digest of `text` under the current key."""
        return self._digest(self._keys[self.current], text)

    def digests(self, text: str) -> list[bytes]:
        """Return the digest under every key, the current one first: what to search by."""
        return [self._digest(key, text) for key in self._keys.values()]

    @staticmethod
    def _digest(key: bytes, text: str) -> bytes:
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
