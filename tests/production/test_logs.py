"""What the processes write of a whole journey: whom it was about is not to be found in it."""

import json
import re
from typing import Any

import pytest

from consentadmin.sandbox.catalogue import ADS, SMS
from consentadmin.sandbox.people import MARIE
from tests.fixtures.liar import error, hang, reset
from tests.production.desk import Desk, changed, looked_up, signed_in
from tests.production.house import PROCESSES, House
from tests.production.servers import until

pytestmark = pytest.mark.xdist_group("production")

SAID = "Marie Lefevre of 12 needle street wrote that"
NOTE = "needle-note about her husband"
CUSTOM = {"custom-name": "needle-name", "custom-value": "needle-value"}
MISSED = "needle.missed@example.org"
PASSWORD = "needle password"


def known(house: House, handle: str) -> set[str]:
    """All that tells of Marie, of staff, or opens anything."""
    ids = {str(MARIE.point_id), *MARIE.agents, *(account for _, account in MARIE.accounts)}
    secrets = {file.read_text().strip() for file in house.secrets.iterdir()}
    told = {"needle", "lefevre", MISSED, handle, "agent@example.com", "demo-sandbox-token"}
    return {value.lower() for value in told | ids | secrets | {*MARIE.emails, *MARIE.email_hashes}}


def journey(house: House, desk: Desk) -> str:
    """Look up, fail to; change, be declined in personal words; read while it hangs. The page."""
    desk.send("/look-up", "/look-up", text=MISSED, datamart="1459", kind="", reason="call", case="")
    page = looked_up(desk)
    desk.get(page)
    house.platform.on("PUT", "/user_choices/", error(400, SAID), times=1)
    changed(desk, page, SMS, note=NOTE, accepted="true", **CUSTOM)
    until(lambda: "Declined" in desk.get(page))
    house.platform.on("PUT", "/user_choices/", reset(), times=1)
    changed(desk, page, ADS, note=NOTE)
    until(lambda: "Confirmed" in desk.get(page))
    house.platform.on("GET", "/user_profiles", hang(), times=1)
    desk.get(page)
    Desk(house).send("/sign-in", "/sign-in", login=MISSED, password=PASSWORD)
    desk.ask("GET", f"/person/{MARIE.point_id}")
    return page


def test_a_journey_leaves_nothing_of_a_person_in_any_log(house: House) -> None:
    page = journey(house, signed_in(house))
    handle = page.rpartition("/")[2]
    for process, log in house.logs().items():
        found = {value for value in known(house, handle) if value in log.lower()}
        assert not found, f"in the log of {process}"


def lines(house: House, process: str) -> list[dict[str, Any]]:
    """Return what a process has logged, each line read as JSON."""
    return [json.loads(line) for line in house.logs()[process].splitlines()]


def test_every_line_is_json(house: House) -> None:
    signed_in(house)
    for line in (line for process in PROCESSES for line in lines(house, process)):
        assert {"time", "level", "logger", "message", "request_id"} <= set(line)
        assert re.fullmatch(r"[\d-]{10}T[\d:.]{12}\+00:00", line["time"])


def test_a_change_can_be_followed_from_the_click_to_its_end(house: House) -> None:
    desk = signed_in(house)
    page = looked_up(desk)
    changed(desk, page, "3404", accepted="true")
    asked = [line for line in lines(house, "web") if line.get("route") == "change-choice"][-1]
    assert (asked["method"], asked["status"]) == ("POST", 302)
    assert asked["ms"] > 0

    def steps() -> list[str]:
        worked = lines(house, "worker") + lines(house, "sweeper")
        numbers = {line["change"] for line in worked if line["request_id"] == asked["request_id"]}
        return [line["message"] for line in worked if {line.get("change")} == numbers]

    until(lambda: "change.confirmed" in steps())
    assert steps() == ["change.sending", "change.sent", "change.confirmed"]
