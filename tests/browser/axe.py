"""Looking a page over: axe in light and in dark, and the width of a telephone."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

# By default axe leaves this rule of WCAG 2.2 AA out.
ALL_RULES = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
# What can differ from one colour scheme to the other.
COLOUR_RULES = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
# What can differ on a narrow screen.
LAYOUT_RULES = {
    "rules": {"target-size": {"enabled": True}},
    "runOnly": {
        "type": "rule",
        "values": ["target-size", "color-contrast", "scrollable-region-focusable"],
    },
    "resultTypes": ["violations"],
}
TELEPHONE: ViewportSize = {"width": 390, "height": 844}


def faults_of(page: Page) -> list[str]:
    """Return what is wrong with a page as it stands: each rule, with what breaks it."""
    page.evaluate(AXE_SCRIPT)
    found = [f"light: {it}" for it in _violations(page, ALL_RULES)]
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {it}" for it in _violations(page, COLOUR_RULES)]
    page.emulate_media(color_scheme="light")
    return found + _on_a_telephone(page)


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    told = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{rule['id']} at {', '.join(str(node['target']) for node in rule['nodes'])}"
        for rule in told["violations"]
    ]


def _on_a_telephone(page: Page) -> list[str]:
    """Return what is wrong where it is narrow, above all what juts out."""
    before = page.viewport_size
    page.set_viewport_size(TELEPHONE)
    wide, targets = page.evaluate(
        """() => [document.scrollingElement.scrollWidth > innerWidth,
          [...document.querySelectorAll("main *, header *, footer *")]
            .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map((it) => it.outerHTML.slice(0, 80))]"""
    )
    found = _violations(page, LAYOUT_RULES)
    if before:
        page.set_viewport_size(before)
    return [f"390 px: {it}" for it in found] + ([f"390 px: too wide: {targets}"] if wide else [])
