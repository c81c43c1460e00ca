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
from tests.browser.conftest import SitDown
from tests.browser.platform import Platform
from tests.fixtures.lies import error

REFUSED = error(401, "Token expired")


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


@pytest.mark.usefixtures("_sending_goes_on")
def test_sending_pauses_everybody_sees_it_and_an_administrator_resumes_it(
    platform: Platform, sit_down: SitDown, somebody: Person
) -> None:
    agent, admin = sit_down("agent"), sit_down("admin")
    agent.open(somebody)
    line = agent.line("3413")
    line.review("Consented")
    platform.liar.always(REFUSED)
    line.send()
    expect(line.progress).to_contain_text("Waiting: sending is paused.")
    for desk, paths in ((agent, ["/look-up"]), (sit_down("officer"), ["/trail", "/look-up"])):
        for path in [*paths, "/no-such-page"]:
            desk.go(path)
            expect(desk.page.locator("body")).to_contain_text("Sending to Retail EU is paused")
    platform.mend()
    agent.page.go_back()
    agent.page.go_back()
    expect(agent.page.locator("body")).to_contain_text("Sending to Retail EU is paused")
    admin.go("/datamarts")
    admin.page.get_by_text("Resume sending", exact=True).click()
    admin.page.get_by_role("button", name="Resume sending to Retail EU").click()
    expect(admin.page.get_by_role("row", name="Retail EU")).to_contain_text("Running")
    expect(admin.page.locator("body")).not_to_contain_text("is paused")
    expect(line.progress).to_contain_text("Confirmed after")
