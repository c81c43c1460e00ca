"""The smallest application that Granian and Celery can serve."""

import os
from collections.abc import Callable, Iterable

from celery import Celery

app = Celery("tiny", broker=os.environ.get("CELERY_BROKER_URL"))
app.conf.broker_connection_retry_on_startup = True


def application(
    _environ: dict[str, object], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
