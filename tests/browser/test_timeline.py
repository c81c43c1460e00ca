"""Reading a timeline, and recording an activity until the timeline shows it."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from consentadmin.local.house import House
from consentadmin.sandbox.catalogue import ADS, SHOP_SITE
from consentadmin.sandbox.people import ANALYZED, MARIE, POINTLESS_DEVICE, Person
from tests.browser.axe import faults_of
from tests.browser.conftest import SitDown
from tests.browser.desk import Desk
from tests.browser.platform import Platform, give_account
from tests.fixtures.lies import error


@pytest.fixture
def officer(sit_down: SitDown) -> Desk:
    """An officer's."""
    return sit_down("officer")


def activities(desk: Desk) -> Locator:
    return desk.page.locator("#timeline .activity")


def record(desk: Desk, person: Person) -> None:
    """Open the form on a person."""
    desk.open(person)
    desk.page.get_by_role("link", name="Record an activity").click()
    expect(desk.page.get_by_role("heading", name="Record an activity")).to_be_visible()


def send(desk: Desk) -> None:
    """Say why, review and send."""
    desk.page.get_by_label("Cause").select_option("correction")
    desk.page.get_by_role("button", name="Review").click()
    expect(desk.page.get_by_role("heading", name="Review the activity")).to_be_focused()
    desk.page.get_by_role("button", name="Send").click()
    desk.page.wait_for_url("**/changes/*")


def test_it_is_read_by_itself_and_opens_to_all_that_is_known(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    desk.open(MARIE)
    with desk.staying():
        first = activities(desk).first
        expect(first).to_be_visible()
        first.locator("summary").first.click()
        expect(first.get_by_text("Exact time")).to_be_visible()
        first.get_by_text("As JSON").click()
        expect(first.locator("pre")).to_contain_text('"$session_status"')


def test_more_brings_the_older_ones_and_the_focus_follows(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    desk.open(MARIE)
    expect(activities(desk)).to_have_count(15)
    with desk.staying():
        desk.page.get_by_role("link", name="Older activities").click()
        expect(activities(desk)).to_have_count(30)
        expect(desk.page.locator("#timeline [id^=older] h3").first).to_be_focused()
    assert faults_of(desk.page) == []


def test_filters_narrow_it_down_and_their_chips_take_them_off(sit_down: SitDown) -> None:
    desk = sit_down("agent")
    desk.open(MARIE)
    expect(activities(desk).first).to_be_visible()
    with desk.staying():
        desk.page.locator("#timeline").get_by_text("Filter", exact=True).click()
        desk.page.get_by_label("Type", exact=True).select_option("SITE_VISIT")
        desk.page.get_by_label("To", exact=True).fill("2019-11-07")
        desk.page.locator("#timeline").get_by_role("button", name="Show").click()
        expect(desk.page.locator(".day h3").first).to_contain_text("Thursday 7 November 2019")
        expect(desk.page.locator(".event-choice").first).to_contain_text("Consented")
        assert faults_of(desk.page) == []
        desk.page.get_by_role("link", name="Remove the filter To").click()
        expect(desk.page.get_by_text("To: 2019-11-07")).to_have_count(0)
        expect(desk.page.get_by_text("Type: Visit to a site")).to_be_visible()
        desk.page.get_by_role("link", name="Remove all filters").click()
        expect(desk.page.locator("#timeline .chips")).to_have_count(0)


def test_a_timeline_that_fails_says_so_and_is_read_again(
    platform: Platform, sit_down: SitDown
) -> None:
    platform.liar.on("GET", "/user_timelines/", error(500, "On fire"))
    desk = sit_down("agent")
    desk.open(MARIE)
    panel = desk.page.locator("#timeline")
    expect(panel.get_by_role("alert")).to_contain_text("The platform is busy or out of order.")
    expect(panel).to_contain_text("err-1")
    assert faults_of(desk.page) == []
    platform.mend()
    panel.get_by_role("link", name="Read the timeline again").click()
    expect(activities(desk).first).to_be_visible()


def test_its_own_page_works_without_javascript(sit_down: SitDown) -> None:
    desk = sit_down("agent", java_script_enabled=False)
    desk.open(MARIE)
    desk.page.get_by_role("link", name="Read the timeline").click()
    expect(activities(desk)).to_have_count(15)
    desk.page.get_by_role("link", name="Older activities").click()
    expect(activities(desk)).to_have_count(15)
    desk.page.get_by_role("link", name="Newest").click()
    expect(desk.page.get_by_role("link", name="Newest")).to_have_count(0)


def test_a_device_without_a_person_has_no_timeline(officer: Desk) -> None:
    officer.open(POINTLESS_DEVICE)
    expect(officer.page.locator("#timeline")).to_contain_text("has no timeline")
    expect(officer.page.get_by_role("link", name="Record an activity")).to_have_count(0)
    assert faults_of(officer.page) == []


def test_an_activity_with_a_choice_is_recorded_and_confirmed(
    officer: Desk, somebody: Person
) -> None:
    record(officer, somebody)
    officer.page.get_by_label("Type", exact=True).select_option("SITE_VISIT")
    officer.page.get_by_label("Site or app").select_option(SHOP_SITE)
    officer.page.get_by_label("Processing").select_option(ADS)
    officer.page.get_by_label("The person's choice").select_option("true")
    assert faults_of(officer.page) == []
    send(officer)
    expect(officer.page.locator("main")).to_contain_text("Confirmed after")
    assert faults_of(officer.page) == []
    officer.page.get_by_role("link", name="See the timeline").click()
    expect(activities(officer).first).to_contain_text("Ad personalisation: Consented")
    officer.page.get_by_role("link", name="Back to the person").click()
    expect(officer.line(ADS).now).to_contain_text("Consented")


def test_an_account_that_needs_encoding_is_looked_up_written_to_and_recorded_under(
    officer: Desk, house: House, somebody: Person
) -> None:
    account = f"Zoë {somebody.accounts[0][1]}|50% +&#?;:é"
    give_account(house, somebody, account, at=timezone.now())
    expect(officer.type_in(account)).to_have_text("It looks like: Account id.")
    officer.ask()
    officer.page.wait_for_url("**/person/*")
    expect(officer.page.locator("#section-identifiers")).to_contain_text(account)
    officer.line(ADS).change("Consented")
    expect(officer.line(ADS).progress).to_contain_text("Confirmed after")
    officer.page.get_by_role("link", name="Record an activity").click()
    for name in officer.page.locator("fieldset.names").get_by_role("checkbox").all():
        name.uncheck()
    officer.page.get_by_label(account).check()
    send(officer)
    expect(officer.page.locator("main")).to_contain_text("Confirmed after")
    officer.page.get_by_role("link", name="See the timeline").click()
    activities(officer).first.locator("summary").first.click()
    expect(activities(officer).first.locator(".activity-all")).to_contain_text(account)


def test_what_few_activities_have_is_recorded_and_told(officer: Desk, somebody: Person) -> None:
    record(officer, somebody)
    more = officer.page.get_by_text("More: lengths of time and other fields")
    more.click()
    officer.page.get_by_label("Time to live, in minutes").fill("43200")
    officer.page.get_by_label("Length of the session").fill("302")
    rest = officer.page.get_by_label("Other fields of the activity, as JSON")
    rest.fill('{"$location": [48, 2]}')
    officer.page.get_by_label("Cause").select_option("correction")
    officer.page.get_by_role("button", name="Review").click()
    expect(officer.page.get_by_text("$location is an object.")).to_be_visible()
    assert faults_of(officer.page) == []
    rest.fill('{"$location": {"$country": "FR"}, "till": 4}')
    send(officer)
    expect(officer.page.locator("main")).to_contain_text("Confirmed after")
    officer.page.get_by_role("link", name="See the timeline").click()
    activities(officer).first.locator("summary").first.click()
    told = activities(officer).first.locator(".activity-all")
    expect(told).to_contain_text("Where the person was")
    expect(told).to_contain_text("43200")
    assert faults_of(officer.page) == []


def test_what_an_analyzer_drops_ends_as_not_seen_and_is_explained(officer: Desk) -> None:
    record(officer, ANALYZED)
    officer.page.get_by_label("Processing").select_option(ADS)
    officer.page.get_by_label("The person's choice").select_option("true")
    events = officer.page.get_by_role("group", name=re.compile("Other events"))
    events.get_by_label("Name of the event").fill("shown")
    send(officer)
    main = officer.page.locator("main")
    expect(main).to_contain_text("one of its events was dropped", timeout=30_000)
    expect(main).to_contain_text("an activity analyzer of this datamart takes such events out")
    assert faults_of(officer.page) == []


def test_what_is_wrong_is_marked_and_what_was_typed_stays(officer: Desk, somebody: Person) -> None:
    record(officer, somebody)
    events = officer.page.get_by_role("group", name=re.compile("Other events"))
    events.get_by_label("Name of the event").fill("shown")
    events.get_by_label("Properties of the event").fill('{"a": 1,}')
    officer.page.get_by_label("Cause").select_option("correction")
    officer.page.get_by_role("button", name="Review").click()
    expect(events.get_by_text("Line 1, column 9")).to_be_visible()
    expect(events.get_by_label("Properties of the event")).to_have_value('{"a": 1,}')
    assert faults_of(officer.page) == []
    events.get_by_label("Properties of the event").fill('{"a": 1}')
    officer.page.get_by_role("button", name="Review").click()
    officer.page.get_by_text("The exact request").click()
    expect(officer.page.locator("pre")).to_contain_text('"$event_name": "shown"')
    assert faults_of(officer.page) == []


def test_a_choice_can_go_as_an_event(sit_down: SitDown, somebody: Person) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.open_form()
    line.fill("Consented")
    line.work.get_by_text("More: how it is recorded").click()
    line.work.get_by_label("As an event in the timeline.").check()
    assert faults_of(desk.page) == []
    line.work.get_by_role("button", name="Review").click()
    expect(line.work).to_contain_text("As an event in the timeline, which names the person by")
    line.send()
    expect(line.progress).to_contain_text("Confirmed after")
    expect(line.now).to_contain_text("Consented")


def test_the_referentials_are_read_again_on_request(sit_down: SitDown) -> None:
    desk = sit_down("admin")
    desk.go("/datamarts")
    desk.page.get_by_role("link", name="Referentials of Retail EU").click()
    expect(desk.page.get_by_role("row", name="Newsletter by e-mail")).to_be_visible()
    assert faults_of(desk.page) == []
    with desk.staying():
        desk.page.get_by_role("button", name="Read again now").click()
        expect(desk.page.get_by_text("The reading you asked for has ended.")).to_be_visible()
    assert faults_of(desk.page) == []
