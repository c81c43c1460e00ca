"""Exports of the trail: asked for, watched, cancelled, downloaded. Each member of staff's own.

Those that the house makes by month are for whoever may export the whole trail.
"""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.exports import delivering, services
from consentadmin.exports.filters import read
from consentadmin.exports.models import Export
from consentadmin.exports.queries import (
    export_of,
    export_of_month,
    exports_by_month,
    exports_of,
)
from consentadmin.tasks.exports import ring_deliveries, ring_exports
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.forms.exports import ExportForm, Form
from consentadmin.web.forms.trail import TrailForm, visible
from consentadmin.web.htmx import answer

PAGE = "exports/exports.html"


@require_safe
@requires(Permission.TRAIL_EXPORT)
def exports(request: StaffRequest) -> HttpResponse:
    """Show one's own exports, and how each fares; and those of months to who may read all."""
    months = exports_by_month() if visible(request.user) is None else []
    return answer(request, PAGE, {"exports": exports_of(request.user), "months": months})


@require_POST
@requires(Permission.TRAIL_EXPORT)
def ask(request: StaffRequest) -> HttpResponse:
    """Ask for the entries that pass the filters in the address."""
    form, wanted = TrailForm(request.GET, reader=request.user), ExportForm(request.POST)
    if not form.is_valid() or not wanted.is_valid():
        messages.error(request, _("Nothing was exported: correct the filters first."))
        return redirect("trail")
    services.request_export(
        asked=form.filter(),
        named=form.changed_data,
        with_csv=wanted.cleaned_data["form"] == Form.CSV,
        with_parquet=wanted.cleaned_data["form"] == Form.PARQUET,
        by=request.user,
        role=request.actor.role,
    )
    ring_exports()
    messages.success(request, _("The export is asked for. This page shows how it fares."))
    return redirect("exports")


@require_safe
@requires(Permission.TRAIL_EXPORT)
def export(request: StaffRequest, token: str) -> HttpResponse:
    """Show how one export fares. The browser asks again by itself until it is ready."""
    return answer(request, "exports/export.html#line", {"export": _own(request, token)})


@require_POST
@requires(Permission.TRAIL_EXPORT)
def cancel(request: StaffRequest, token: str) -> HttpResponse:
    """Stop an export."""
    try:
        services.cancel(export=_own(request, token), by=request.actor)
    except services.NotThere:
        messages.warning(request, _("This export had ended by then; see where it stands."))
    return redirect("exports")


@require_POST
@requires(Permission.TRAIL_EXPORT)
def download(request: StaffRequest, token: str) -> HttpResponseBase:
    """Hand the file out, and record it. Who may read less by now gets none of it."""
    found = _own_or_months(request, token)
    if not _still_may(request, found):
        raise Http404(_("You may no longer read all of what is in this export."))
    try:
        path = services.give_out(export=found, by=request.actor)
    except services.NotThere:
        raise Http404(_("This export is not ready, or has expired.")) from None
    of = f"{found.month:%Y-%m}" if found.month else f"{found.asked_at:%Y-%m-%d}-{found.pk[:6]}"
    name = f"consentadmin-trail-{of}.zip"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


@require_POST
@requires(Permission.TRAIL_EXPORT)
def deliver(request: StaffRequest, token: str) -> HttpResponse:
    """Have the export of a month put into its places at once."""
    try:
        delivering.try_again(export=_of_month(request, token), by=request.actor)
    except services.NotThere:
        messages.warning(request, _("There was nothing left to deliver; see where it stands."))
    else:
        ring_deliveries()
        messages.success(request, _("It is tried now. This page shows how it went."))
    return redirect("exports")


def _own_or_months(request: StaffRequest, token: str) -> Export:
    try:
        return export_of(request.user, token)
    except Export.DoesNotExist:
        return _of_month(request, token)


def _of_month(request: StaffRequest, token: str) -> Export:
    """Return the export of a month, for those alone who may read the trail of all datamarts."""
    try:
        if visible(request.user) is None:
            return export_of_month(token)
    except Export.DoesNotExist:
        pass
    raise Http404(_("This export is not one of yours."))


def _own(request: StaffRequest, token: str) -> Export:
    try:
        return export_of(request.user, token)
    except Export.DoesNotExist:
        raise Http404(_("This export is not one of yours.")) from None


def _still_may(request: StaffRequest, export: Export) -> bool:
    now = visible(request.user)
    exported = read(export.filters).datamarts
    return now is None or (exported is not None and set(exported) <= set(now))
