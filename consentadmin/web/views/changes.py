"""Changing a choice: the form, the review, and how the change fares."""

from typing import Protocol

from django.contrib import messages
from django.core.signing import BadSignature
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.audit.words import Actor
from consentadmin.changes import services
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced
from consentadmin.changes.states import Lane
from consentadmin.mediarithmics.errors import PlatformError
from consentadmin.subjects.models import Handle
from consentadmin.tasks.changes import ring
from consentadmin.userpoints import services as userpoints
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.forms.choice import ChoiceForm, Review
from consentadmin.web.htmx import answer
from consentadmin.web.troubles import CHOICE, trouble

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
    form = ChoiceForm(request.POST or None, now=timezone.now())
    context = {"handle": handle, "processing": processing, "form": form}
    if step == "send":
        return _send(request, handle, processing, context)
    try:
        context["line"] = line = userpoints.read_line(
            handle=handle, processing=processing, actor=request.actor
        )
    except PlatformError as error:
        context["trouble"] = trouble(error, CHOICE)
        return answer(request, f"{PAGE}#form", context, status=200 if request.htmx else 503)
    if step != "review":
        return answer(request, f"{PAGE}#form", context)
    if not form.is_valid():
        return answer(request, f"{PAGE}#form", context, status=422)
    data, seen = form.cleaned_data, line.choice.digest() if line.choice else ""
    review = Review(data["wish"], seen, data["cause"], data["note"])
    context |= {"review": review, "signed": review.sign(handle, processing)}
    return answer(request, f"{PAGE}#review", context)


def _send(
    request: StaffRequest, handle: Handle, processing: str, context: dict[str, object]
) -> HttpResponse:
    try:
        review = Review.read(request.POST.get("review", ""), handle, processing)
        change = services.request_change(
            handle=handle,
            processing=processing,
            wish=review.wish,
            seen=review.seen,
            why=review.why,
            by=request.user,
            role=request.actor.role,
        )
    except BadSignature:
        context["refused"] = _("This review has expired. Review the change once more.")
        return answer(request, f"{PAGE}#form", context, status=422)
    except services.AlreadyPending as error:
        context["refused"] = str(error)
        return answer(request, f"{PAGE}#form", context, status=422)
    ring(Lane.INTERACTIVE)
    if not request.htmx:
        messages.success(request, _("The change is queued. This page shows how it fares."))
    back = reverse("person", args=[handle.pk])
    return answer(
        request, "changes/progress.html#progress", {"handle": handle, "change": change}, to=back
    )


def _change(handle: Handle, pk: int) -> Change:
    chosen = Change.objects.select_related("datamart", "subject__datamart", "asked_by")
    return get_object_or_404(chosen, subject=handle.subject_id, pk=pk)


@require_safe
@requires(Permission.PERSON_READ)
def change(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Show how a change fares. The browser asks again by itself until it is settled."""
    context = {"handle": handle, "change": _change(handle, pk)}
    return answer(request, "changes/progress.html#progress", context)


@require_POST
@requires(Permission.CHOICE_EDIT)
def cancel(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Take back a change that was not sent."""
    return _decide(request, handle, pk, services.cancel)


@require_POST
@requires(Permission.CHOICE_EDIT)
def retry(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Try a stuck change once more."""
    return _decide(request, handle, pk, services.retry)


def _decide(request: StaffRequest, handle: Handle, pk: int, decide: Decide) -> HttpResponse:
    try:
        change = decide(change=_change(handle, pk), by=request.actor)
    except Fenced:  # it was sent, or settled, in the meantime: show that
        change = _change(handle, pk)
        messages.warning(request, _("This change had gone further by then; see where it stands."))
    ring(Lane.INTERACTIVE)
    context = {"handle": handle, "change": change}
    back = reverse("person", args=[handle.pk])
    return answer(request, "changes/progress.html#progress", context, to=back)
