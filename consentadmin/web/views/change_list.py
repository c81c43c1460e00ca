"""All changes: what is stuck first, filters, and one decision for many of them."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.changes.deciding import in_numbers
from consentadmin.changes.models import Change
from consentadmin.changes.queries import changes_that, page_of, stuck_of
from consentadmin.changes.states import Lane
from consentadmin.subjects.models import Reason
from consentadmin.subjects.queries import living
from consentadmin.subjects.services import Purpose, open_handle
from consentadmin.tasks.changes import ring
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.forms.changes import ChangesForm, InNumbers
from consentadmin.web.htmx import answer

PAGE = "changes/list.html"
AT_ONCE, LONGEST_ID = 500, 19


@require_safe
@requires(Permission.CHOICE_EDIT)
def changes(request: StaffRequest) -> HttpResponse:
    """List the changes of one's datamarts: first what waits for a person, then the newest."""
    form = _form(request)
    if not form.is_valid():
        return answer(request, PAGE, {"form": form}, status=422)
    asked, before = form.filter(), _number(request.GET.get("before", ""))
    page = page_of(asked, before=before)
    stuck = [] if before else stuck_of(asked)
    context = {
        "form": form,
        "stuck": stuck,
        "page": page,
        "chips": _chips(request, form),
        "next": _with(request, before=page.before) if page.before else "",
        "acts": [(act, _with(request, act=act.value)) for act in InNumbers],
    }
    return answer(request, PAGE, context)


@require_POST
@requires(Permission.CHOICE_EDIT)
def open_change(request: StaffRequest, pk: int) -> HttpResponse:
    """Open the person of a change in order to follow it up, and lead to the change."""
    where = request.user.datamarts(Permission.PERSON_READ)
    found = Change.objects.select_related("subject__datamart", "subject__datakey")
    change = found.filter(pk=pk, datamart__in=where, subject__erased_at=None).first()
    if change is None:
        raise Http404(_("This change is not one of your datamarts'."))
    handle = open_handle(
        staff=request.user,
        subject=living(change.subject),
        selector=change.selector,
        purpose=Purpose(Reason.FOLLOW_UP, case=change.case),
    )
    return redirect("change", handle=handle.pk, pk=change.pk)


@require_safe
@requires(Permission.CHOICE_EDIT)
def review_many(request: StaffRequest) -> HttpResponse:
    """Say how many changes one decision would touch, before it does."""
    act, form = _act(request), _form(request)
    if not form.is_valid():
        return redirect("changes")
    meant = _meant(form, act)
    newest = meant.order_by("-pk").values_list("pk", flat=True).first()
    context = {"act": act, "count": meant.count(), "newest": newest, "most": AT_ONCE}
    return answer(request, "changes/many.html", context)


@require_POST
@requires(Permission.CHOICE_EDIT)
def decide_many(request: StaffRequest) -> HttpResponse:
    """Do one thing to the changes that were counted, and tell to how many it was done."""
    act, form = _act(request), _form(request)
    newest = _number(request.POST.get("newest", ""))
    if not form.is_valid() or newest is None:
        return redirect("changes")
    meant = _meant(form, act).filter(pk__lte=newest)
    chosen = list(meant.select_related("datamart", "subject", "asked_by").order_by("pk")[:AT_ONCE])
    tally = in_numbers(chosen, act.act, by=request.actor)
    for lane in {change.lane for change in chosen}:
        ring(Lane(lane))
    _tell(request, tally.done, tally.gone_further)
    return redirect(f"{reverse('changes')}?{_with(request, act=None)}")


def _meant(form: ChangesForm, act: InNumbers) -> QuerySet[Change]:
    """Return what one decision is about. No withdrawal is taken back in numbers (GDPR 7(3))."""
    meant = changes_that(form.filter()).filter(state__in=act.states)
    return meant.exclude(is_withdrawal=True) if act is InNumbers.CANCEL else meant


def _tell(request: HttpRequest, done: int, gone_further: int) -> None:
    told = ngettext("Done to %(count)d change.", "Done to %(count)d changes.", done)
    messages.success(request, told % {"count": done})
    if gone_further:
        told = ngettext(
            "%(count)d change had gone further by then and was left alone.",
            "%(count)d changes had gone further by then and were left alone.",
            gone_further,
        )
        messages.warning(request, told % {"count": gone_further})


def _act(request: StaffRequest) -> InNumbers:
    try:
        return InNumbers(request.GET.get("act", ""))
    except ValueError:
        raise Http404(_("There is no such thing to do.")) from None


def _form(request: StaffRequest) -> ChangesForm:
    return ChangesForm(request.GET, reader=request.user, now=timezone.now())


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < LONGEST_ID else None


def _with(request: HttpRequest, **fields: object) -> str:
    """Return the list's filters, with these fields set, or left out where they are None."""
    query = request.GET.copy()
    for name in ("before", *fields):
        query.pop(name, None)
    for name, value in fields.items():
        if value is not None:
            query[name] = str(value)
    return query.urlencode()


def _chips(request: HttpRequest, form: ChangesForm) -> list[tuple[str, str, str]]:
    """Return each active filter: its name, its value in words, and the query without it."""
    found = []
    for name in form.changed_data:
        choices = dict(getattr(form.fields[name], "choices", []))
        value = str(choices.get(form.cleaned_data[name], form.cleaned_data[name]))
        found.append((str(form.fields[name].label), value, _with(request, **{name: None})))
    return found
