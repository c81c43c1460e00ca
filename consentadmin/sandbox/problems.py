"""Refusals and faults as the platform words them (PLATFORM §1)."""

import json
from http import HTTPStatus
from uuid import uuid4

JSON = (b"content-type", b"application/json;charset=utf-8")


class Problem(Exception):
    """An answer other than 200: its HTTP status, a sentence, and perhaps an error code."""

    def __init__(
        self, status: int, sentence: str, code: str | None = None, allow: str | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.code = code
        self.allow = allow

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the answer, but for its length."""
        return [JSON, (b"allow", self.allow.encode())] if self.allow else [JSON]

    def envelope(self) -> bytes:
        """Return the platform's error envelope, with a new `error_id`."""
        fields = {"status": "error", "error": self.sentence, "error_id": str(uuid4())}
        if self.code:
            fields["error_code"] = self.code
        return json.dumps(fields).encode()


class Outage(Problem):
    """A fault: the platform fails, in its envelope or as HTML, and may say when to come again."""

    def __init__(
        self, status: int, *, is_html: bool = False, retry_after: str | None = None
    ) -> None:
        known = {each.value: each.phrase for each in HTTPStatus}
        sentence = known.get(status, "Unknown")
        super().__init__(status, sentence, sentence.upper().replace(" ", "_"))
        self._is_html = is_html
        self._retry_after = retry_after

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the answer, but for its length."""
        kind = (b"content-type", b"text/html;charset=utf-8") if self._is_html else JSON
        if self._retry_after is None:
            return [kind]
        return [kind, (b"retry-after", self._retry_after.encode())]

    def envelope(self) -> bytes:
        """Return the error envelope, or a page as a proxy in front of the platform makes it."""
        if not self._is_html:
            return super().envelope()
        told = f"{self.status} {self.sentence}"
        return f"<html><head><title>{told}</title></head><body>{told}</body></html>".encode()


class UnreadablePath(Problem):
    """A selector, or another value in the path, that can't be read."""

    def __init__(self, sentence: str) -> None:
        super().__init__(400, sentence, "BAD_REQUEST")


class Unknown(Problem):
    """A datamart, an organisation or a community that is not there."""

    def __init__(self) -> None:
        super().__init__(404, "Resource Not Found", "RESOURCE_NOT_FOUND")


class Foreign(Problem):
    """Something that is there, but the token has no rights on it."""

    def __init__(self) -> None:
        super().__init__(403, "The token has no rights on this resource", "FORBIDDEN")


def not_found() -> Problem:
    """Make the platform's 404, whose sentence its own client knows (PLATFORM §1)."""
    return Problem(404, "Resource Not Found", "RESOURCE_NOT_FOUND")


def bad_request(sentence: str) -> Problem:
    """Make a 400 that names what was wrong."""
    return Problem(400, sentence, "BAD_REQUEST")
