"""Finding a browser, and watching what its pages do."""

import re
import shutil
from dataclasses import dataclass, field
from urllib.parse import unquote

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Request

from consentadmin.sandbox.people import AWKWARD, MERGED_AWAY

INSTALL = "apt-get install -y --no-install-recommends chromium"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
]
# Playwright tells of a broken policy only where Chromium writes it to the console: make it sure.
TELL_OF_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
# Chromium writes each answer that is no success to the console; htmx does the same for some.
# Those are answers that pages show in words, and tests look at the words.
_ANSWERS = re.compile(
    r"Failed to load resource: the server responded with a status of (403|404|422|503)"
    r"|Response Status Error Code (403|404|503) from "
)


def find_chromium() -> str:
    """Return where Chromium is, or fail with the line that installs it."""
    found = shutil.which("chromium")
    if found is None:
        pytest.fail(f"The browser tests need Chromium. Install it with: {INSTALL}", pytrace=False)
    return found


def personal() -> set[str]:
    """Return every text that names one of the awkward people."""
    found = {MERGED_AWAY}
    for person in AWKWARD:
        found |= {*person.emails, *person.email_hashes, *person.agents, person.name}
        found |= {account for _, account in person.accounts}
        found |= {person.point_id} if person.point_id else set()
    return found - {"A device"}


@dataclass
class Watch:
    """What the pages of a browser context asked for and complained of."""

    origin: str
    urls: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Begin to watch a context."""
        context.add_init_script(TELL_OF_VIOLATIONS)
        context.on("request", self._note_request)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def forgive(self, *parts: str) -> None:
        """Take no offence at complaints that hold one of these."""
        self.forgiven += parts

    def _note_request(self, request: Request) -> None:
        self.urls.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _ANSWERS.match(message.text):
            self.complaints.append(message.text)

    def faults(self) -> list[str]:
        """What no page may do: break, ask another host, name a person in an address."""
        found = [it for it in self.complaints if not any(part in it for part in self.forgiven)]
        found += [url for url in self.urls if not url.startswith(f"{self.origin}/")]
        names = {"@", "acc-", *personal()}
        return found + [url for url in self.urls if any(name in unquote(url) for name in names)]
