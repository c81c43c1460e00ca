"""The referentials of a datamart as last read, and having them read again."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.audit.clock import database_now
from consentadmin.changes.rules import milliseconds, moment
from consentadmin.datamarts import queries
from consentadmin.datamarts.models import Datamart
from consentadmin.tasks import datamarts as tasks
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.htmx import answer

PAGE = "datamarts/referentials.html"
PATIENCE = 60.0
LONGEST = 15


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading that was asked for at a time of the database's clock, and how it fares."""

    asked_at: datetime
    is_under_way: bool
    is_overdue: bool

    @classmethod
    def of(cls, datamart: Datamart, asked: int | None) -> "Reading | None":
        """Return how a reading asked for then (ms, UTC) fares by now, None when none was."""
        asked_at = moment(asked) if asked is not None else None
        if asked_at is None:
            return None
        ended = filter(None, [datamart.synced_at, datamart.sync_failed_at])
        is_under_way = not any(at >= asked_at for at in ended)
        waited = (database_now() - asked_at).total_seconds()
        return cls(asked_at, is_under_way, is_under_way and waited > PATIENCE)


@require_safe
@requires(Permission.REFERENTIALS_READ)
def referentials(request: StaffRequest, platform_id: str) -> HttpResponse:
    """Show what is known of the processings, compartments and channels of a datamart."""
    datamart = _datamart(request, platform_id, Permission.REFERENTIALS_READ)
    text = request.GET.get("asked", "")
    asked = int(text) if text.isdecimal() and len(text) <= LONGEST else None
    return _show(request, datamart, asked)


@require_POST
@requires(Permission.DATAMART_MANAGE)
def read_again(request: StaffRequest, platform_id: str) -> HttpResponse:
    """Have a worker read them again, and show how that fares."""
    datamart = _datamart(request, platform_id, Permission.DATAMART_MANAGE)
    asked = milliseconds(database_now())
    role = request.user.role(Permission.DATAMART_MANAGE, datamart)
    assert role, "the datamart is one they manage"
    if not tasks.read_again(datamart=platform_id, staff=request.user.pk, role=role.value):
        messages.error(request, _("No worker could be told. Try again in a moment."))
        return _show(request, datamart, None, status=503)
    address = f"{reverse('referentials', args=[platform_id])}?asked={asked}"
    return _show(request, datamart, asked, to=address)


def _datamart(request: StaffRequest, platform_id: str, permission: Permission) -> Datamart:
    datamart = request.user.datamarts(permission).filter(platform_id=platform_id).first()
    if datamart is None:
        raise Http404
    return datamart


def _show(
    request: StaffRequest,
    datamart: Datamart,
    asked: int | None,
    *,
    to: str | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "datamart": datamart,
        "found": queries.referentials(datamart),
        "reading": Reading.of(datamart, asked),
        "asked": asked,
        "may_read_again": request.user.role(Permission.DATAMART_MANAGE, datamart) is not None,
    }
    return answer(request, f"{PAGE}#referentials", context, to=to, status=status)
