"""Who may enter: a view says what it requires, and a refusal leaves an entry (invariants 1, 7)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from consentadmin.accounts import services as accounts
from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission
from consentadmin.audit.services import record
from consentadmin.audit.words import Action, Actor, Outcome
from consentadmin.subjects.models import Erased, Handle
from consentadmin.subjects.queries import handle_of
from consentadmin.subjects.resolve import Elsewhere, Gone
from consentadmin.web import journeys


class StaffRequest(HttpRequest):
    """A request of a member of staff who may do what the view requires."""

    user: Staff
    actor: Actor
    htmx: HtmxDetails


class View(Protocol):
    """A view as the decorators leave it: it tells what it requires."""

    required: Permission | None

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Answer a request."""


def requires(permission: Permission) -> Callable[[Callable[..., HttpResponseBase]], View]:
    """Let only staff in who hold this permission, on the handle's datamart where there is one.

    Nobody signed in: to the sign-in page. No such right: 403 and an entry. A handle that is
    unknown, expired or somebody else's: 404 and an entry. A view may raise Elsewhere (on to the
    person they were merged into) and Gone.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> View:
        @wraps(view)
        def guarded(
            request: HttpRequest,
            *args: Any,  # noqa: ANN401
            **kwargs: Any,  # noqa: ANN401
        ) -> HttpResponseBase:
            staff = request.user
            if not isinstance(staff, Staff):
                return _to_sign_in(request)
            ours = cast("StaffRequest", request)
            if "handle" in kwargs:
                kwargs["handle"] = _handle(staff, kwargs["handle"], permission)
            enter(ours, permission, kwargs.get("handle"))
            try:
                return view(ours, *args, **kwargs)
            except Elsewhere as found:
                return journeys.follow(ours, kwargs["handle"], found.subject)
            except Gone:
                return journeys.gone(ours)
            except Erased:
                raise Http404(_("This person was erased.")) from None

        guarded.required = permission  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


def public(view: Callable[..., HttpResponseBase]) -> View:
    """Say of a view that it is for everybody, signed in or not."""
    view.required = None  # type: ignore[attr-defined]
    return cast("View", view)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(resolve_url("account_login"))
    if request.method not in {"GET", "HEAD"}:  # what was posted is gone: begin at the beginning
        return redirect("account_login")
    return redirect_to_login(request.get_full_path())


def _handle(staff: Staff, token: str, permission: Permission) -> Handle:
    try:
        return handle_of(staff=staff, token=token)
    except Handle.DoesNotExist:
        record(
            action=Action.REFUSED,
            actor=staff.actor(staff.role(permission)),
            outcome=Outcome.NOT_FOUND,
            data={"permission": permission.name, "handle": "unknown"},
        )
        raise Http404(_("This page has expired. Look the person up again.")) from None


def enter(request: StaffRequest, permission: Permission, handle: Handle | None) -> None:
    """Let a member of staff go on under the role that may do this, on the handle's datamart.

    Raises PermissionDenied, with an entry, when they may not.
    """
    datamart = handle.subject.datamart if handle else None
    role = request.user.role(permission, datamart)
    if role is None and permission is not Permission.SIGNED_IN:
        record(
            action=Action.REFUSED,
            actor=request.user.actor(),
            outcome=Outcome.REFUSED,
            datamart=datamart.platform_id if datamart else "",
            subject=handle.subject_id if handle else None,
            data={"permission": permission.name},
        )
        raise PermissionDenied(
            _("Your role does not allow you to %(what)s.") % {"what": permission.value}
        )
    request.actor = request.user.actor(role)


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """How django-allauth signs staff in here: no sign-up, and each sign-in in the trail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Staff are added by an administrator, never by themselves."""
        return False

    def post_login(self, request: HttpRequest, user: Staff, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Record the sign-in before anything is shown."""
        accounts.signed_in(staff=user)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def logout(self, request: HttpRequest) -> None:
        """Record the sign-out."""
        if isinstance(request.user, Staff):
            accounts.signed_out(staff=request.user)
        super().logout(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401
        """Record a sign-in that is not even tried, after too many failures."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            accounts.sign_in_failed(email=str(credentials.get("email", "")), slowed=True)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401
        """Record a failed sign-in."""
        super().authentication_failed(request, **credentials)
        accounts.sign_in_failed(email=str(credentials.get("email", "")))

    def respond_user_inactive(self, request: HttpRequest, user: Staff) -> HttpResponse:
        """Tell staff who left no more than anybody else, and record the attempt."""
        accounts.sign_in_failed(email=user.email)
        messages.error(request, _("This account can no longer sign in here."))
        return redirect("account_login")

    def add_message(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Say nothing on sign-in and sign-out: the page that follows says it."""
