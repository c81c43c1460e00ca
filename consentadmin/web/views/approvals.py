"""Changes that wait for a second pair of eyes."""

from typing import Protocol

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission
from consentadmin.changes import deciding
from consentadmin.changes.models import Change
from consentadmin.changes.moves import Fenced
from consentadmin.changes.queries import awaiting_approval
from consentadmin.changes.states import Lane
from consentadmin.subjects.models import Handle, Reason
from consentadmin.subjects.queries import living
from consentadmin.subjects.services import Purpose, open_handle
from consentadmin.tasks.changes import ring
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.htmx import answer
from consentadmin.web.views.changes import change_or_404, progress

PAGE_SIZE = 50


class Verdict(Protocol):
    """What a second officer can say to a change."""

    def __call__(self, *, change: Change, by: Staff, role: str) -> Change:
        """Decide, and return the change as it is now. Raises OwnChange, Fenced."""


@require_safe
@requires(Permission.CHANGE_APPROVE)
def approvals(request: StaffRequest) -> HttpResponse:
    """List the changes that wait, the oldest first."""
    after = request.GET.get("after", "")
    where = list(request.user.datamarts(Permission.CHANGE_APPROVE))
    waiting = awaiting_approval(datamarts=where)
    if after.isdecimal() and len(after) < 19:
        waiting = waiting.filter(pk__gt=int(after))
    found = list(waiting[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    context = {"changes": shown, "next": shown[-1].pk if found[PAGE_SIZE:] else None}
    return answer(request, "approvals/approvals.html", context)


@require_POST
@requires(Permission.CHANGE_APPROVE)
def review(request: StaffRequest, pk: int) -> HttpResponse:
    """Open the person of a change that waits, for that purpose alone, and lead to the change."""
    where = list(request.user.datamarts(Permission.CHANGE_APPROVE))
    change = awaiting_approval(datamarts=where).filter(pk=pk).first()
    if change is None:
        raise Http404(_("This change waits for nobody any more."))
    handle = open_handle(
        staff=request.user,
        subject=living(change.subject),
        selector=change.selector,
        purpose=Purpose(Reason.APPROVAL, case=change.case),
    )
    return redirect("change", handle=handle.pk, pk=change.pk)


@require_POST
@requires(Permission.CHANGE_APPROVE)
def approve(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Let a change be sent."""
    return _decide(request, handle, pk, deciding.approve)


@require_POST
@requires(Permission.CHANGE_APPROVE)
def reject(request: StaffRequest, handle: Handle, pk: int) -> HttpResponse:
    """Turn a change down."""
    return _decide(request, handle, pk, deciding.reject)


def _decide(request: StaffRequest, handle: Handle, pk: int, decide: Verdict) -> HttpResponse:
    change = change_or_404(handle, pk)
    try:
        change = decide(change=change, by=request.user, role=request.actor.role)
    except deciding.OwnChange as error:
        messages.error(request, str(error))
    except Fenced:  # somebody else decided, or it was taken back
        messages.warning(request, _("This change had gone further by then; see where it stands."))
        change = change_or_404(handle, pk)
    ring(Lane(change.lane))
    return progress(request, handle, change)
