"""Log lines that can be joined with the trail: each carries the id of its request."""

import logging

from consentadmin.audit import context


class LineFormatter(logging.Formatter):
    """Adds the id of the request or task at hand to a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        record.request_id = context.request_id()
        return super().format(record)
