"""Datamarts, for administrators."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.changes.states import Lane
from consentadmin.datamarts import services
from consentadmin.datamarts.models import Datamart
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
    datamart = _managed(request, platform_id)
    role = request.user.role(Permission.DATAMART_MANAGE, datamart)
    services.resume_sending(datamart=datamart, by=request.user.actor(role))
    ring(Lane.INTERACTIVE)
    return redirect("datamarts")


@require_POST
@requires(Permission.DATAMART_MANAGE)
def set_policy(request: StaffRequest, platform_id: str) -> HttpResponse:
    """Say what needs a second pair of eyes on a datamart."""
    datamart = _managed(request, platform_id)
    role = request.user.role(Permission.DATAMART_MANAGE, datamart)
    wanted = {name: name in request.POST for name in ("deletions", "grants", "bulk")}
    policy = services.Policy(**wanted)
    services.set_policy(datamart=datamart, policy=policy, by=request.user.actor(role))
    messages.success(request, _("What needs approval on %s is set.") % datamart.name)
    return redirect("datamarts")


def _managed(request: StaffRequest, platform_id: str) -> Datamart:
    managed = request.user.datamarts(Permission.DATAMART_MANAGE)
    datamart = managed.filter(platform_id=platform_id).first()
    if datamart is None:
        raise Http404
    return datamart
