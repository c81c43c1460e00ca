"""A process of ours is killed while a change is under way: it is confirmed all the same."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from consentadmin.local.errors import ChildDied
from consentadmin.local.house import House
from consentadmin.sandbox.people import Person
from tests.browser.chromium import Watch
from tests.browser.conftest import SitDown


@pytest.fixture
def mended(house: House) -> Iterator[House]:
    """The house, in which every process runs again after the test."""
    yield house
    for name in ("worker", "sweeper"):
        if name not in house.crew:
            house.restart(name)
    try:
        house.watch()
    except ChildDied:
        house.restart("valkey")


def test_a_change_asked_for_while_no_worker_lives_is_confirmed_when_one_does(
    mended: House, sit_down: SitDown, somebody: Person
) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.review("Consented")
    mended.kill("worker")
    line.send()
    expect(line.progress).to_contain_text("Queued.")
    mended.restart("worker")
    expect(line.progress).to_contain_text("Confirmed after", timeout=30_000)


def test_a_change_asked_for_while_the_broker_is_dead_is_carried_out_by_the_sweeper(
    mended: House, sit_down: SitDown, somebody: Person
) -> None:
    desk = sit_down("agent")
    desk.open(somebody)
    line = desk.line("3413")
    line.review("Consented")
    mended.kill("valkey")
    line.send()
    expect(line.progress).to_contain_text("Confirmed after", timeout=30_000)


def test_a_web_server_that_is_gone_is_told_where_the_page_stands(
    watch: Watch, sit_down: SitDown
) -> None:
    watch.forgive("ERR_CONNECTION_REFUSED", "htmx:sendError", "htmx:afterRequest")
    desk = sit_down("agent")
    desk.go("/look-up")
    desk.page.route("**/look-up/recognise", lambda route: route.abort("connectionrefused"))
    desk.type_in("acc-914")
    expect(desk.page.locator("#notice")).to_contain_text("The application did not answer.")
