"""The platform as the house sees it: a liar before the sandbox, at an address that stays."""

import os
import socket
import threading
import time
from dataclasses import replace
from datetime import datetime

import requests

from consentadmin.changes.rules import milliseconds
from consentadmin.local.claim import HOST, Port, Ports
from consentadmin.local.house import House
from consentadmin.local.table import Program, Table, Wiring
from consentadmin.sandbox.people import CUSTOMERS, DATAMART, Person
from tests.fixtures.liar import Liar

CONTRARY = os.environ.get("CONTRARY", "")
"""Set where all that nobody documents is turned round (`make journeys`)."""

MARIES_ADS = "Consented" if CONTRARY else "Withdrawn"
"""How Marie's choice on ads stands: her older record is current where older ones become so (S, §4).
"""


class Platform:
    """Answers truly unless told otherwise, and can be taken away and brought back."""

    def __init__(self, port: int, behind: str) -> None:
        self.port, self.behind = port, behind
        self.bring_back()

    def bring_back(self) -> None:
        """Listen (again), and tell the truth."""
        self.liar = Liar(socket.create_server((HOST, self.port), backlog=128))
        self.liar.otherwise_forward_to(self.behind)
        threading.Thread(target=self.liar.serve, daemon=True).start()

    def take_away(self) -> None:
        """Refuse every connection, as a host does on which nothing listens."""
        self.liar.stop()

    def mend(self) -> None:
        """Answer as if nothing had happened."""
        if self.liar.stopping.is_set():
            self.bring_back()
        self.liar.forget()


class BehindThePlatform(Table):
    """The house's programs, with the datamarts at the platform's address instead of the sandbox."""

    def __init__(self, port: int) -> None:
        self.port = port

    def seed(self, wiring: Wiring, *, is_first: bool) -> Program:
        ports = Ports(web=wiring.ports.web, sandbox=Port(self.port, "the platform's"))
        return super().seed(replace(wiring, ports=ports), is_first=is_first)


def give_choice(
    house: House, person: Person, processing: str, *, accepted: bool, at: datetime, **customs: str
) -> None:
    """Let the sandbox hold a choice, as a site or an app would have left it there."""
    point = f"user_points/user_point_id={person.point_id}"
    path = f"datamarts/{DATAMART}/{point}/user_choices/processing_id={processing}"
    record = {"$choice_ts": milliseconds(at), "$choice_acceptance_value": accepted}
    requests.put(
        f"{house.sandbox}/v1/{path}",
        json=record | customs,
        headers={"Authorization": house.wiring.keys.sandbox_token},
        timeout=10,
    ).raise_for_status()


def give_account(house: House, person: Person, account: str, *, at: datetime) -> None:
    """Let an account be the person's, by an activity as a site sends one; wait until it is so."""
    told = {
        "$type": "TOUCH",
        "$session_status": "NO_SESSION",
        "$ts": milliseconds(at),
        "$user_identifiers": [
            {"$type": "USER_ACCOUNT", "$compartment_id": CUSTOMERS, "$user_account_id": each}
            for each in (person.accounts[0][1], account)
        ],
        "$events": [],
    }
    headers = {"Authorization": house.wiring.keys.sandbox_token}
    base = f"{house.sandbox}/v1/datamarts/{DATAMART}"
    sent = requests.post(f"{base}/user_activities", json=told, headers=headers, timeout=10)
    sent.raise_for_status()
    point = f"{base}/user_points/user_point_id={person.point_id}/user_identifiers"
    for _ in range(200):
        rows = requests.get(f"{point}?max_results=100", headers=headers, timeout=10).json()["data"]
        if account in [row.get("user_account_id") for row in rows]:
            return
        time.sleep(0.05)
    raise AssertionError("the account was never the person's")
