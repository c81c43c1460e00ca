"""A role sees what it may, and is told in words what it may not."""

import pytest
from playwright.sync_api import expect

from consentadmin.sandbox.people import MARIE
from tests.browser.conftest import SitDown
from tests.browser.platform import MARIES_ADS


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_who_may_not_look_up_is_told_so_and_not_offered_it(sit_down: SitDown, role: str) -> None:
    desk = sit_down(role)
    response = desk.go("/look-up")
    assert response.status == 403
    expect(desk.page.get_by_role("main")).to_contain_text("You may not do this.")
    expect(desk.page.get_by_role("main")).to_contain_text("look up a person")
    links = desk.page.get_by_role("navigation").get_by_role("link", name="Look up")
    expect(links).to_have_count(0)


def test_the_addresses_of_a_person_are_of_no_use_to_another(sit_down: SitDown) -> None:
    agent, officer = sit_down("agent"), sit_down("officer")
    agent.open(MARIE)
    for path in ("", "/choices/3401", "/choices/3401/history", "/choices/3401/change"):
        assert officer.go(f"{agent.page.url}{path}").status == 404
        expect(officer.page.get_by_role("main")).to_contain_text("Look the person up again.")
        expect(officer.page.locator("body")).not_to_contain_text(str(MARIE.point_id)[:8])


@pytest.mark.parametrize(
    ("role", "heading"),
    [
        ("agent", "Look up a person"),
        ("officer", "Look up a person"),
        ("auditor", "Trail"),
        ("admin", "Datamarts"),
    ],
)
def test_each_role_is_led_to_its_own_work(sit_down: SitDown, role: str, heading: str) -> None:
    desk = sit_down(role)
    desk.go("/")
    expect(desk.page.get_by_role("heading", name=heading, level=1)).to_be_visible()


def test_a_session_that_ended_leads_to_the_sign_in_page_from_a_fragment_too(
    sit_down: SitDown,
) -> None:
    desk = sit_down("agent")
    desk.open(MARIE)
    expect(desk.line("3403").now).to_contain_text(MARIES_ADS)
    desk.page.context.clear_cookies()
    desk.line("3401").now.get_by_role("link", name="History", exact=True).click()
    expect(desk.page.get_by_label("Password")).to_be_visible()
