"""Keeps the HTTP library's own log records from being written: they hold URLs, so selectors.

A filter on each logger of the library, since a level or a handler may be reset by anybody's logging
configuration and a filter stays. Our own code logs nothing of a call but its outcome.
"""

from __future__ import annotations

import logging

_LIBRARIES = ("urllib3", "requests")
_KNOWN = (
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
    "requests",
)


class _Withhold(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - whatever it says
        return False


def hush() -> None:
    """Make the HTTP library's loggers say nothing, at any level. Doing so twice does no harm."""
    present = [n for n in logging.root.manager.loggerDict if n.split(".")[0] in _LIBRARIES]
    for name in {*_KNOWN, *present}:
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Withhold) for known in logger.filters):
            logger.addFilter(_Withhold())
