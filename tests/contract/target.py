"""A platform as a stranger meets it: a base URL, a token, a datamart. It knows no sandbox."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import requests

_T = TypeVar("_T")
_PATIENCE_S = 30.0
_MOST_PAGES = 200


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers, and the JSON; None where there is none."""

    status: int
    headers: Any
    json: Any

    @property
    def data(self) -> Any:
        """Return what the envelope of a 2xx holds."""
        assert 200 <= self.status < 300, f"{self.status}: {self.json}"
        return self.json["data"]


@dataclass
class Target:
    """Who is asked. `is_ordinary` says that the sandbox's own choices (S) hold, too."""

    base_url: str
    token: str
    datamart: str
    is_ordinary: bool
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Call a path under /v1 as it is written; the token unless `headers` are given."""
        options.setdefault("headers", {"Authorization": self.token})
        url = f"{self.base_url}/v1/{path}"
        answer = self.session.request(method, url, timeout=30, **options)
        is_json = "json" in answer.headers.get("Content-Type", "") and answer.content
        return Answer(answer.status_code, answer.headers, answer.json() if is_json else None)

    def get(self, path: str) -> Answer:
        """Read a path."""
        return self.call("GET", path)

    def all(self, path: str) -> list[Any]:
        """Read a list whole, whether or not it is paginated (PLATFORM §1)."""
        joint, found = "&" if "?" in path else "?", list[Any]()
        for _ in range(_MOST_PAGES):
            answer = self.get(f"{path}{joint}first_result={len(found)}&max_results=100")
            if answer.status == 404:
                return found  # whether "nothing" is a 404 or an empty list is nobody's promise
            found += answer.data
            told = answer.json
            if not told["data"] or len(found) >= told.get("total", 0) > 0:
                return found
            if told["count"] < told["max_results"] and "total" not in told:
                return found
        raise AssertionError("the list has no end")

    def in_datamart(self, path: str) -> str:
        """Return a path below the datamart."""
        return f"datamarts/{self.datamart}/{path}"

    def point(self, selector: str, document: str = "") -> str:
        """Return the path of a person, or of a document."""
        return self.in_datamart(f"user_points/{selector}{document and '/'}{document}")


def eventually(ask: Callable[[], _T]) -> _T:
    """Ask until the answer is something, since what is received is stored later (PLATFORM §6)."""
    deadline = time.monotonic() + _PATIENCE_S
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.03)
    assert found, f"it did not come within {_PATIENCE_S} s"
    return found


def encoded(value: object) -> str:
    """Percent-encode a value of a path (PLATFORM §2)."""
    return quote(str(value), safe="")


def one(data: Any) -> dict[str, Any]:
    """Take one choice, which may come as an object or as a list of one (PLATFORM §4)."""
    found: dict[str, Any] = data[0] if isinstance(data, list) else data
    return found
