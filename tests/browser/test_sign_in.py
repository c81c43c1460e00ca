"""Coming in and going out."""

from playwright.sync_api import expect

from consentadmin.local.house import House
from tests.browser.conftest import SitDown
from tests.browser.desk import sign_in


def test_signing_in_leads_on_to_the_page_that_was_asked_for(
    house: House, sit_down: SitDown
) -> None:
    desk, officer = sit_down(), house.accounts[1]
    desk.go("/trail")
    desk.page.get_by_label("E-mail address").fill(officer["email"])
    desk.page.get_by_label("Password").fill(officer["password"])
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("heading", name="Trail")).to_be_visible()


def test_a_wrong_password_is_told_and_the_address_kept(house: House, sit_down: SitDown) -> None:
    desk, agent = sit_down(), house.accounts[0]
    desk.go("/sign-in")
    desk.page.get_by_label("E-mail address").fill(agent["email"])
    desk.page.get_by_label("Password").fill("not the password")
    desk.page.get_by_role("button", name="Sign in").click()
    expect(desk.trouble).to_contain_text("not correct")
    expect(desk.page.get_by_label("E-mail address")).to_have_value(agent["email"])


def test_after_signing_out_nothing_is_shown_any_more(house: House, sit_down: SitDown) -> None:
    desk = sit_down()
    sign_in(desk.page, house.accounts[0])
    desk.page.get_by_role("button", name="Sign out").click()
    expect(desk.page.get_by_role("button", name="Sign in")).to_be_visible()
    desk.go("/look-up")
    expect(desk.page.get_by_label("Password")).to_be_visible()
