"""Every address says who may enter, and none tells of a person."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve

from consentadmin.accounts.permissions import Permission
from consentadmin.datamarts.models import Datamart

SAMPLES = {
    "handle": "h",
    "processing": "1",
    "platform_id": "1459",
    "key": "0" * 32,
    "token": "t",
}
PUBLIC = {"account_login", "account_logout", "health", "live", "ready", "metrics"}


def patterns() -> list[URLPattern]:
    resolvers = get_resolver().url_patterns
    return [
        found for resolver in resolvers for found in getattr(resolver, "url_patterns", [resolver])
    ]


@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: str(pattern.name))
def test_a_view_says_what_it_requires(pattern: URLPattern) -> None:
    required = getattr(pattern.callback, "required", "nothing said")
    if pattern.name in PUBLIC:
        assert required is None
    else:
        assert isinstance(required, Permission)


@pytest.mark.parametrize(
    "pattern",
    [p for p in patterns() if p.name not in PUBLIC],
    ids=lambda pattern: str(pattern.name),
)
def test_nobody_enters_without_signing_in(
    client: Client, datamart: Datamart, pattern: URLPattern
) -> None:
    path = "/" + str(pattern.pattern)
    for part, value in SAMPLES.items():
        path = re.sub(rf"<\w+:{part}>", value, path)
    path = path.replace("<int:pk>", "1")
    assert resolve(path)
    for ask in (client.get, client.post):
        response = ask(path)
        assert response.status_code in {302, 405}
        assert response.status_code == 405 or "/sign-in" in response["Location"]


def test_an_address_about_a_person_holds_a_handle_and_no_identifier() -> None:
    parts = {part for pattern in patterns() for part in pattern.pattern.converters}
    assert parts <= {*SAMPLES, "pk"}
