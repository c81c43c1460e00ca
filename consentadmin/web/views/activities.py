"""Recording an activity: the form, the review with the exact request, and sending it."""

from django.contrib import messages
from django.core.signing import BadSignature
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consentadmin.accounts.permissions import Permission
from consentadmin.changes.services import NoPoint
from consentadmin.changes.states import Lane
from consentadmin.mediarithmics.errors import InvalidBody, PlatformError
from consentadmin.subjects.models import Handle
from consentadmin.tasks.changes import ring
from consentadmin.userpoints import services as userpoints
from consentadmin.userpoints.naming import read_names
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.exact import exact
from consentadmin.web.forms.activity import ActivityForm
from consentadmin.web.forms.offer import Draft, Offer
from consentadmin.web.htmx import answer
from consentadmin.web.journeys import go
from consentadmin.web.troubles import Trouble, trouble

PAGE = "activities/record.html"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ACTIVITY_RECORD)
def record_activity(request: StaffRequest, handle: Handle) -> HttpResponse:
    """Take an activity, show exactly what will be sent, and send it."""
    step = request.POST.get("step", "")
    if step == "send":
        return _send(request, handle)
    offer, problem = _offer(request, handle)
    form = ActivityForm(request.POST or None, now=timezone.now(), offer=offer)
    context = {"handle": handle, "form": form, "offer": offer, "trouble": problem}
    if step != "review" or problem:
        status = 503 if problem and not request.htmx else 200
        return answer(request, f"{PAGE}#form", context, status=status)
    if not form.is_valid():
        return answer(request, f"{PAGE}#form", context, status=422)
    draft: Draft = form.cleaned_data["draft"]
    context |= {"draft": draft, "signed": draft.sign(handle)}
    context["exact"] = exact(handle.subject.datamart, draft.activity, offer.ours)
    return answer(request, f"{PAGE}#review", context)


def _offer(request: StaffRequest, handle: Handle) -> tuple[Offer, Trouble | None]:
    """Return what there is to choose from, and why the person's identifiers are not among it."""
    datamart, names, problem = handle.subject.datamart, None, None
    try:
        names = read_names(handle=handle, actor=request.actor)
    except PlatformError as error:
        problem = trouble(error)
    return Offer(datamart, names, userpoints.Ours.of(handle.subject)), problem


def _send(request: StaffRequest, handle: Handle) -> HttpResponse:
    try:
        draft = Draft.read(request.POST.get("review", ""), handle)
        change = draft.request(handle, by=request.user, role=request.actor.role)
    except (BadSignature, NoPoint, InvalidBody) as error:
        stale = _("This review has expired. Review the activity once more.")
        refused = stale if isinstance(error, BadSignature) else str(error)
        if not request.htmx:
            userpoints.note_page(handle=handle, actor=request.actor, what="activity")
        return answer(request, f"{PAGE}#form", {"handle": handle, "refused": refused}, status=422)
    ring(Lane(change.lane))
    messages.success(request, _("The activity is queued. This page shows how it fares."))
    return go(request, "change", handle=handle.pk, pk=str(change.pk))
