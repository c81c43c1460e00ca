"""Profiles: the review of a draft of 1 MB, and the page of a person who has fifty large ones."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from bench.houses import Desk, house, platform
from bench.measuring import Verdict, describe, in_turn, median, ratio, seconds
from consentadmin.local.house import House
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import PointSelector
from consentadmin.sandbox.people import CUSTOMERS, DATAMART, MARIE, NO_CHOICES

MEGABYTE_OF_FIELDS = 35_000
PROFILES, FIELDS = 50, 200


def measure(rounds: int) -> Iterator[Verdict]:
    """Measure the review of a large draft, then the page with many profiles beside Marie's."""
    with house() as running:
        yield _many(running, rounds)
        yield _large(running, max(rounds // 2, 5))


def _many(running: House, rounds: int) -> Verdict:
    """The page of a person with 50 profiles of 200 fields, over a plain one."""
    for number in range(PROFILES):
        write(running, NO_CHOICES.point_id, f"many-{number}", fields(FIELDS))
    plain, many = Desk(running), Desk(running, NO_CHOICES)
    pages, large = in_turn(
        lambda: plain.get(plain.person), lambda: many.get(many.person), rounds=rounds
    )
    describe("the page of a person with one profile", pages)
    describe(f"with {PROFILES} profiles of {FIELDS} fields", large)
    taken = ratio(large, pages)
    return Verdict("page with 50 profiles of 200 fields, over a plain one", taken, 2, "x")


def _large(running: House, rounds: int) -> Verdict:
    """The review of one changed field in a profile of 1 MB, as JSON."""
    body = fields(MEGABYTE_OF_FIELDS)
    write(running, MARIE.point_id, MARIE.accounts[0][1], body)
    desk = Desk(running)
    page = desk.get(desk.person).text
    address = re.search(r'href="(/person/[^"]+/edit)"', page)
    assert address, "Marie's profile can be edited"
    where = f"{desk.web}{address[1]}"
    form = desk.get(where).text
    draft = json.dumps(body | {"field_7": "another value"}, ensure_ascii=False, indent=2)
    posted = {
        "csrfmiddlewaretoken": value_of(form, "csrfmiddlewaretoken"),
        "target": value_of(form, "target"),
        "view": "raw",
        "text": draft,
        "strategy": "",
        "cause": "correction",
        "note": "",
        "step": "review",
    }
    parts: Any = {name: (None, value) for name, value in posted.items()}

    def review() -> None:
        answer = desk.session.post(where, files=parts, headers={"HX-Request": "true"})
        assert "another value" in answer.text, answer.status_code

    review()
    took = [seconds(review) for _ in range(rounds)]
    describe(f"the review of a draft of {len(draft.encode()):,} bytes", took)
    return Verdict("review of a profile of 1 MB, p50", median(took) * 1000, 300, "ms")


def fields(count: int) -> dict[str, Any]:
    """Return so many fields, of several types."""
    kinds: list[Any] = [17, 0.25, True, None, "a text of some thirty characters"]
    return {f"field_{n}": kinds[n % len(kinds)] for n in range(count)}


def write(running: House, point: str | None, account: str, body: dict[str, Any]) -> None:
    """Write a profile past the application, as another tool would."""
    platform(running).put_profile(
        DATAMART,
        PointSelector(point or ""),
        CUSTOMERS,
        account,
        body,
        strategy=ProfileStrategy.FORCE_REPLACE,
    )


def value_of(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, "every form has one"
    return unescape(found[1])
