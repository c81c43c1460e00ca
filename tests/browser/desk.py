"""A member of staff at work: the steps that journeys are made of."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, Response, expect

from consentadmin.sandbox.people import Person


def sign_in(page: Page, account: Mapping[str, str]) -> None:
    """Sign in, and wait until that leads somewhere."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(account["email"])
    page.get_by_label("Password").fill(account["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def name_of(person: Person) -> str:
    """What to type for a person of the sandbox."""
    return person.emails[0] if person.emails else person.point_id or person.agents[0]


@dataclass
class Desk:
    """A browser window and what staff do in it."""

    page: Page
    ways: dict[Person, str] = field(default_factory=dict)

    def go(self, path: str) -> Response:
        """Open an address of the house."""
        response = self.page.goto(path)
        assert response, "every address of the house answers"
        return response

    def type_in(self, text: str) -> Locator:
        """Type what names a person into the look-up; return where it says what it looks like."""
        if not self.page.url.endswith("/look-up"):
            self.go("/look-up")
        self.page.get_by_label("Anything that names the person").fill(text)
        return self.page.locator("#recognised-words")

    def ask(self, reason: str = "call") -> None:
        """Say why, and press the button."""
        self.page.get_by_label("Reason").select_option(reason)
        self.page.get_by_label("Case reference").fill("C-0142")
        self.page.get_by_role("button", name="Look up").click()

    def open(self, person: Person) -> None:
        """Look a person up, or go back to a look-up of an earlier test, which is quicker."""
        if way := self.ways.get(person):
            self.go(way)
            return
        self.type_in(name_of(person))
        self.ask()
        self.page.wait_for_url("**/person/*")
        self.ways[person] = self.page.url

    def line(self, processing: str) -> "Line":
        """The line of a choice on the person's page."""
        return Line(self.page, processing)

    @property
    def trouble(self) -> Locator:
        """Where the page says what went wrong."""
        return self.page.get_by_role("main").get_by_role("alert")

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Assert that no page is loaded anew while the block lasts."""
        seen: list[str] = []
        self.page.on("framenavigated", lambda frame: seen.append(frame.url))
        yield
        assert not seen, f"the browser went to {seen}"


@dataclass
class Line:
    """One choice of a person, and what is done with it."""

    page: Page
    processing: str

    def _at(self, part: str) -> Locator:
        return self.page.locator(f"#{part}-{self.processing}")

    @property
    def now(self) -> Locator:
        """How the choice stands."""
        return self._at("now")

    @property
    def work(self) -> Locator:
        """Where the form and the review open."""
        return self._at("work")

    @property
    def progress(self) -> Locator:
        """How the last change fares."""
        return self._at("progress")

    @property
    def history(self) -> Locator:
        """The change log."""
        return self._at("history")

    def open_form(self) -> None:
        """Open the form of a change."""
        self.now.get_by_role("link", name="Change").or_(
            self.now.get_by_role("link", name="Record")
        ).click()
        expect(self.work.get_by_role("button", name="Review")).to_be_visible()

    def fill(self, value: str, **typed: Any) -> None:
        """Fill the form in: the value in words, and other fields by name."""
        self.work.get_by_label(value, exact=True).check()
        self.work.get_by_label("Cause").select_option(typed.pop("cause", "person-asked"))
        for label, text in typed.items():
            self.work.get_by_label(label.replace("_", " ")).fill(text)

    def review(self, value: str, **typed: Any) -> None:
        """Bring a change up to its review."""
        self.open_form()
        self.fill(value, **typed)
        self.work.get_by_role("button", name="Review").click()
        expect(self.work.get_by_role("heading", name="Will be sent")).to_be_visible()

    def send(self) -> None:
        """Send what was reviewed."""
        self.work.get_by_role("button", name="Send").click()

    def change(self, value: str, **typed: Any) -> None:
        """Ask for a change, all steps of it."""
        self.review(value, **typed)
        self.send()
