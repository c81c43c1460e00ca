"""Looking a person up."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from consentadmin.accounts.permissions import Permission
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.subjects.queries import recent_handles
from consentadmin.userpoints import services as userpoints
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.forms.lookup import LookUpForm
from consentadmin.web.forms.notes import names_somebody
from consentadmin.web.htmx import answer
from consentadmin.web.journeys import go
from consentadmin.web.troubles import LOOK_UP, trouble

PAGE = "userpoints/look_up.html"
NOTE_KEPT = _(
    "Your note seems to hold an address or a number of the person. It is kept: leave such things "
    "out next time."
)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.LOOK_UP)
def look_up(request: StaffRequest) -> HttpResponse:
    """Show the box and one's own recent look-ups; find the person, and lead to their page."""
    form = LookUpForm(request.POST or None, staff=request.user)
    context = {"form": form, "recent": recent_handles(staff=request.user)}
    if request.method != "POST":
        return answer(request, PAGE, context)
    if form.is_valid():
        data = form.cleaned_data
        actor = request.user.actor(request.user.role(Permission.LOOK_UP, data["datamart"]))
        try:
            handle = userpoints.look_up(
                datamart=data["datamart"],
                selector=data["selector"],
                purpose=data["purpose"],
                by=request.user,
                actor=actor,
            )
        except PlatformError as error:
            context["trouble"] = trouble(error, LOOK_UP)
        else:
            if names_somebody(data["note"]):
                messages.warning(request, NOTE_KEPT)
            return go(request, "person", handle=handle.pk)
    return answer(request, f"{PAGE}#look-up", context, status=422)


@require_POST
@requires(Permission.LOOK_UP)
def recognise(request: StaffRequest) -> HttpResponse:
    """Say what the typed text is taken for. Nothing is asked of the platform, nothing kept."""
    form = LookUpForm(request.POST, staff=request.user)
    return answer(request, f"{PAGE}#recognised", {"form": form})
