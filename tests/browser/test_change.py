"""Changing a choice, until the platform shows it."""

import re
import threading
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from consentadmin.local.house import House
from consentadmin.sandbox.people import Person
from tests.browser.conftest import SitDown
from tests.browser.platform import Platform, give_choice
from tests.fixtures.lies import Answer, Conversation, error, forward

NOW = datetime.now(UTC)


def held_until(released: threading.Event) -> Answer:
    """The truth, but not before it is released."""

    def answer(talk: Conversation) -> bool:
        released.wait(7)
        return forward(talk)

    return answer


def test_a_change_is_reviewed_sent_and_confirmed_without_leaving_the_page(
    house: House, platform: Platform, sit_down: SitDown, somebody: Person
) -> None:
    give_choice(house, somebody, "3401", accepted=True, at=NOW - timedelta(hours=2), form="form-12")
    desk, released = sit_down("agent"), threading.Event()
    platform.liar.on("PUT", "processing_id=3401", held_until(released))
    desk.open(somebody)
    line = desk.line("3401")
    with desk.staying():
        line.review("Not consented", Note="She said so on the phone")
        expect(line.work).to_contain_text("form-12")
        line.send()
        expect(line.progress).to_contain_text(re.compile("Queued|Being sent"))
        expect(line.progress).to_contain_text("Being sent")
        expect(line.now).to_contain_text("Consented")
        released.set()
        expect(line.progress).to_contain_text("Confirmed after")
        expect(line.now).to_contain_text("Withdrawn")
        expect(line.work).to_be_empty()


def test_the_history_and_the_trail_then_tell_of_it(sit_down: SitDown, somebody: Person) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.change("Consented")
    expect(line.progress).to_contain_text("Confirmed after")
    line.now.get_by_role("link", name="History", exact=True).click()
    expect(line.history.locator("tbody tr").first).to_contain_text("Consented")
    line.history.get_by_role("link", name="Close").click()
    officer = sit_down("officer")
    officer.go("/trail")
    officer.page.get_by_label("with this identifier").fill(somebody.accounts[0][1])
    officer.page.get_by_role("button", name="Find the person's entries").click()
    entries = officer.page.get_by_role("list", name="Entries").locator("> li")
    told = ["shows “Consented”", "accepted “Consented”", "began to send", "asked to record"]
    steps = entries.filter(has_text=re.compile("“Consented” for Offers near a shop"))
    expect(steps).to_contain_text(told)
    expect(steps.last).to_contain_text("C-0142")


def test_an_open_history_is_read_again_when_a_change_is_confirmed(
    house: House, sit_down: SitDown, somebody: Person
) -> None:
    give_choice(house, somebody, "3404", accepted=True, at=NOW - timedelta(hours=2))
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3404")
    line.now.get_by_role("link", name="History", exact=True).click()
    rows = line.history.locator("tbody tr")
    expect(rows.first).to_be_visible()
    before = rows.count()
    line.change("Not consented")
    expect(line.progress).to_contain_text("Confirmed after")
    expect(rows).to_have_count(before + 1)


def test_custom_fields_go_out_with_the_choice(sit_down: SitDown, somebody: Person) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.open_form()
    line.fill("Not consented")
    line.work.get_by_label("Name of the custom field").first.fill("form")
    line.work.get_by_label("Value of the custom field").first.fill("letter of 3 May")
    line.work.get_by_role("button", name="Review").click()
    line.work.get_by_text("The exact body").click()
    expect(line.work.locator("pre")).to_contain_text('"form": "letter of 3 May"')
    line.send()
    expect(line.progress).to_contain_text("Confirmed after")
    expect(line.now).to_contain_text("letter of 3 May")


def test_what_was_typed_is_still_there_on_the_way_back(sit_down: SitDown, somebody: Person) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.review("Consented", Note="By letter")
    line.work.get_by_role("button", name="Back").click()
    expect(line.work.get_by_label("Note")).to_have_value("By letter")
    expect(line.work.get_by_label("Consented", exact=True)).to_be_checked()


def test_what_the_platform_declines_is_told_in_its_words_and_nothing_is_lost(
    platform: Platform, sit_down: SitDown, somebody: Person
) -> None:
    platform.liar.on(
        "PUT", "/user_choices/", error(400, "This field is not in the schema"), times=1
    )
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.change("Consented")
    expect(line.progress).to_contain_text("Declined by the platform.")
    expect(line.progress).to_contain_text("This field is not in the schema")
    expect(line.progress).to_contain_text("err-1")
    desk.page.reload()
    expect(line.progress).to_contain_text("This field is not in the schema")
    line.change("Consented")
    expect(line.progress).to_contain_text("Confirmed after")


def test_a_change_that_waits_can_be_taken_back(
    platform: Platform, sit_down: SitDown, somebody: Person
) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.review("Consented")
    platform.take_away()
    line.send()
    expect(line.progress).to_contain_text("Waiting to be sent again")
    line.progress.get_by_role("button", name="Cancel the change").click()
    expect(line.progress).to_contain_text("Cancelled.")


def test_a_change_stops_where_something_else_has_come_in_between(
    house: House, sit_down: SitDown, somebody: Person
) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.review("Consented")
    give_choice(house, somebody, "3413", accepted=False, at=datetime.now(UTC))
    line.send()
    expect(line.progress).to_contain_text("Stopped: something else is there by now.")
    expect(line.progress).to_contain_text("There now")


def test_a_withdrawal_is_not_held_up_by_what_came_in_between(
    house: House, sit_down: SitDown, somebody: Person
) -> None:
    give_choice(house, somebody, "3413", accepted=False, at=NOW - timedelta(hours=2))
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.review("Not consented")
    give_choice(house, somebody, "3413", accepted=True, at=NOW - timedelta(hours=1))
    line.send()
    expect(line.progress).to_contain_text("Confirmed after")
    expect(line.progress).to_contain_text("A withdrawal is never held up")


def test_a_second_change_of_a_choice_waits_for_the_first_and_keeps_what_was_typed(
    platform: Platform, sit_down: SitDown, somebody: Person
) -> None:
    first, second = sit_down("agent"), sit_down("officer")
    for desk in (first, second):
        desk.open(somebody)
        desk.line("3413").review("Consented", Note="By letter")
    released = threading.Event()
    platform.liar.on("PUT", "/user_choices/", held_until(released))
    first.line("3413").send()
    expect(first.line("3413").progress).to_contain_text("Being sent")
    line = second.line("3413")
    line.send()
    expect(line.work.get_by_role("alert")).to_contain_text("Nothing was sent.")
    released.set()
    line.work.get_by_role("button", name="Back to what you typed").click()
    expect(line.work.get_by_label("Note")).to_have_value("By letter")
    expect(first.line("3413").progress).to_contain_text("Confirmed after")
