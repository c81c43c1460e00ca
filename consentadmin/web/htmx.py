"""Answering a browser that asks for a fragment, and one that asks for a page, from one view."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from consentadmin.web.access import StaffRequest


def answer(
    request: StaffRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    to: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the fragment `page.html#fragment` to htmx, and the whole page to anybody else.

    With `to`, a plain request that went well is redirected there instead.
    """
    page, _, fragment = template.partition("#")
    if request.htmx and fragment and not request.htmx.history_restore_request:
        return TemplateResponse(request, template, dict(context), status=status)
    if to is not None and status < 400:
        return redirect(to)
    return TemplateResponse(request, page, dict(context), status=status)
