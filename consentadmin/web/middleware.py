"""What surrounds each request: its id, its line in the log, the viewer's time zone, and what
browsers may keep."""

import logging
import re
import time
import uuid
import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from consentadmin.audit import context
from consentadmin.web import counters
from consentadmin.web.logs import route

access = logging.getLogger("consentadmin.access")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SESSION_KEY = re.compile(r"[a-z0-9]{1,64}")
Respond = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives each request an id of ours, which entries, log lines and the answer carry."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer under a fresh id."""
        identity = uuid.uuid4().hex
        with context.request(identity):
            response = self.respond(request)
        response["X-Request-Id"] = identity
        return response


class AccessMiddleware:
    """Writes one line a request, and counts it: by the name of its address, never the path."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then tell what was asked, how it went and how long it took."""
        began = time.monotonic()
        response = self.respond(request)
        took = time.monotonic() - began
        name, status = route(request), response.status_code
        method = request.method if request.method in METHODS else "OTHER"
        counters.count(route=name, method=method, status=status, seconds=took)
        told = {"route": name, "method": method, "status": status, "ms": round(took * 1000, 1)}
        access.info(
            "%(method)s %(route)s %(status)d %(ms).1f ms",
            told,
            extra=told | {"change": _change(request)},
        )
        return response


def _change(request: HttpRequest) -> int | None:
    """Return the id of the change that the address names, or None."""
    match = request.resolver_match
    pk: int | None = match.kwargs.get("pk") if match and "change" in match.view_name else None
    return pk


class SessionCookieMiddleware:
    """Drops a session cookie that can't be one, before it is looked for in the database."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as if the browser had sent none."""
        name = settings.SESSION_COOKIE_NAME
        if not SESSION_KEY.fullmatch(request.COOKIES.get(name, "a")):
            del request.COOKIES[name]
        return self.respond(request)


class ViewerZoneMiddleware:
    """Shows times in the viewer's zone, which the browser tells in the cookie `zone`."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the viewer's zone, or in the installation's when the browser tells none."""
        with timezone.override(self._zone(request.COOKIES.get("zone", ""))):
            return self.respond(request)

    @staticmethod
    def _zone(name: str) -> zoneinfo.ZoneInfo:
        try:
            return zoneinfo.ZoneInfo(name or settings.VIEWER_ZONE)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return zoneinfo.ZoneInfo(settings.VIEWER_ZONE)


class PrivateMiddleware:
    """Lets no browser or proxy keep a page: the next person at this desk must not find it."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with no-store."""
        response = self.respond(request)
        add_never_cache_headers(response)
        return response
