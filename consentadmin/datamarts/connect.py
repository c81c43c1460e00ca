"""Building the client of a datamart: the one place where its API token is opened."""

from functools import lru_cache

from django.conf import settings

from consentadmin import vault
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.client import Client, Timeouts


def client_for(datamart: Datamart) -> Client:
    """Return the client of this datamart, pooled and kept for as long as its API token stands.

    Raises vault.BadSeal when the token was sealed by a key this installation no longer has.
    """
    return _client(datamart.api_url, bytes(datamart.token_sealed), datamart.token_context)


@lru_cache(maxsize=64)
def _client(api_url: str, token_sealed: bytes, context: str) -> Client:
    token = vault.field_keys().open(token_sealed, context=context).decode()
    timeouts = Timeouts(
        connect=settings.CONNECT_TIMEOUT, read=settings.READ_TIMEOUT, total=settings.CALL_DEADLINE
    )
    return Client(base_url=api_url, token=token, timeouts=timeouts, trust_env=settings.TRUST_ENV)
