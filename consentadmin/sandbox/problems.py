"""Refusals and faults as the platform words them (PLATFORM §1)."""

import json
from uuid import uuid4


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

    def envelope(self) -> bytes:
        """Return the platform's error envelope, with a new `error_id`."""
        fields = {"status": "error", "error": self.sentence, "error_id": str(uuid4())}
        if self.code:
            fields["error_code"] = self.code
        return json.dumps(fields).encode()


def not_found() -> Problem:
    """Make the platform's 404, whose sentence its own client knows (PLATFORM §1)."""
    return Problem(404, "Resource Not Found", "RESOURCE_NOT_FOUND")


def bad_request(sentence: str) -> Problem:
    """Make a 400 that names what was wrong."""
    return Problem(400, sentence, "BAD_REQUEST")
