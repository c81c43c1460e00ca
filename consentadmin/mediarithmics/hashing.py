"""How a datamart hashes e-mail addresses (PLATFORM.md §3, "Email hash").

The platform has no rule but "always the same hashing function in your datamart", so the rule is a
setting of each datamart. In this order: trim, lower-case, put the salt **in front**, encode as
UTF-8, hash, write as lower-case hex. No Unicode normalisation takes place.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from consentadmin.mediarithmics.errors import InvalidSelector


class HashFunction(StrEnum):
    """What a datamart hashes addresses with. NONE: its "hashes" are clear addresses."""

    NONE = "NONE"
    MD5 = "MD5"
    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


class HashingOff(InvalidSelector):
    """The datamart hashes with NONE: a hash would be the address, so look-up by e-mail is off."""


@dataclass(frozen=True, slots=True)
class HashRule:
    """One datamart's rule. The salt is not in the repr."""

    function: HashFunction = HashFunction.SHA256
    trim: bool = True
    lower: bool = True
    salt: str = field(default="", repr=False)

    def hash(self, address: str) -> str:
        """Return the lower-case hex hash of an address, or raise HashingOff under NONE."""
        if self.function is HashFunction.NONE:
            raise HashingOff("Look-up by e-mail address is off in this datamart.")
        if self.trim:
            address = address.strip()
        if self.lower:
            address = address.lower()
        # A lone surrogate can't come from a form; "replace" keeps it from raising with the address.
        plain = (self.salt + address).encode("utf-8", "replace")
        return hashlib.new(self.function.value.lower(), plain, usedforsecurity=False).hexdigest()
