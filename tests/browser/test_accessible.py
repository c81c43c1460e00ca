"""Every page passes axe in light and in dark, and fits a telephone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from consentadmin.sandbox.people import (
    MARIE,
    NESTED_PROFILE,
    OLD_PROCESSINGS,
    POINTLESS_DEVICE,
    THREE_EMAILS,
    UNKNOWN_IDENTIFIER,
    Person,
)
from tests.browser.axe import faults_of
from tests.browser.conftest import SitDown
from tests.browser.desk import Desk
from tests.browser.platform import Platform
from tests.fixtures.lies import error


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    """An agent's."""
    return sit_down("agent")


def test_signing_in(sit_down: SitDown) -> None:
    desk = sit_down()
    desk.go("/sign-in")
    assert faults_of(desk.page) == []
    desk.page.get_by_label("E-mail address").fill("nobody@example.com")
    desk.page.get_by_label("Password").fill("not the password")
    desk.page.get_by_role("button", name="Sign in").click()
    expect(desk.trouble).to_be_visible()
    assert faults_of(desk.page) == []


def test_signing_out(desk: Desk) -> None:
    desk.go("/sign-out")
    assert faults_of(desk.page) == []


def test_looking_up(platform: Platform, sit_down: SitDown) -> None:
    desk = sit_down("officer")
    desk.go("/look-up")
    assert faults_of(desk.page) == []
    expect(desk.type_in("acc-404")).to_contain_text("Account id")
    assert faults_of(desk.page) == []
    desk.ask(reason="")
    expect(desk.page.get_by_text("This field is required.")).to_be_visible()
    assert faults_of(desk.page) == []
    desk.ask()
    expect(desk.trouble).to_contain_text("Nobody answers to this.")
    assert faults_of(desk.page) == []
    platform.liar.always(error(500, "Our database is on fire"))
    desk.page.get_by_role("button", name="Look up").click()
    expect(desk.trouble).to_contain_text("Our database is on fire")
    assert faults_of(desk.page) == []


@pytest.mark.parametrize(
    "person",
    [MARIE, NESTED_PROFILE, POINTLESS_DEVICE, OLD_PROCESSINGS, THREE_EMAILS, UNKNOWN_IDENTIFIER],
    ids=lambda person: person.name.partition(" ")[0],
)
def test_a_person(desk: Desk, person: Person) -> None:
    desk.open(person)
    expect(desk.page.get_by_text("Read its history to tell")).to_have_count(0)
    expect(desk.page.locator("#timeline > .found, #timeline > .empty")).to_be_visible()
    for folded in desk.page.locator("main summary").all():
        folded.click()
    assert faults_of(desk.page) == []


def test_a_person_of_whom_nothing_can_be_read(platform: Platform, desk: Desk) -> None:
    desk.open(MARIE)
    platform.take_away()
    desk.page.reload()
    assert faults_of(desk.page) == []


def test_the_keys(desk: Desk) -> None:
    desk.open(MARIE)
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog")).to_be_visible()
    assert faults_of(desk.page) == []


def test_a_history(desk: Desk) -> None:
    desk.open(MARIE)
    line = desk.line("3404")
    link = line.now.get_by_role("link", name="History", exact=True)
    address = link.get_attribute("href")
    link.click()
    expect(line.history).to_contain_text("2 records")
    assert faults_of(desk.page) == []
    desk.go(str(address))
    assert faults_of(desk.page) == []


def test_a_change_from_form_to_confirmation(desk: Desk, somebody: Person) -> None:
    desk.open(somebody)
    line = desk.line("3413")
    line.open_form()
    assert faults_of(desk.page) == []
    line.fill("Consented", When="2050-01-01T10:00")
    line.work.get_by_role("button", name="Add a field").click()
    line.work.get_by_label("Name of the custom field").first.fill("$form")
    line.work.get_by_role("button", name="Review").click()
    expect(line.work.get_by_text("belong to the platform")).to_be_visible()
    assert faults_of(desk.page) == []
    line.work.get_by_label("When").fill("")
    line.work.get_by_label("Name of the custom field").first.fill("form")
    line.work.get_by_role("button", name="Review").click()
    line.work.get_by_text("The exact body").click()
    assert faults_of(desk.page) == []
    line.send()
    expect(line.progress).to_contain_text("Confirmed after")
    assert faults_of(desk.page) == []


@pytest.mark.parametrize("state", ["Waiting to be sent again.", "Declined by the platform."])
def test_a_change_in_trouble(platform: Platform, desk: Desk, somebody: Person, state: str) -> None:
    status = 400 if state.startswith("Declined") else 503
    platform.liar.on("PUT", "/user_choices/", error(status, "No such thing"))
    desk.open(somebody)
    line = desk.line("3413")
    line.change("Consented")
    expect(line.progress).to_contain_text(state)
    assert faults_of(desk.page) == []


def test_pages_that_only_a_browser_without_htmx_sees(desk: Desk, somebody: Person) -> None:
    desk.open(somebody)
    person = desk.page.url
    line = desk.line("3413")
    line.change("Consented")
    expect(line.progress).to_contain_text("Confirmed after")
    changes = sorted(url for url in _polled(desk) if "/changes/" in url)
    for address in [f"{person}/choices/3413", f"{person}/choices/3413/change", *changes[:1]]:
        desk.go(address)
        assert faults_of(desk.page) == []


def _polled(desk: Desk) -> Iterator[str]:
    """The addresses that the page asked for since it was loaded."""
    told = desk.page.evaluate("performance.getEntriesByType('resource').map((it) => it.name)")
    yield from told


def test_the_trail(sit_down: SitDown) -> None:
    desk = sit_down("officer")
    desk.open(MARIE)
    desk.go("/trail?outcome=done&action=looked-up&since=2000-01-01T00:00:00")
    assert faults_of(desk.page) == []
    desk.go("/trail")
    desk.page.locator("main summary").first.click()
    assert faults_of(desk.page) == []
    desk.go("/trail?since=2031-01-01T00:00:00&until=2030-01-01T00:00:00")
    assert faults_of(desk.page) == []
    desk.go("/trail?since=2050-01-01T00:00:00")
    assert faults_of(desk.page) == []


def test_the_datamarts(sit_down: SitDown) -> None:
    desk = sit_down("admin")
    desk.go("/datamarts")
    assert faults_of(desk.page) == []


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("auditor", "/look-up", 403),
        ("agent", "/person/somebody-elses", 404),
        ("agent", "/no-such-page", 404),
        (None, "/no-such-page", 404),
    ],
)
def test_a_refusal(sit_down: SitDown, role: str | None, path: str, status: int) -> None:
    desk = sit_down(role)
    assert desk.go(path).status == status
    assert faults_of(desk.page) == []
