"""Reading the trail."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.audit.services import read_trail
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.forms.trail import PersonForm, TrailForm
from consentadmin.web.htmx import answer
from consentadmin.web.sentences import sentence

PAGE = "audit/trail.html"
LONGEST_ID = 19


@require_safe
@requires(Permission.TRAIL_READ)
def trail(request: StaffRequest) -> HttpResponse:
    """Show the entries that pass the filters, newest first."""
    form = TrailForm(request.GET, reader=request.user)
    context: dict[str, object] = {"form": form, "person_form": PersonForm(reader=request.user)}
    if not form.is_valid():
        return answer(request, PAGE, context, status=422)
    found = read_trail(
        asked=form.filter(),
        before=_number(request.GET.get("before", "")),
        by=request.actor,
        named=form.changed_data,
    )
    context |= {
        "lines": [(entry, sentence(entry, viewer=request.user)) for entry in found.entries],
        "next": _next(request.GET, found.before),
        "chips": _chips(form, request.GET),
        "datamarts": request.user.datamarts(Permission.TRAIL_READ),
    }
    return answer(request, PAGE, context)


@require_POST
@requires(Permission.TRAIL_READ)
def of_person(request: StaffRequest) -> HttpResponse:
    """Turn a typed identifier into the references under which the trail knows the person."""
    form = PersonForm(request.POST, reader=request.user)
    if not form.is_valid():
        context = {"form": TrailForm(request.GET, reader=request.user), "person_form": form}
        return answer(request, PAGE, context, status=422)
    query = request.GET.copy()
    query.pop("before", None)
    query["person"] = ",".join(str(subject) for subject in form.cleaned_data["text"])
    return redirect(f"{reverse('trail')}?{query.urlencode()}")


def _number(text: str) -> int | None:
    """Return the id of an entry, or None for what can't be one."""
    return int(text) if text.isdecimal() and len(text) < LONGEST_ID else None


def _next(query: QueryDict, before: int | None) -> str:
    if before is None:
        return ""
    onward = query.copy()
    onward["before"] = str(before)
    return onward.urlencode()


def _chips(form: TrailForm, query: QueryDict) -> list[tuple[str, str, str]]:
    """Return each active filter: its name, its value in words, and the query without it."""
    chips = []
    for name in form.changed_data:
        rest = query.copy()
        rest.pop(name, None)
        rest.pop("before", None)
        chips.append((str(form.fields[name].label), _in_words(form, name), rest.urlencode()))
    return chips


def _in_words(form: TrailForm, name: str) -> str:
    value = form.cleaned_data[name]
    if name == "person":
        return ", ".join(str(subject)[:8] for subject in value)
    choices = dict(getattr(form.fields[name], "choices", []) or []) if name != "actor" else {}
    if name in {"since", "until"}:
        return str(form[name].value()).replace("T", " ")
    return str(choices.get(value, value))
