"""Datamarts, for administrators."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.changes.states import Lane
from consentadmin.datamarts import services
from consentadmin.tasks.changes import ring
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.htmx import answer


@require_safe
@requires(Permission.DATAMART_MANAGE)
def datamarts(request: StaffRequest) -> HttpResponse:
    """Show the datamarts one manages, and how each fares."""
    managed = request.user.datamarts(Permission.DATAMART_MANAGE)
    return answer(request, "datamarts/datamarts.html", {"datamarts": managed})


@require_POST
@requires(Permission.DATAMART_MANAGE)
def resume(request: StaffRequest, platform_id: str) -> HttpResponse:
    """Send again to a datamart whose API token was refused."""
    managed = request.user.datamarts(Permission.DATAMART_MANAGE)
    datamart = managed.filter(platform_id=platform_id).first()
    if datamart is None:
        raise Http404
    role = request.user.role(Permission.DATAMART_MANAGE, datamart)
    services.resume_sending(datamart=datamart, by=request.user.actor(role))
    ring(Lane.INTERACTIVE)
    return redirect("datamarts")
