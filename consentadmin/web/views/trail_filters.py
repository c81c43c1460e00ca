"""Naming the trail's filters, to come back to them. Each member of staff's own."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from consentadmin.accounts.permissions import Permission
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.forms.trail import NameForm, TrailForm
from consentadmin.web.models import SavedFilter


@require_POST
@requires(Permission.TRAIL_READ)
def save(request: StaffRequest) -> HttpResponse:
    """Keep the filters in the address under a name; the same name is kept once, the newest."""
    form, name = TrailForm(request.GET, reader=request.user), NameForm(request.POST)
    query = request.GET.copy()
    query.pop("before", None)
    if not form.is_valid() or not form.changed_data or not name.is_valid():
        messages.error(request, _("Nothing was saved: set a filter, and give it a name."))
    else:
        SavedFilter.keep(request.user, name.cleaned_data["name"], query.urlencode())
        messages.success(request, _("The filters are saved. You find them above the entries."))
    return redirect(f"{reverse('trail')}?{query.urlencode()}")


@require_POST
@requires(Permission.TRAIL_READ)
def drop(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget saved filters of one's own."""
    if not SavedFilter.drop(request.user, pk):
        raise Http404(_("These filters are not yours, or are gone already."))
    messages.success(request, _("The saved filters are gone. No entry is touched by that."))
    return redirect("trail")
