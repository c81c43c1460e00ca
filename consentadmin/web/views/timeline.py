"""What a person did: a panel of their page that is read by itself, and a page of its own."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.subjects.models import Handle
from consentadmin.userpoints.timeline import NOTHING, read_timeline
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.days import days_of
from consentadmin.web.forms.timeline import TimelineForm
from consentadmin.web.htmx import answer
from consentadmin.web.troubles import trouble

PAGE = "timeline/timeline.html"


@require_safe
@requires(Permission.PERSON_READ)
def timeline(request: StaffRequest, handle: Handle) -> HttpResponse:
    """Show a page of what a person did, the newest first, and the way to what came before."""
    form = TimelineForm(request.GET)
    context: dict[str, object] = {"handle": handle, "form": form}
    if not form.is_valid():
        return answer(request, f"{PAGE}#list", context, status=422)
    before = form.cleaned_data["before"]
    read = read_timeline(handle=handle, wanted=form.cleaned_data["wanted"], actor=request.actor)
    context |= {"read": read, "before": before, "here": form.query(before=before)}
    if read.page is not None and read.page.error is not None:
        context["trouble"] = trouble(read.page.error)
    elif read.page is not None:
        page = read.page.value or NOTHING
        context |= {
            "days": days_of(page.activities, read.ours, before=before),
            "count": len(page.activities),
            "older": page.older,
            "onward": form.query(before=page.older),
        }
    return answer(request, f"{PAGE}#{'older' if before else 'list'}", context)
