"""The person's page: every choice in words, and why it stands."""

import pytest
from playwright.sync_api import expect

from consentadmin.sandbox.catalogue import PROCESSINGS
from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    LONG_LOG,
    MARIE,
    NESTED_PROFILE,
    NO_CHOICES,
    OLD_PROCESSINGS,
    TWO_PROFILES,
    UNKNOWN_IDENTIFIER,
)
from tests.browser.conftest import SitDown
from tests.browser.desk import Desk
from tests.browser.platform import MARIES_ADS

LIVE = [known for known in PROCESSINGS if known.id != ARCHIVED_PROCESSING]
MARIES_STATES = {
    "3401": ("Newsletter by e-mail", "Consented"),
    "3402": ("SMS offers", "Refused"),
    "3403": ("Ad personalisation", MARIES_ADS),
    "3405": ("Audience measurement", "Never asked"),
    "3406": ("Product recommendations", "Objected"),
    "3407": ("Fraud prevention", "No objection"),
    "3408": ("Order fulfilment", "Recorded: yes"),
}


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    """An agent's."""
    return sit_down("agent")


def test_each_choice_is_told_in_words_and_refused_from_withdrawn_by_itself(desk: Desk) -> None:
    desk.open(MARIE)
    with desk.staying():
        for processing, (name, state) in MARIES_STATES.items():
            expect(desk.line(processing).now).to_contain_text(name)
            expect(desk.line(processing).now).to_contain_text(state)


def test_a_time_is_told_with_the_viewers_zone(desk: Desk) -> None:
    desk.open(MARIE)
    expect(desk.line("3401").now.get_by_text("7 Nov 2019 14:46")).to_contain_text("CET")


def test_the_history_comes_when_asked_for_and_goes_again(desk: Desk) -> None:
    desk.open(MARIE)
    line = desk.line("3403")
    with desk.staying():
        line.now.get_by_role("link", name="History", exact=True).click()
        expect(line.history.get_by_role("row")).to_have_count(3)
        expect(line.history).to_contain_text("3 Mar 2021")
        line.history.get_by_role("link", name="Close").click()
        expect(line.history).to_be_empty()
        expect(line.now.get_by_role("link", name="History", exact=True)).to_be_focused()


def test_four_hundred_records_are_all_there_and_the_older_ones_folded(desk: Desk) -> None:
    desk.open(LONG_LOG)
    history = desk.line("3401").history
    desk.line("3401").now.get_by_role("link", name="History", exact=True).click()
    expect(history).to_contain_text("400 records")
    expect(history.locator("tbody tr")).to_have_count(400)
    expect(history.locator("tbody tr").last).to_be_hidden()
    history.get_by_text("Show the older records").click()
    expect(history.locator("tbody tr").last).to_be_visible()


def test_somebody_never_asked_has_every_processing_and_no_choice(desk: Desk) -> None:
    desk.open(NO_CHOICES)
    states = desk.page.locator("#section-choices article .now-state")
    expect(states).to_have_text(["Never asked"] * len(LIVE))
    expect(desk.line("3401").now.get_by_role("link", name="History", exact=True)).to_have_count(0)


def test_what_is_archived_or_deleted_is_flagged_and_still_told(desk: Desk) -> None:
    desk.open(OLD_PROCESSINGS)
    expect(desk.line("3414").now).to_contain_text("archived")
    expect(desk.line("3414").now).to_contain_text("No objection")
    expect(desk.line("3499").now).to_contain_text("Processing 3499")
    expect(desk.line("3499").now).to_contain_text("unknown to us")


def test_a_nested_profile_is_readable_to_the_last_value(desk: Desk) -> None:
    desk.open(NESTED_PROFILE)
    profiles = desk.page.locator("#section-profiles")
    for text in ("Údolní 12", "49.1951", "Eliška", "nuts", "39.5", "null", "nobody knows"):
        expect(profiles).to_contain_text(text)
    expect(profiles).not_to_contain_text("{")


def test_each_account_has_its_profile(desk: Desk) -> None:
    desk.open(TWO_PROFILES)
    names = desk.page.locator("#section-profiles").get_by_role("heading", level=3)
    expect(names).to_contain_text(["Customer accounts", "Loyalty programme"])


def test_an_identifier_nobody_documents_is_shown_all_the_same(desk: Desk) -> None:
    desk.open(UNKNOWN_IDENTIFIER)
    who = desk.page.locator("#section-identifiers")
    who.locator("summary").click()
    expect(who.get_by_text("3 120 558 204")).to_be_visible()


def test_what_staff_did_tells_of_the_look_up_and_the_reading(desk: Desk) -> None:
    desk.open(MARIE)
    did = desk.page.get_by_role("region", name="What staff did")
    expect(did.get_by_role("listitem").first).to_contain_text("You opened this person")
    expect(did).to_contain_text("You looked this person up")
