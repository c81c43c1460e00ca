"""Whether the house is well, and its figures, for whoever watches it.

The health addresses are for everybody: they tell nothing that is a secret. The figures are for who
bears the key of `CONSENTADMIN_METRICS_KEY` or comes from `CONSENTADMIN_METRICS_FROM`.
"""

import time
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from consentadmin.audit.seals import Sealing, Verification
from consentadmin.web import metrics, probes
from consentadmin.web.access import public

WITHIN = 1.5
"""Seconds in which every part must have answered."""


@public
@require_safe
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Say that this process answers. When it doesn't, it is time to start it anew."""
    return JsonResponse({"status": "alive"})


@public
@require_safe
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Say of each part whether it works; 503 when one does not, within two seconds."""
    until = time.monotonic() + WITHIN
    probes.broker.begin()  # side by side with the database
    parts = {**_database_and_more(until), "broker": _broker(until)}
    well = all(part["ok"] for part in parts.values())
    status = "ready" if well else "not ready"
    return JsonResponse({"status": status, "parts": parts}, status=200 if well else 503)


def _database_and_more(until: float) -> dict[str, dict[str, Any]]:
    """Say how the database is, and by its word the sweeper, the sealer and the trail."""
    try:
        told = probes.database.ask(until=until)
    except (DatabaseError, probes.Hangs) as error:
        unknown = {"ok": False}
        sweeper = {**unknown, "age_seconds": None}
        rest = {"sealer": unknown, "trail": unknown, "exports": unknown}
        return {"database": _failed(error), "sweeper": sweeper, **rest}
    return {
        "database": {"ok": True},
        "sweeper": _sweeper(told.sweeper_age),
        "sealer": _sealer(told.sealing),
        "trail": _trail(told.verification),
        "exports": {"ok": not told.exports_are_behind},
    }


def _sweeper(age: float | None) -> dict[str, Any]:
    if age is None:
        return {"ok": False, "age_seconds": None}
    return {"ok": age <= settings.SWEEPER_LATE, "age_seconds": round(age, 1)}


def _sealer(sealing: Sealing) -> dict[str, Any]:
    """Say what waits to be sealed and signed. Why a checkpoint did not go out is not for all."""
    return {
        "ok": not sealing.troubles(),
        "unsealed_seconds": round(sealing.oldest_unsealed or 0.0, 1),
        "unsigned_entries": max(sealing.size - (sealing.signed_size or 0), 0),
        "published": not sealing.unpublished,
    }


def _trail(verification: Verification | None) -> dict[str, Any]:
    """Say whether the last verification found the trail as it was sealed; without one, it is."""
    if verification is None:
        return {"ok": True, "verified_at": None}
    return {"ok": verification.is_sound, "verified_at": verification.at.isoformat()}


def _broker(until: float) -> dict[str, Any]:
    try:
        probes.broker.ask(until=until)
    except (OperationalError, OSError, probes.Hangs) as error:
        return _failed(error)
    return {"ok": True}


def _failed(error: Exception) -> dict[str, Any]:
    return {"ok": False, "why": "hangs" if isinstance(error, probes.Hangs) else "refuses"}


@public
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus. Not there at all until a key or an address list is set."""
    if not (settings.METRICS_KEY or settings.METRICS_FROM):
        raise Http404
    if not metrics.may_read(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    body, kind = metrics.written(until=time.monotonic() + WITHIN)
    return HttpResponse(body, content_type=kind)
