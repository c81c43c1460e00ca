"""JSON values, readable: objects nested, short lists in a line, long things folded.

In Python and not in templates that include themselves: a page may hold ten thousand fields.
"""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consentadmin.changes.profiles import MISSING, Path

DEEPEST = 12
"""How many levels are laid out; what lies deeper is shown as JSON."""

_MARKUP = re.compile("[&<>\"']")

LONGEST_TEXT, MOST_FIELDS, MOST_ELEMENTS = 240, 12, 12
"""What is shown at once; the rest is folded."""


def laid_out(value: Any) -> SafeString:  # noqa: ANN401  (any JSON value)
    """Return any JSON value as HTML, or the words for no value at all (profiles.MISSING)."""
    return mark_safe(_value(value, DEEPEST))  # noqa: S308  (every text in it is escaped below)


def path_words(path: Path) -> str:
    """Return a path of a profile, readable: "address / city". An empty one is all of it."""
    return " / ".join(path) if path else _("the whole profile")


def as_json(value: Any) -> str:  # noqa: ANN401  (any JSON value)
    """Return a value as indented JSON, for reading raw."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=dict)


def _value(value: Any, levels: int) -> str:  # noqa: ANN401  (any JSON value)
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, int | float):  # most fields: asked before the dear ones
        return f'<code class="scalar">{_scalar(value)}</code>'
    if isinstance(value, dict | Mapping):
        return _object(value, levels)
    if isinstance(value, list | tuple):
        return _list(value, levels)
    assert value is MISSING, "JSON has no other values"
    return _void(_("not there"))


def _scalar(value: object) -> str:
    """Return a scalar that is no text as JSON writes it."""
    if value is None:
        return "null"
    return repr(value) if not isinstance(value, bool) else "true" if value else "false"


def _escaped(text: str) -> str:
    """Return a text as HTML. Most need no escape, and are told so faster than they are escaped."""
    return escape(text) if _MARKUP.search(text) else text


def _void(words: str) -> str:
    return f'<span class="void">{escape(words)}</span>'


def _folded(summary: str, inside: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


def _text(value: str) -> str:
    if not value:
        return _void(_("empty text"))
    text = f'<span class="text">{_escaped(value)}</span>'
    if len(value) <= LONGEST_TEXT:
        return text
    return _folded(f"{value[:59]}…", text)


def _too_deep(value: Any) -> str:  # noqa: ANN401  (any JSON value)
    words = _("Nested too deep to be laid out: show it as JSON")
    return _folded(words, f'<pre tabindex="0">{escape(as_json(value))}</pre>')


def _object(value: Mapping[str, Any], levels: int) -> str:
    if not value:
        return _void(_("empty object"))
    if not levels:
        return _too_deep(value)
    fields = [
        f"<div><dt>{_escaped(name)}</dt><dd>{_value(inner, levels - 1)}</dd></div>"
        for name, inner in value.items()
    ]
    shown = f'<dl class="object">{"".join(fields[:MOST_FIELDS])}</dl>'
    more = len(fields) - MOST_FIELDS
    if more <= 0:
        return shown
    words = ngettext("%(more)d more field", "%(more)d more fields", more) % {"more": more}
    return shown + _folded(words, f'<dl class="object">{"".join(fields[MOST_FIELDS:])}</dl>')


def _list(value: Sequence[Any], levels: int) -> str:
    if not value:
        return _void(_("empty list"))
    if not levels:
        return _too_deep(value)
    is_flat = not any(isinstance(inner, dict | Mapping | list | tuple) for inner in value)
    elements = "".join(f"<li>{_value(inner, levels - 1)}</li>" for inner in value)
    kind, tag = ("inline-list", "ul") if is_flat else ("array", "ol")
    listed = f'<{tag} class="{kind}">{elements}</{tag}>'
    if len(value) <= MOST_ELEMENTS:
        return listed
    words = ngettext("%(count)d element", "%(count)d elements", len(value))
    return _folded(words % {"count": len(value)}, listed)
