"""What every template keeps to (DESIGN §6; STYLE, Templates)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NAMES = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]

each = pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)


@each
def test_it_is_short_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 120


@each
def test_it_has_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\son[a-z]+=|\sstyle=|<style|hx-on|javascript:|js:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@each
def test_it_loads_nothing_from_another_host(path: Path) -> None:
    assert not re.search(r"(src|href|action)=[\"'](https?:)?//", path.read_text())


@each
def test_every_hx_sits_on_a_link_or_a_form_that_works_without_it(path: Path) -> None:
    for tag in re.findall(r"<(\w+)([^>]*\shx-(?:get|post)=[^>]*)>", path.read_text()):
        name, attributes = tag
        if name == "a":
            assert " href=" in attributes
        elif name == "form":
            assert " action=" in attributes
        else:
            assert name in {"input", "select", "button"}, f"{name} works by htmx alone"


@each
def test_its_words_can_be_translated(path: Path) -> None:
    text = path.read_text()
    for block in (
        r"{% block shape %}.*?{% endblock",
        r"<kbd>.*?</kbd>",
        r"{#.*?#}",
        r"{%\s*blocktrans.*?endblocktrans\w*\s*%}",
        r"<(script|pre)\b.*?</\1>",
        r"{%.*?%}",
        r"{{.*?}}",
        r"<[^>]*>",
        r"&\w+;",
    ):
        text = re.sub(block, " ", text, flags=re.DOTALL)
    allowed = {"consentadmin", "null", "true", "false", "s"}
    words = set(re.findall(r"[A-Za-z]{2,}", text)) - allowed
    assert not words, "these words are in no translate tag"
