"""The keys that sign checkpoints, and those that verify them. Settings are read here, once.

Only the sealer needs a key to sign with. Whoever verifies is best given the public halves, pinned
in CONSENTADMIN_VERIFIER_KEYS: who rules over the database can put keys of their own into it.

The first key of CONSENTADMIN_SIGNING_KEY signs. Those after it sign along once, at the change-over,
so that whoever trusts the old one can trust the new one.
"""

import base64
import binascii
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from consentadmin.audit.notes import NAME, BadNote, SigningKey, VerifierKey

WHAT = "one or more Ed25519 seeds, each 32 random bytes in URL-safe base64, comma-separated"


def signing_keys() -> list[SigningKey]:
    """Return the keys to sign with, the current one first. Raises ImproperlyConfigured."""
    given = str(settings.SIGNING_KEY)
    if not given:
        raise ImproperlyConfigured(
            f"CONSENTADMIN_SIGNING_KEY is not set. Set {WHAT}, current first, or "
            "CONSENTADMIN_SIGNING_KEY_FILE to a file with it."
        )
    if not NAME.fullmatch(settings.ORIGIN):
        raise ImproperlyConfigured("CONSENTADMIN_ORIGIN must have neither blanks nor a plus sign.")
    try:
        return [
            SigningKey(settings.ORIGIN, base64.b64decode(part.strip(), b"-_", validate=True))
            for part in given.split(",")
        ]
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"CONSENTADMIN_SIGNING_KEY must be {WHAT}.") from None


def trusted_keys() -> Sequence[VerifierKey]:
    """Return the keys to believe: the pinned ones, else the public halves of those that sign here.

    None where this process has neither. Raises ImproperlyConfigured.
    """
    if settings.VERIFIER_KEYS:
        try:
            return [VerifierKey.parse(vkey) for vkey in settings.VERIFIER_KEYS]
        except BadNote as error:
            raise ImproperlyConfigured(f"CONSENTADMIN_VERIFIER_KEYS: {error}.") from None
    return [key.verifier for key in signing_keys()] if settings.SIGNING_KEY else []
