"""Browsers without JavaScript (`client`) and with htmx (`htmx`), and a person's page to open."""

from typing import Any, Protocol

import pytest
from django.test import Client

from consentadmin.accounts.models import Staff
from consentadmin.datamarts.models import Datamart
from consentadmin.sandbox.people import MARIE, Person
from consentadmin.subjects.models import Handle
from tests import factories

HTMX = {"HX-Request": "true"}


@pytest.fixture
def marie(alice: Staff, datamart: Datamart) -> Handle:
    """Alice's handle on Marie."""
    return factories.handle(MARIE, alice, datamart)


@pytest.fixture
def lied_about(alice: Staff, lying_datamart: Datamart, somebody: Person) -> Handle:
    """Alice's handle on somebody, behind a server that lies where it is told to."""
    return factories.handle(somebody, alice, lying_datamart)


class Answered(Protocol):
    """A response of the test client, or of a view."""

    content: Any


def text(response: Answered) -> str:
    """Return what a response holds, as one line."""
    return " ".join(response.content.decode().split())


def asked(**fields: Any) -> dict[str, Any]:
    """The look-up's form as filled in for Marie; fields override."""
    return {
        "text": MARIE.emails[0],
        "datamart": "1459",
        "kind": "",
        "compartment": "1606",
        "reason": "call",
        "case": "C-0142",
        "note": "",
        **fields,
    }


def signed_in(client: Client, staff: Staff) -> Client:
    """The browser, with this member of staff signed in."""
    client.force_login(staff)
    return client
