"""From the click to *confirmed*, in Chromium, on the embedded default."""

import shutil
import time
from collections.abc import Iterator

from playwright.sync_api import Page, sync_playwright

from bench.houses import house
from bench.measuring import Verdict, describe, percentile
from consentadmin.local.house import House
from consentadmin.sandbox.catalogue import NEWSLETTER
from consentadmin.sandbox.people import MARIE

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def measure(rounds: int) -> Iterator[Verdict]:
    """Measure as many changes of one choice, one after the other."""
    with house() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        _open(page, running)
        clicks = [_change(page, accept=bool(number % 2)) for number in range(rounds + 2)][2:]
        browser.close()
    describe("from the click to confirmed, as the browser shows it", clicks)
    yield Verdict("click to confirmed at 0 ms, p95", percentile(clicks, 95) * 1000, 1000, "ms")


def _open(page: Page, running: House) -> None:
    officer = next(a for a in running.accounts if a["role"] == "officer")
    page.goto(f"{running.web}/sign-in")
    page.fill("input[name=login]", officer["email"])
    page.fill("input[name=password]", officer["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/look-up")
    page.fill("input[name=text]", MARIE.emails[0])
    page.select_option("select[name=reason]", "check")
    page.get_by_role("button", name="Look up").click()
    page.wait_for_url("**/person/*")


def _change(page: Page, *, accept: bool) -> float:
    """Change the newsletter's choice, and return the seconds from Send to *Confirmed*."""
    page.reload()
    line = page.locator(f"#line-{NEWSLETTER}")
    line.get_by_role("link", name="Change").click()
    work = page.locator(f"#work-{NEWSLETTER}")
    work.locator(f"input[name=accepted][value={str(accept).lower()}]").check()
    work.locator("select[name=cause]").select_option("person-asked")
    work.get_by_role("button", name="Review").click()
    send = work.get_by_role("button", name="Send")
    send.wait_for()
    told = page.locator(f"#progress-{NEWSLETTER}")
    before = told.inner_text()
    began = time.perf_counter()
    send.click()
    while (now := told.inner_text()) == before or "Confirmed" not in now:
        page.wait_for_timeout(5)
    return time.perf_counter() - began
