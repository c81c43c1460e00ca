"""When the platform can't be reached: it is said, nothing is lost, and it goes on by itself."""

import pytest
from playwright.sync_api import expect

from consentadmin.sandbox.people import MARIE, Person
from tests.browser.conftest import SitDown
from tests.browser.platform import MARIES_ADS, Platform
from tests.fixtures.lies import error

SECTIONS = {"identifiers": "Who", "choices": "Choices", "profiles": "Profiles"}


def test_a_look_up_says_so_and_keeps_what_was_typed(platform: Platform, sit_down: SitDown) -> None:
    desk = sit_down("agent")
    platform.take_away()
    desk.type_in(MARIE.emails[0])
    desk.ask()
    expect(desk.trouble).to_contain_text("The platform can't be reached.")
    expect(desk.page.get_by_label("Anything that names")).to_have_value(MARIE.emails[0])
    expect(desk.page.get_by_label("Case reference")).to_have_value("C-0142")
    platform.bring_back()
    desk.page.get_by_role("button", name="Look up").click()
    desk.page.wait_for_url("**/person/*")


def test_each_section_says_so_and_is_read_again_when_the_platform_is_back(
    platform: Platform, sit_down: SitDown
) -> None:
    desk = sit_down("agent")
    desk.open(MARIE)
    platform.take_away()
    desk.page.reload()
    parts = {name: desk.page.locator(f"#section-{name}") for name in SECTIONS}
    for part in parts.values():
        expect(part.get_by_role("alert")).to_contain_text("The platform can't be reached.")
    platform.bring_back()
    with desk.staying():
        for name, part in parts.items():
            part.get_by_role("link", name="Read this part again").click()
            expect(part.get_by_role("alert")).to_have_count(0)
            expect(part.get_by_role("heading", name=SECTIONS[name])).to_be_focused()
    expect(desk.line("3403").now).to_contain_text(MARIES_ADS)


@pytest.mark.parametrize(
    ("document", "section"),
    [("/user_choices", "choices"), ("/user_profiles", "profiles")],
)
def test_a_section_that_fails_leaves_the_others_standing(
    platform: Platform, sit_down: SitDown, document: str, section: str
) -> None:
    platform.liar.on("GET", document, error(500, "Our database is on fire"))
    desk = sit_down("agent")
    desk.open(MARIE)
    failed = desk.page.locator(f"#section-{section}")
    expect(failed.get_by_role("alert")).to_contain_text("The platform is busy or out of order.")
    expect(failed).to_contain_text("err-1")
    expect(desk.page.locator("#section-identifiers")).to_contain_text(str(MARIE.point_id))
    expect(desk.page.get_by_role("main").get_by_role("alert")).to_have_count(1)


def test_a_change_waits_says_why_and_is_confirmed_by_itself(
    platform: Platform, sit_down: SitDown, somebody: Person
) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.review("Consented")
    platform.take_away()
    with desk.staying():
        line.send()
        expect(line.progress).to_contain_text("Waiting to be sent again.")
        expect(line.progress).to_contain_text("could not be reached")
        platform.bring_back()
        expect(line.progress).to_contain_text("Confirmed after")
        expect(line.now).to_contain_text("Consented")


def test_a_form_that_can_not_be_opened_says_so_and_opens_when_the_platform_is_back(
    platform: Platform, sit_down: SitDown, somebody: Person
) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.open_form()
    line.fill("Consented", Note="By letter")
    platform.take_away()
    line.work.get_by_role("button", name="Review").click()
    expect(line.work.get_by_role("alert")).to_contain_text("can't be reached")
    platform.bring_back()
    line.work.get_by_role("button", name="Read the choice again").click()
    expect(line.work.get_by_label("Note")).to_have_value("By letter")
    expect(line.work.get_by_label("Consented", exact=True)).to_be_checked()
