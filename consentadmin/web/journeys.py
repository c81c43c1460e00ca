"""Where a reader is led when a page is no longer where it was."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from consentadmin.subjects.models import Handle, Reason, Subject
from consentadmin.subjects.services import Purpose, open_handle

if TYPE_CHECKING:
    from consentadmin.web.access import StaffRequest


def go(request: "StaffRequest", to: str, **kwargs: str) -> HttpResponse:
    """Lead the browser to a page, whether it asked by htmx or by itself."""
    if request.htmx:
        return HttpResponseClientRedirect(resolve_url(to, **kwargs))
    return redirect(resolve_url(to, **kwargs))


def follow(request: "StaffRequest", handle: Handle, subject: Subject) -> HttpResponse:
    """Lead to the person that this one was merged into, for the same purpose, and say so."""
    purpose = Purpose(Reason(handle.reason), handle.case, handle.note)
    onward = open_handle(
        staff=request.user, subject=subject, selector=handle.selector, purpose=purpose
    )
    messages.warning(
        request,
        _(
            "The platform has merged this person with another. You now see the merged person; "
            "a change that was under way stops, and a withdrawal follows the person."
        ),
    )
    return go(request, "person", handle=onward.pk)


def gone(request: "StaffRequest") -> HttpResponse:
    """Say that the platform no longer knows the person."""
    return TemplateResponse(request, "userpoints/gone.html", status=404)
