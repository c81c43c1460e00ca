"""A person's page, and the parts of it that are read again by themselves."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.audit.queries import of_subjects
from consentadmin.datamarts import queries as datamarts
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.subjects.models import Handle
from consentadmin.subjects.queries import family
from consentadmin.userpoints import services as userpoints
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.htmx import answer
from consentadmin.web.sentences import story
from consentadmin.web.troubles import CHOICE, trouble

PAGE = "userpoints/person.html"


@require_safe
@requires(Permission.PERSON_READ)
def person(request: StaffRequest, handle: Handle) -> HttpResponse:
    """Show everything about a person."""
    read = userpoints.read_person(handle=handle, actor=request.actor)
    staff_did = story(of_subjects(family(handle.subject)), viewer=request.user)
    return answer(
        request,
        PAGE,
        {
            "handle": handle,
            "person": read,
            "staff_did": staff_did,
            "compartments": read.ours.compartments,
            "channels": read.ours.channels,
        },
    )


@require_safe
@requires(Permission.PERSON_READ)
def choice(request: StaffRequest, handle: Handle, processing: str) -> HttpResponse:
    """Show one choice, with the words its change log gives it."""
    try:
        line = userpoints.read_line(handle=handle, processing=processing, actor=request.actor)
    except PlatformError as error:
        context = {"handle": handle, "processing": processing, "trouble": trouble(error, CHOICE)}
        return answer(request, "userpoints/choice.html#failed", context, status=200)
    return answer(request, "userpoints/choice.html#line", {"handle": handle, "line": line})


@require_safe
@requires(Permission.PERSON_READ)
def history(request: StaffRequest, handle: Handle, processing: str) -> HttpResponse:
    """Show the change log of one choice, newest first."""
    context = {
        "handle": handle,
        "processing": processing,
        "channels": datamarts.channels(handle.subject.datamart),
    }
    try:
        context["line"] = userpoints.read_line(
            handle=handle, processing=processing, actor=request.actor, log=True
        )
    except PlatformError as error:
        context["trouble"] = trouble(error, CHOICE)
    return answer(request, "userpoints/history.html#history", context)
