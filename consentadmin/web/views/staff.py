"""Coming in and going out."""

from allauth.account.views import LoginView, LogoutView
from django.http import HttpResponse
from django.shortcuts import redirect, render

from consentadmin.accounts.permissions import Permission
from consentadmin.web.access import StaffRequest, public, requires

sign_in = public(LoginView.as_view())
sign_out = public(LogoutView.as_view())


@requires(Permission.SIGNED_IN)
def home(request: StaffRequest) -> HttpResponse:
    """Lead to where this member of staff works."""
    doors = {
        Permission.LOOK_UP: "look-up",
        Permission.TRAIL_READ: "trail",
        Permission.DATAMART_MANAGE: "datamarts",
    }
    for permission, page in doors.items():
        if request.user.role(permission):
            return redirect(page)
    return render(request, "accounts/no_role.html", status=403)
