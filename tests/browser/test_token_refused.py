"""When the platform refuses our API token: that is a person's work, and everybody is told."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from consentadmin.local.house import House
from consentadmin.local.table import ROOT, TOKEN_VARIABLE
from consentadmin.sandbox.people import DATAMART, MARIE, Person
from tests.browser.axe import faults_of
from tests.browser.conftest import SitDown
from tests.browser.desk import Desk
from tests.browser.platform import Platform
from tests.fixtures.lies import error

REFUSED = error(401, "Token expired")
PAUSED = "Sending to Retail EU is paused"


@pytest.fixture
def _sending_goes_on(house: House, platform: Platform) -> Iterator[None]:
    """Set the API token anew after the test, which ends a pause."""
    yield
    words = ["adddatamart", "--id", DATAMART, "--name", "Retail EU", "--token-env", TOKEN_VARIABLE]
    words += ["--api-url", f"http://127.0.0.1:{platform.port}"]
    told = {TOKEN_VARIABLE: house.wiring.keys.sandbox_token}
    subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=os.environ | house.wiring.environment | told,
        check=True,
        capture_output=True,
    )


def test_a_look_up_says_whose_work_it_is(platform: Platform, sit_down: SitDown) -> None:
    platform.liar.always(REFUSED)
    desk = sit_down("agent")
    desk.type_in(MARIE.emails[0])
    desk.ask()
    expect(desk.trouble).to_contain_text("The platform refuses our API token.")
    expect(desk.trouble).to_contain_text("An administrator must set a new one")
    expect(desk.page.get_by_label("Anything that names")).to_have_value(MARIE.emails[0])


@pytest.fixture
def waiting(
    _sending_goes_on: None, platform: Platform, sit_down: SitDown, somebody: Person
) -> Desk:
    """An agent's, at which a change waits because the platform refuses the API token."""
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.review("Consented")
    platform.liar.always(REFUSED)
    line.send()
    expect(line.progress).to_contain_text("Waiting: sending is paused.")
    return desk


def test_a_refused_token_pauses_sending_and_every_screen_says_so(
    waiting: Desk, sit_down: SitDown
) -> None:
    screens = {
        "agent": ["/look-up", waiting.page.url, f"{waiting.page.url}/choices/3413", "/nowhere"],
        "officer": ["/trail", "/look-up"],
        "auditor": ["/trail", "/look-up"],
        "admin": ["/datamarts"],
    }
    for role, paths in screens.items():
        desk = sit_down(role)
        for path in paths:
            desk.go(path)
            expect(desk.page.get_by_text(PAUSED)).to_be_visible()
    assert faults_of(desk.page) == []


def test_an_administrator_resumes_it_and_what_waited_is_confirmed_by_itself(
    waiting: Desk, platform: Platform, sit_down: SitDown
) -> None:
    platform.mend()
    admin = sit_down("admin")
    admin.go("/datamarts")
    admin.page.get_by_text("Resume sending", exact=True).click()
    with waiting.staying():
        admin.page.get_by_role("button", name="Resume sending to Retail EU").click()
        expect(admin.page.get_by_role("row", name="Retail EU")).to_contain_text("Running")
        expect(admin.page.get_by_text(PAUSED)).to_have_count(0)
        expect(waiting.line("3413").progress).to_contain_text("Confirmed after")
