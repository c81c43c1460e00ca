"""A house to measure in: all processes of `make run`, on free ports, with a member of staff in."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from consentadmin.local.claim import Ports
from consentadmin.local.house import House
from consentadmin.mediarithmics.client import Client
from consentadmin.sandbox.people import DATAMART, MARIE, Person


@contextmanager
def house(latency: int = 0) -> Iterator[House]:
    """Run a house whose sandbox takes so many milliseconds over each call."""
    with tempfile.TemporaryDirectory(prefix="consentadmin-bench-") as var:
        slow = {"CONSENTADMIN_SANDBOX_LATENCY": str(latency)} if latency else {}
        with House(var=Path(var), ports=Ports.free(), environment=slow) as running:
            yield running


def platform(running: House) -> Client:
    """Return a client of the house's sandbox, as the app has it."""
    return Client(base_url=running.sandbox, token=running.wiring.keys.sandbox_token)


class Desk:
    """A browser without a screen: signed in, with a person's page open."""

    def __init__(self, running: House, person: Person = MARIE) -> None:
        self.web, self.session = running.web, requests.Session()
        officer = next(a for a in running.accounts if a["role"] == "officer")
        self.post("/sign-in", login=officer["email"], password=officer["password"])
        found = self.post(
            "/look-up",
            text=person.accounts[0][1],
            datamart=DATAMART,
            kind="",
            compartment=person.accounts[0][0],
            reason="check",
            case="",
            note="",
        )
        self.person = found.url
        assert "/person/" in self.person, "they live in the sandbox"

    def get(self, address: str) -> requests.Response:
        """Open a page."""
        answer = self.session.get(address)
        answer.raise_for_status()
        return answer

    def post(self, path: str, **fields: str) -> requests.Response:
        """Fill in the form of a page."""
        page = self.get(f"{self.web}{path}").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, "every form has one"
        answer = self.session.post(f"{self.web}{path}", {**fields, "csrfmiddlewaretoken": token[1]})
        answer.raise_for_status()
        return answer
