"""Changing a choice: the form, the review, and how the change fares."""

from typing import Protocol

from django.contrib import messages
from django.core.signing import BadSignature
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.audit.words import Actor
from consentadmin.changes import deciding, services
from consentadmin.changes.kinds import Kind
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced
from consentadmin.changes.queries import change_of
from consentadmin.changes.rules import is_withdrawal
from consentadmin.changes.states import Lane
from consentadmin.changes.undoing import as_seen
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.subjects.models import Handle
from consentadmin.tasks.changes import ring
from consentadmin.userpoints import services as userpoints
from consentadmin.userpoints.lines import Line
from consentadmin.web.access import StaffRequest, enter, requires
from consentadmin.web.exact import carrying, exact, laid_out
from consentadmin.web.forms.choice import ChoiceForm, Review
from consentadmin.web.htmx import answer
from consentadmin.web.outcome import outcome_of
from consentadmin.web.troubles import CHOICE, Trouble, trouble

PAGE = "changes/choice.html"


class Decide(Protocol):
    """What a person can decide about a change."""

    def __call__(self, *, change: Change, by: Actor) -> Change:
        """Decide, and return the change as it is now. Raises Fenced."""


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CHOICE_EDIT)
def change_choice(request: StaffRequest, handle: Handle, processing: str) -> HttpResponse:
    """Take what a choice is to be, show what will be sent beside what is there, and send it."""
    step = request.POST.get("step", "")
    context: dict[str, object] = {"handle": handle, "processing": processing}
    if step == "send":
        context["form"] = ChoiceForm(request.POST, now=timezone.now())
        return _send(request, handle, processing, context)
    line, problem = _read(handle, processing, request.actor)
    form = ChoiceForm(request.POST or None, now=timezone.now(), names=line.names)
    context |= {"form": form, "line": line, "trouble": problem}
    if step == "review" and not form.is_valid():
        return answer(request, f"{PAGE}#form", context, status=422)
    if step == "review" and (problem is None or _withdraws(form, line)):
        review = _reviewed(form, line)
        context |= {"review": review, "signed": review.sign(handle, processing)}
        if review.by is not None:
            activity = carrying(processing, review.wish, review.by)
            subject = handle.subject
            context["exact"] = exact(subject.datamart, activity, userpoints.Ours.of(subject))
        return answer(request, f"{PAGE}#review", context)
    status = 503 if problem and not request.htmx else 200
    return answer(request, f"{PAGE}#form", context, status=status)


def _read(handle: Handle, processing: str, actor: Actor) -> tuple[Line, Trouble | None]:
    """Return how the choice stands, or what our own tables know of it and why that is all."""
    try:
        return userpoints.read_line(handle=handle, processing=processing, actor=actor), None
    except PlatformError as error:
        line = userpoints.unread_line(handle=handle, processing=processing)
        return line, trouble(error, CHOICE)


def _reviewed(form: ChoiceForm, line: Line) -> Review:
    """Return what is reviewed; a withdrawal goes directly, whatever way was asked for."""
    data, seen = form.cleaned_data, line.choice.digest() if line.choice else ""
    by = data["name"].selector if data["name"] and not _withdraws(form, line) else None
    return Review(data["wish"], seen, data["cause"], data["note"], by, as_seen(line.choice))


def _withdraws(form: ChoiceForm, line: Line) -> bool:
    """Return whether this is a withdrawal, which a choice that can't be read does not hold up."""
    return is_withdrawal(accepted=form.cleaned_data["wish"].accepted, basis=line.basis)


def _send(
    request: StaffRequest, handle: Handle, processing: str, context: dict[str, object]
) -> HttpResponse:
    try:
        review = Review.read(request.POST.get("review", ""), handle, processing)
        change = review.request(handle, processing, by=request.user, role=request.actor.role)
    except (BadSignature, services.AlreadyPending) as error:
        stale = _("This review has expired. Review the change once more.")
        context["refused"] = stale if isinstance(error, BadSignature) else str(error)
        _note(request, handle)
        return answer(request, f"{PAGE}#form", context, status=422)
    ring(Lane(change.lane))
    if not request.htmx:
        messages.success(request, _("The change is queued. This page shows how it fares."))
    return progress(request, handle, change)


def _note(request: StaffRequest, handle: Handle) -> None:
    """Record a whole page about a person; a fragment is part of one that was recorded."""
    if not request.htmx:
        userpoints.note_page(handle=handle, actor=request.actor, what="change")


def change_or_404(handle: Handle, pk: int) -> Change:
    """Return a change of the person's, or raise Http404."""
    try:
        return change_of(subject=handle.subject, pk=pk)
    except Change.DoesNotExist:
        raise Http404(_("This change is not one of this person's.")) from None


@require_safe
@requires(Permission.PERSON_READ)
def change(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Show how a change fares. The browser asks again by itself until it is settled."""
    found = change_or_404(handle, pk)
    _note(request, handle)
    return progress(request, handle, found, leads_on=False)


def progress(
    request: StaffRequest, handle: Handle, change: Change, *, leads_on: bool = True
) -> HttpResponse:
    """Show how a change fares; what was posted without htmx leads on to where that is shown.

    On its own page a change of a profile is laid out path by path, too.
    """
    page = reverse("change", args=[handle.pk, change.pk])
    context: dict[str, object] = {"handle": handle, "change": change}
    is_on_its_page = not request.htmx or request.htmx.current_url_abs_path == page
    if change.is_profile and is_on_its_page:
        context["outcome"] = outcome_of(change)
    context["is_on_its_page"] = is_on_its_page
    if not request.htmx:
        context |= laid_out(change)
    to = (
        page
        if change.is_profile or change.kind == Kind.ACTIVITY
        else reverse("person", args=[handle.pk])
    )
    fragment = "changes/progress.html#progress"
    return answer(request, fragment, context, to=to if leads_on else None)


@require_POST
@requires(Permission.PERSON_READ)
def cancel(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Take back a change that was not sent."""
    return _decide(request, handle, pk, deciding.cancel)


@require_POST
@requires(Permission.PERSON_READ)
def retry(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Try a stuck change once more."""
    return _decide(request, handle, pk, deciding.retry)


def _right_to_ask(change: Change) -> Permission:
    """Return what it takes to ask for a change of this kind."""
    if change.kind == Kind.ACTIVITY:
        return Permission.ACTIVITY_RECORD
    return Permission.PROFILE_EDIT if change.is_profile else Permission.CHOICE_EDIT


def _decide(request: StaffRequest, handle: Handle, pk: int, decide: Decide) -> HttpResponse:
    """Decide about a change, by the right to ask for one of its kind."""
    found = change_or_404(handle, pk)
    enter(request, _right_to_ask(found), handle)
    try:
        found = decide(change=found, by=request.actor)
    except Fenced:  # it was sent, or settled, in the meantime: show that
        found = change_or_404(handle, pk)
        messages.warning(request, _("This change had gone further by then; see where it stands."))
    ring(Lane(found.lane))
    return progress(request, handle, found)
