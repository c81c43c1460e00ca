"""That a page with faults is not taken for one without."""

import pytest

from tests.browser.axe import faults_of
from tests.browser.conftest import SitDown

PAGES = {
    "light: image-alt": "<img src='data:,'>",
    "light: color-contrast": "<p style='color: #bbb; background: #fff'>pale</p>",
    "light: target-size": "<button style='font-size: 1px'>a</button><br>" * 2,
    "dark: color-contrast": (
        "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }</style>"
        "<p>dark on dark</p>"
    ),
    "390 px: too wide": "<main><p style='width: 500px'>wide</p></main>",
}


@pytest.mark.parametrize("fault", PAGES)
def test_a_fault_is_found(sit_down: SitDown, fault: str) -> None:
    page = sit_down().page
    page.set_content(f"<!doctype html><html lang='en'><title>A page</title>{PAGES[fault]}")
    assert any(found.startswith(fault) for found in faults_of(page)), faults_of(page)
