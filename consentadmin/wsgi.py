"""The door of the web server: `granian --interface wsgi consentadmin.wsgi:application`."""

import os
from collections.abc import Iterable
from email.message import Message
from typing import TYPE_CHECKING, Any

from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consentadmin.settings")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
    """Answer a request; one in another encoding than UTF-8 is refused before it is decoded."""
    if _charset(environ.get("CONTENT_TYPE", "")) not in {"", "utf-8", "utf8", "us-ascii"}:
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"This application reads UTF-8 alone.\n"]
    return _django(environ, start_response)


def _charset(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type.replace("\r", "").replace("\n", "")
    return str(header.get_param("charset", "")).lower()
