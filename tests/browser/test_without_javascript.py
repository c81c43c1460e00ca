"""The main journey in a browser that runs no JavaScript."""

import time

import pytest
from playwright.sync_api import expect

from consentadmin.sandbox.people import MARIE, Person
from tests.browser.conftest import SitDown
from tests.browser.desk import Desk

PATIENCE = 30.0


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    """An agent's, without JavaScript."""
    return sit_down("agent", java_script_enabled=False)


def look_until(desk: Desk, text: str) -> None:
    """Follow "Look again", page by page, until it says so."""
    deadline = time.monotonic() + PATIENCE
    while text not in desk.page.get_by_role("main").inner_text():
        assert time.monotonic() < deadline, f"it never said {text!r}"
        desk.page.get_by_role("link", name="Look again").click()


def test_a_person_is_found_and_a_choice_changed_and_confirmed(desk: Desk, somebody: Person) -> None:
    desk.open(somebody)
    desk.line("3413").now.get_by_role("link", name="Change").or_(
        desk.line("3413").now.get_by_role("link", name="Record")
    ).click()
    line = desk.line("3413")
    line.fill("Consented", Note="By letter")
    line.work.get_by_role("button", name="Review").click()
    expect(line.work.get_by_role("heading", name="Will be sent")).to_be_visible()
    line.send()
    expect(desk.page.get_by_role("status")).to_contain_text("The change is queued")
    look_until(desk, "Confirmed after")
    back = desk.page.get_by_role("link", name="Back to the person")
    back.or_(desk.page.get_by_role("link", name="Read again")).first.click()  # it may be that quick
    expect(line.now).to_contain_text("Consented")
    line.now.get_by_role("link", name="History", exact=True).click()
    expect(desk.page.locator("tbody tr").first).to_contain_text("Consented")


def test_the_compartment_is_offered_without_being_asked_for(desk: Desk) -> None:
    desk.type_in("acc-914")
    desk.page.get_by_label("Compartment").select_option("Customer accounts")
    desk.ask()
    expect(desk.page.locator("#section-identifiers")).to_contain_text(str(MARIE.point_id))


def test_refused_and_withdrawn_are_told_on_a_page_of_their_own(desk: Desk) -> None:
    desk.open(MARIE)
    now = desk.line("3402").now
    expect(now).to_contain_text("Not consented")
    now.get_by_role("link", name="Read its history").click()
    expect(desk.line("3402").now).to_contain_text("Refused")


def test_errors_stand_at_their_fields_and_what_was_typed_is_kept(desk: Desk) -> None:
    desk.type_in("nobody@example.com")
    desk.ask(reason="")
    expect(desk.page.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    expect(desk.page.get_by_label("Anything that names")).to_have_value("nobody@example.com")
    expect(desk.page.get_by_label("Case reference")).to_have_value("C-0142")
