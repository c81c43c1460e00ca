"""What every page of the house needs to know."""

from functools import partial
from typing import Any

from django.http import HttpRequest

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission
from consentadmin.audit.seals import last_verification
from consentadmin.changes.queries import awaiting_approval


def _awaiting(staff: Staff) -> int:
    """Return how many changes wait for a second officer. Asked where a page shows it alone."""
    where = list(staff.datamarts(Permission.CHANGE_APPROVE))
    return awaiting_approval(datamarts=where).count()


def house(request: HttpRequest) -> dict[str, Any]:
    """Return what the viewer may do anywhere, and the datamarts to which nothing is sent."""
    staff = getattr(request, "user", None)
    if not isinstance(staff, Staff):
        return {}
    may = {
        permission.name.lower(): staff.role(permission) is not None
        for permission in Permission
        if permission is not Permission.SIGNED_IN
    }
    return {
        "may": may,
        "awaiting": partial(_awaiting, staff),
        "last_verification": last_verification,  # asked where a page shows it alone
        "troubled": staff.datamarts().exclude(sending_paused_at=None, down_since=None),
    }
