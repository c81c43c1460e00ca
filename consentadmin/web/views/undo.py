"""Undoing a change, applying one anyway, looking for one again."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from consentadmin.accounts.permissions import Permission
from consentadmin.changes import deciding, undoing
from consentadmin.changes.documents import digest_of_customs
from consentadmin.changes.kinds import Cause
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced
from consentadmin.changes.services import AlreadyPending, Why
from consentadmin.changes.states import Lane
from consentadmin.mediarithmics.errors import NotFound, PlatformError
from consentadmin.mediarithmics.shapes import Choice
from consentadmin.subjects.models import Handle
from consentadmin.tasks.changes import ring
from consentadmin.userpoints import profiles
from consentadmin.userpoints import services as userpoints
from consentadmin.web.access import StaffRequest, enter, requires
from consentadmin.web.forms.why import WhyForm
from consentadmin.web.htmx import answer
from consentadmin.web.troubles import CHOICE, trouble
from consentadmin.web.views.changes import change_or_404, progress

PAGE = "changes/undo.html"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CHOICE_EDIT)
def undo(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Show what leads back from a change beside what is there now, and ask for it."""
    change = _change(request, handle, pk)
    context: dict[str, Any] = {"handle": handle, "change": change}
    context["form"] = form = WhyForm(request.POST or None, initial={"cause": Cause.CORRECTION})
    if not undoing.can_undo(change):
        messages.warning(request, str(undoing.NotUndoable()))
        return redirect("change", handle=handle.pk, pk=pk)
    try:
        context |= _beside(request, handle, change)
    except PlatformError as error:
        return answer(request, PAGE, context | {"trouble": trouble(error, CHOICE)}, status=503)
    is_stale = request.POST.get("seen", "") != context["seen"]
    if request.method != "POST" or not form.is_valid() or is_stale:
        context["moved"] = request.method == "POST" and is_stale
        return answer(request, PAGE, context, status=422 if request.method == "POST" else 200)
    return _ask(request, handle, change, context)


def _ask(
    request: StaffRequest, handle: Handle, change: Change, context: dict[str, Any]
) -> HttpResponse:
    told = {"overwrite": bool(request.POST.get("overwrite")), "why": context["form"].why}
    told |= {"by": request.user, "role": request.actor.role, "change": change, "handle": handle}
    try:
        if change.is_profile:
            back = undoing.undo_profile(there=context["there"], **told)
        else:
            now = timezone.now()
            back = undoing.undo_choice(current=context["current"], now=now, **told)
    except (undoing.Overwrites, undoing.NotUndoable, AlreadyPending) as error:
        context["form"].add_error(None, str(error))
        return answer(request, PAGE, context, status=422)
    ring(Lane(back.lane))
    return redirect("change", handle=handle.pk, pk=back.pk)


def _beside(request: StaffRequest, handle: Handle, change: Change) -> dict[str, Any]:
    """Return what is there now and what would lead back. Raises PlatformError."""
    if change.is_profile:
        there = _profile(request, handle, change)
        return {
            "there": there,
            "seen": digest_of_customs(there),
            "back": undoing.profile_back(change, there),
            "overwrites": undoing.overwrites_profile(change, there),
        }
    line = userpoints.read_line(handle=handle, processing=change.processing, actor=request.actor)
    current: Choice | None = line.choice
    return {
        "line": line,
        "current": current,
        "seen": current.digest() if current else "",
        "wish": undoing.wish_back(change, now=timezone.now()),
        "overwrites": undoing.overwrites_choice(change, current),
    }


def _profile(request: StaffRequest, handle: Handle, change: Change) -> Mapping[str, Any] | None:
    key = change.document.rpartition(" ")[2]
    try:
        card = profiles.read_profile(handle=handle, key=key, actor=request.actor)
    except NotFound:
        return None
    return dict(card.profile.customs) if card.profile else None


@require_POST
@requires(Permission.CHOICE_EDIT)
def repeat(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Ask once more for what stopped at a conflict or was never seen, on top of what is there."""
    change = _change(request, handle, pk)
    why = Why(Cause(change.cause), change.note)
    try:
        again = undoing.repeat(
            handle=handle, change=change, why=why, by=request.user, role=request.actor.role
        )
    except (undoing.NotUndoable, AlreadyPending) as error:
        messages.warning(request, str(error))
        return progress(request, handle, change)
    ring(Lane(again.lane))
    return progress(request, handle, again)


@require_POST
@requires(Permission.CHOICE_EDIT)
def recheck(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Look once more for a change that was accepted and never seen."""
    change = _change(request, handle, pk)
    try:
        change = deciding.recheck(change=change, by=request.actor)
    except Fenced:
        messages.warning(request, _("This change had gone further by then; see where it stands."))
        change = change_or_404(handle, pk)
    ring(Lane(change.lane))
    return progress(request, handle, change)


def _change(request: StaffRequest, handle: Handle, pk: int) -> Change:
    """Return the change, by the right to ask for one of its kind."""
    change = change_or_404(handle, pk)
    if change.is_profile:
        enter(request, Permission.PROFILE_EDIT, handle)
    elif not change.processing:
        raise Http404(_("An activity can't be taken back from a timeline here."))
    return change
