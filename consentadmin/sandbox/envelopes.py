"""The platform's envelopes and pages (PLATFORM §1). Bodies come from the store as JSON text."""

from collections.abc import Sequence
from urllib.parse import parse_qs

from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import bad_request

DONE = b'{"status":"ok"}'


class Lines(bytes):
    """An answer that is no envelope: a file of one JSON value a line."""


def single(body: str) -> bytes:
    """Wrap one object."""
    return f'{{"status":"ok","data":{body}}}'.encode()


def stored(body: str, decisions: Decisions) -> bytes:
    """Answer a write with what is stored now, with nothing but "ok", or without a body (S)."""
    if not decisions.write_answers_a_body:
        return b""
    return single(body) if decisions.write_answers_with_data else DONE


def deleted(body: str, decisions: Decisions) -> bytes:
    """Answer a delete: "ok", and perhaps what was there (S)."""
    return single(body) if decisions.delete_answers_with_data else DONE


def listed(
    bodies: Sequence[str], *, first_result: int = 0, max_results: int, total: int | None = None
) -> bytes:
    """Wrap a list, or one page of it; only a paginated answer tells a `total`."""
    told = "" if total is None else f'"total":{total},'
    return (
        f'{{"status":"ok","count":{len(bodies)},"first_result":{first_result},'
        f'"max_results":{max_results},{told}"data":[{",".join(bodies)}]}}'
    ).encode()


def unpaged_unless_asked(bodies: Sequence[str], query: str, decisions: Decisions) -> bytes:
    """Wrap a list that comes whole, unless the query asks for a page of it (S)."""
    if decisions.lists_are_paged:
        return paged(bodies, arguments(query), decisions, default_size=decisions.page_size)
    if not query:
        return listed(bodies, max_results=max(decisions.told_max_results, len(bodies)))
    asked = arguments(query)
    if "first_result" not in asked and "max_results" not in asked:
        return listed(bodies, max_results=max(decisions.told_max_results, len(bodies)))
    return paged(bodies, asked, decisions, default_size=decisions.told_max_results)


def paged(
    bodies: Sequence[str], asked: dict[str, str], decisions: Decisions, *, default_size: int
) -> bytes:
    """Wrap the page that `first_result` and `max_results` ask for, with the `total`."""
    lenient = decisions.bad_page_is_ignored
    first = _number(asked, "first_result", default=0, least=0, lenient=lenient)
    size = _number(asked, "max_results", default=default_size, least=1, lenient=lenient)
    size = min(size, decisions.largest_page)
    page = bodies[first : first + size]
    return listed(page, first_result=first, max_results=size, total=len(bodies))


def arguments(query: str) -> dict[str, str]:
    """Return the query's arguments; of a repeated one, the last."""
    try:
        parsed = parse_qs(query, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:  # also a UnicodeDecodeError
        raise bad_request("The query string could not be read") from None
    return {name: values[-1] for name, values in parsed.items()}


def required(asked: dict[str, str], name: str) -> str:
    """Return an argument that the list can't do without."""
    if not asked.get(name):
        raise bad_request(f"{name} is mandatory")
    return asked[name]


def _number(asked: dict[str, str], name: str, *, default: int, least: int, lenient: bool) -> int:
    text = asked.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9) or int(text) < least:
        if lenient:
            return default
        raise bad_request(f"{name} must be a whole number from {least}")
    return int(text)
