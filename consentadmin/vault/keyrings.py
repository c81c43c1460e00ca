"""The rings this installation uses. Settings are read here, once."""

import base64
import binascii
import os
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from consentadmin.vault.rings import KEY, HashKeys, SealKeys


def _keys(name: str, value: str) -> list[bytes]:
    try:
        return [
            base64.b64decode(part.strip(), altchars=b"-_", validate=True)
            for part in value.split(",")
            if part.strip()
        ]
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"{name} holds a key that is not URL-safe base64.") from None


@cache
def field_keys() -> SealKeys:
    """Return the field keys: they seal API tokens, salts, and each subject's data key."""
    try:
        return SealKeys(_keys("CONSENTADMIN_FIELD_KEYS", settings.FIELD_KEYS))
    except ValueError as error:
        raise ImproperlyConfigured(f"CONSENTADMIN_FIELD_KEYS: {error}.") from None


@cache
def alias_keys() -> HashKeys:
    """Return the alias keys: they turn an identifier into its alias."""
    try:
        return HashKeys(_keys("CONSENTADMIN_ALIAS_KEYS", settings.ALIAS_KEYS))
    except ValueError as error:
        raise ImproperlyConfigured(f"CONSENTADMIN_ALIAS_KEYS: {error}.") from None


def new_data_key() -> bytes:
    """Return 32 fresh random bytes: the data key of one subject."""
    return os.urandom(KEY)


def with_data_key(key: bytes) -> SealKeys:
    """Return the ring of one subject's data key."""
    return SealKeys([key])
