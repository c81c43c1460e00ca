"""The picture in the README. To take it anew:

CONSENTADMIN_SCREENSHOTS=1 .venv/bin/python -m pytest tests/browser/test_picture.py
"""

import os
from pathlib import Path

from playwright.sync_api import expect

from consentadmin.local.table import ROOT
from consentadmin.sandbox.people import MARIE
from tests.browser.conftest import SitDown
from tests.browser.platform import MARIES_ADS


def test_it_is_taken_of_the_persons_page(sit_down: SitDown, tmp_path: Path) -> None:
    folder = ROOT / "docs/images" if os.environ.get("CONSENTADMIN_SCREENSHOTS") else tmp_path
    desk = sit_down("officer")
    desk.open(MARIE)
    expect(desk.line("3403").now).to_contain_text(MARIES_ADS)
    expect(desk.line("3402").now).to_contain_text("Refused")
    picture = desk.page.screenshot(path=folder / "person.png")
    assert picture.startswith(b"\x89PNG")
