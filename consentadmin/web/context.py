"""What every page of the house needs to know."""

from typing import Any

from django.http import HttpRequest

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission


def house(request: HttpRequest) -> dict[str, Any]:
    """Return what the viewer may do anywhere, and the datamarts to which sending is paused."""
    staff = getattr(request, "user", None)
    if not isinstance(staff, Staff):
        return {}
    may = {
        permission.name.lower(): staff.role(permission) is not None
        for permission in Permission
        if permission is not Permission.SIGNED_IN
    }
    return {"may": may, "paused": staff.datamarts().exclude(sending_paused_at=None)}
