"""Working by the keyboard."""

import pytest
from playwright.sync_api import expect

from consentadmin.sandbox.people import MARIE
from tests.browser.conftest import SitDown
from tests.browser.desk import Desk


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    """An agent's."""
    return sit_down("agent")


def test_a_slash_leads_to_the_look_up_from_anywhere(desk: Desk) -> None:
    desk.open(MARIE)
    desk.page.keyboard.press("/")
    box = desk.page.get_by_label("Anything that names the person")
    expect(box).to_be_focused()
    desk.page.get_by_role("heading", name="Look up a person").click()
    desk.page.keyboard.press("/")
    expect(box).to_be_focused()
    desk.page.keyboard.type("a/b?")
    expect(box).to_have_value("a/b?")


def test_a_question_mark_lists_the_keys_and_escape_closes_them(desk: Desk) -> None:
    desk.open(MARIE)
    keys = desk.page.get_by_role("dialog", name="Keys")
    desk.page.keyboard.press("?")
    expect(keys).to_be_visible()
    expect(keys).to_contain_text("Look a person up")
    desk.page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_keys_can_be_switched_off(desk: Desk) -> None:
    desk.open(MARIE)
    keys = desk.page.get_by_role("dialog", name="Keys")
    desk.page.get_by_role("button", name="Keys").click()
    keys.get_by_label("Use / and ? as keys").uncheck()
    keys.get_by_role("button", name="Close").click()
    desk.page.keyboard.press("?")
    desk.page.keyboard.press("/")
    expect(keys).to_be_hidden()
    assert "/person/" in desk.page.url


def test_escape_closes_a_form_in_which_nothing_was_typed(desk: Desk) -> None:
    desk.open(MARIE)
    line = desk.line("3405")
    line.open_form()
    desk.page.keyboard.press("Escape")
    expect(line.work).to_be_empty()
    expect(line.now.get_by_role("link", name="Record")).to_be_focused()
    line.open_form()
    line.fill("Objected")
    desk.page.keyboard.press("Escape")
    expect(line.work.get_by_label("Objected", exact=True)).to_be_checked()


def test_a_person_is_looked_up_and_a_choice_reviewed_without_a_mouse(desk: Desk) -> None:
    keyboard = desk.page.keyboard
    desk.go("/look-up")
    expect(desk.page.get_by_label("Anything that names the person")).to_be_focused()
    keyboard.type(MARIE.agents[0])
    desk.page.get_by_label("Reason").select_option("call")
    keyboard.press("Enter")
    desk.page.wait_for_url("**/person/*")
    line = desk.line("3405")
    line.now.get_by_role("link", name="Record").press("Enter")
    expect(line.work.get_by_role("heading")).to_be_focused()
    line.fill("Objected")
    line.work.get_by_label("When").press("Enter")
    expect(line.work.get_by_role("heading", name="Review the change")).to_be_focused()


def test_the_first_tab_offers_to_skip_to_the_content(desk: Desk) -> None:
    desk.open(MARIE)
    desk.page.keyboard.press("Tab")
    skip = desk.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
