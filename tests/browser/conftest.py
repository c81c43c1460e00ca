"""One house, one Chromium, and desks in it: a browser window with a member of staff signed in.

    def test_…(sit_down, platform): page = sit_down("agent"); platform.take_away(); …

All tests run in one xdist group, since they share the house. Each has people of its own to change;
the awkward people of the sandbox are only read.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from consentadmin.local.claim import HOST, Ports
from consentadmin.local.house import House
from consentadmin.sandbox.people import Person
from tests.browser.chromium import OPTIONS, Watch, find_chromium
from tests.browser.desk import Desk, sign_in
from tests.browser.platform import CONTRARY, BehindThePlatform, Platform

ZONE = "Europe/Paris"
HERE = Path(__file__).parent
# The pages of a test, where their pictures go, and where the house keeps its logs.
PAGES = pytest.StashKey[tuple[list[Page], Path, Path]]()
Reporting = Generator[None, pytest.TestReport, pytest.TestReport]
SitDown = Callable[..., Desk]
expect.set_options(timeout=15_000)
# Fast where a test waits for it, as in earnest where a slow machine could be taken for a fault.
TOLD = {
    "CONSENTADMIN_CHANGE_BACKOFF": "0.2",
    "CONSENTADMIN_CHANGE_BACKOFF_MOST": "1",
    "CONSENTADMIN_NOT_SEEN_AFTER": "10",
    "CONSENTADMIN_READ_DEADLINE": "4",
    "CONSENTADMIN_READ_TIMEOUT": "8",
    "CONSENTADMIN_CALL_DEADLINE": "10",
    "CONSENTADMIN_DATABASE_POOL": "8",
}

TOLD |= {"CONSENTADMIN_SANDBOX_CONTRARIAN": CONTRARY} if CONTRARY else {}


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this very hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Reporting:
    """Name, with a failure, a picture of every page that was open and where the logs are."""
    report = yield
    if report.when == "call" and report.failed and PAGES in item.stash:
        pages, folder, logs = item.stash[PAGES]
        for number, page in enumerate(pages):
            picture = folder / f"page-{number}.png"
            page.screenshot(path=picture, full_page=True)
            report.sections.append(("The page when it failed", f"{page.url}\n{picture}"))
        report.sections.append(("The house's logs", str(logs)))
    return report


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The one browser of the run."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def ports() -> Ports:
    """Where the house's web server and its sandbox listen."""
    return Ports.free()


@pytest.fixture(scope="package")
def shared_platform(ports: Ports) -> Iterator[Platform]:
    """What the house takes for the platform; there before the house is."""
    behind = f"http://{HOST}:{ports.sandbox.number}"
    platform = Platform(Ports.free().web.number, behind)
    yield platform
    platform.take_away()


@pytest.fixture(scope="package")
def house(
    tmp_path_factory: pytest.TempPathFactory, ports: Ports, shared_platform: Platform
) -> Iterator[House]:
    """Every process of consentadmin, in earnest."""
    house = House(
        var=tmp_path_factory.mktemp("house") / "var",
        ports=ports,
        durable=False,
        environment=TOLD,
        table=BehindThePlatform(shared_platform.port),
    )
    with house:
        yield house


@pytest.fixture(scope="package")
def sessions(chromium: Browser, house: House) -> dict[str, StorageState]:
    """Who is signed in: one sign-in a role, since too many are refused."""
    found = {}
    for account in house.accounts:
        with chromium.new_context(base_url=house.web, timezone_id=ZONE) as context:
            sign_in(context.new_page(), account)
            found[account["role"]] = context.storage_state()
    return found


@pytest.fixture(scope="package")
def ways() -> defaultdict[str | None, dict[Person, str]]:
    """The addresses of the people whom each role has looked up."""
    return defaultdict(dict)


@pytest.fixture
def platform(shared_platform: Platform) -> Iterator[Platform]:
    """What the house takes for the platform; it tells the truth again after the test."""
    yield shared_platform
    shared_platform.mend()


@pytest.fixture
def watch(house: House) -> Watch:
    """What sees every page of a test; `watch.forgive(…)` what the test breaks on purpose."""
    return Watch(house.web)


@pytest.fixture
def open_context(
    chromium: Browser, house: House, watch: Watch
) -> Iterator[Callable[..., BrowserContext]]:
    """Open browser contexts that are watched, and look at what the watch saw when all is done."""
    opened: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        wanted = {
            "base_url": house.web,
            "viewport": {"width": 1280, "height": 900},
            "timezone_id": ZONE,
            "reduced_motion": "reduce",
            "color_scheme": "light",
        }
        opened.append(chromium.new_context(**(wanted | options)))
        watch.over(opened[-1])
        return opened[-1]

    yield open_one
    for context in opened:
        context.close()
    assert watch.faults() == []


@pytest.fixture
def sit_down(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    house: House,
    open_context: Callable[..., BrowserContext],
    sessions: dict[str, StorageState],
    ways: defaultdict[str | None, dict[Person, str]],
) -> SitDown:
    """Give a desk: `sit_down("agent")`, `sit_down("officer", java_script_enabled=False)`."""
    pages: list[Page] = []
    request.node.stash[PAGES] = (pages, tmp_path, house.var / "log")

    def sit(role: str | None = None, **options: Any) -> Desk:
        state = {"storage_state": sessions[role]} if role else {}
        pages.append(open_context(**state, **options).new_page())
        return Desk(pages[-1], ways[role])

    return sit
