"""Reading the trail: its entries, each by itself, and how many there were over time."""

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.audit import seals
from consentadmin.audit.counts import TooMany
from consentadmin.audit.filters import Filter, Place
from consentadmin.audit.models import Entry
from consentadmin.audit.services import count_trail, read_entry, read_trail
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.forms.exports import Form
from consentadmin.web.forms.trail import PersonForm, TrailForm, visible
from consentadmin.web.htmx import answer
from consentadmin.web.models import SavedFilter
from consentadmin.web.plots import plot_of
from consentadmin.web.sentences import sentence

PAGE = "audit/trail.html"


@require_safe
@requires(Permission.TRAIL_READ)
def trail(request: StaffRequest) -> HttpResponse:
    """Show the entries that pass the filters, newest first."""
    form = TrailForm(request.GET, reader=request.user)
    context = _around(request, form, PersonForm(reader=request.user))
    if not form.is_valid():
        return answer(request, PAGE, context, status=422)
    found = read_trail(
        asked=form.filter(),
        before=Place.read(request.GET.get("before", "")),
        by=request.actor,
        named=form.changed_data,
    )
    context |= {
        "lines": [(entry, sentence(entry, viewer=request.user)) for entry in found.entries],
        "next": _next(request.GET, found.before),
        "chips": form.chips(),
        "datamarts": request.user.datamarts(Permission.TRAIL_READ),
        "troubles": seals.sealing().troubles(),
        "export_forms": Form.choices,
    }
    return answer(request, PAGE, context)


def _around(request: StaffRequest, form: TrailForm, person_form: PersonForm) -> dict[str, object]:
    return {"form": form, "person_form": person_form, "saved": SavedFilter.of(request.user)}


@require_POST
@requires(Permission.TRAIL_READ)
def of_person(request: StaffRequest) -> HttpResponse:
    """Turn a typed identifier into the references under which the trail knows the person."""
    form = PersonForm(request.POST, reader=request.user)
    if not form.is_valid():
        context = _around(request, TrailForm(request.GET, reader=request.user), form)
        return answer(request, PAGE, context, status=422)
    query = request.GET.copy()
    query.pop("before", None)
    query["person"] = ",".join(str(subject) for subject in form.cleaned_data["text"])
    return redirect(f"{reverse('trail')}?{query.urlencode()}")


@require_safe
@requires(Permission.TRAIL_READ)
def entry(request: StaffRequest, pk: int) -> HttpResponse:
    """Show all of one entry, where it stands in the tree, and the proof that it is there."""
    asked = Filter(datamarts=visible(request.user))
    try:
        found = read_entry(pk=pk, asked=asked, by=request.actor)
    except Entry.DoesNotExist:
        raise Http404(_("There is no such entry, or not one that you may read.")) from None
    context = {
        "opened": found,
        "entry": found.entry,
        "words": sentence(found.entry, viewer=request.user),
        "datamarts": request.user.datamarts(Permission.TRAIL_READ),
    }
    return answer(request, "audit/entry.html", context)


@require_safe
@requires(Permission.TRAIL_READ)
def activity(request: StaffRequest) -> HttpResponse:
    """Show how many of the filtered entries there were over time."""
    form = TrailForm(request.GET, reader=request.user)
    context: dict[str, object] = {"form": form}
    if not form.is_valid():
        return answer(request, "audit/activity.html#activity", context, status=422)
    context["chips"] = form.chips()
    by = None if request.htmx else request.actor  # a fragment is part of a page that was recorded
    try:
        found = count_trail(asked=form.filter(), now=timezone.now(), by=by, named=form.changed_data)
    except TooMany:
        context["too_many"] = True
    else:
        context |= {"activity": found, "plot": plot_of(found)}
    return answer(request, "audit/activity.html#activity", context)


def _next(query: QueryDict, before: Place | None) -> str:
    if before is None:
        return ""
    onward = query.copy()
    onward["before"] = str(before)
    return onward.urlencode()
