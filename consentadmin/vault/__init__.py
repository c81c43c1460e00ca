"""The vault: what is encrypted and what is hashed with a key, and with which key."""

from consentadmin.vault.keyrings import alias_keys, field_keys, new_data_key, with_data_key
from consentadmin.vault.rings import BadSeal, HashKeys, SealKeys

__all__ = [
    "BadSeal",
    "HashKeys",
    "SealKeys",
    "alias_keys",
    "field_keys",
    "new_data_key",
    "with_data_key",
]
