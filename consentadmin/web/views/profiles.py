"""A person's profiles: one read anew, edited, made and deleted."""

from typing import Any

from django.contrib import messages
from django.core.signing import BadSignature
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consentadmin.accounts.permissions import Permission
from consentadmin.changes.documents import ProfileWish
from consentadmin.changes.models import Change
from consentadmin.changes.queries import change_of
from consentadmin.changes.services import AlreadyPending, request_profile
from consentadmin.datamarts import queries as datamarts
from consentadmin.mediarithmics.errors import NotFound, PlatformError
from consentadmin.subjects.models import Handle
from consentadmin.userpoints import profiles
from consentadmin.userpoints import services as userpoints
from consentadmin.userpoints.profiles import ProfileCard
from consentadmin.web.access import StaffRequest, requires
from consentadmin.web.forms.profile import AccountForm, Draft, Target
from consentadmin.web.forms.why import WhyForm
from consentadmin.web.htmx import answer
from consentadmin.web.journeys import go
from consentadmin.web.profile_work import AnothersAccount, Work, fresh_target
from consentadmin.web.troubles import PROFILE, trouble

ARTICLE, NEW, DELETION = (
    "profiles/profile.html#article",
    "profiles/new.html#work",
    "profiles/delete.html#work",
)


@require_safe
@requires(Permission.PERSON_READ)
def profile(request: StaffRequest, handle: Handle, key: str) -> HttpResponse:
    """Show one profile as it is now, or that there is none."""
    context = _context(handle, key=key)
    try:
        context["card"] = profiles.read_profile(handle=handle, key=key, actor=request.actor)
    except NotFound:
        context["is_missing"] = True
    except PlatformError as error:
        context["trouble"] = trouble(error, PROFILE)
    return answer(request, ARTICLE, context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.PROFILE_EDIT)
def edit_profile(request: StaffRequest, handle: Handle, key: str) -> HttpResponse:
    """Edit a profile as a draft, show what will be sent and what we expect of it, and send it."""
    if request.method == "POST":
        return _posted(request, handle)
    try:
        card = profiles.read_profile(handle=handle, key=key, actor=request.actor)
    except PlatformError as error:
        return _unread(request, "profiles/edit.html", handle, error)
    draft = _draft_of(_again(request, handle))
    work = Work.begun(request, handle, _target(card), draft)
    return work.editor(is_read=True, change=card.change, is_again=draft is not None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.PROFILE_EDIT)
def new_profile(request: StaffRequest, handle: Handle) -> HttpResponse:
    """Make a profile for an account: first whose the account is, then as an edit."""
    if "target" in request.POST:
        return _posted(request, handle)
    again = _again(request, handle)
    typed = {"compartment": again.compartment, "account": again.account} if again else None
    context = _context(handle)
    form = AccountForm(request.POST or typed, compartments=context["compartments"])
    if not form.is_valid():
        if not request.htmx:
            userpoints.note_page(handle=handle, actor=request.actor, what="profile")
        return answer(request, NEW, context | {"form": form}, status=422 if form.errors else 200)
    return _probed(request, handle, context | {"form": form}, _draft_of(again))


def _probed(
    request: StaffRequest, handle: Handle, context: dict[str, Any], draft: Draft | None
) -> HttpResponse:
    """Go on with an account that a profile can be made for, and say why with any other."""
    form: AccountForm = context["form"]
    target = Target(form.cleaned_data["compartment"], form.cleaned_data["account"], None)
    try:
        fresh = fresh_target(request, handle, target)
    except AnothersAccount as error:
        form.add_error("account", str(error))
        return answer(request, NEW, context, status=422)
    except PlatformError as error:
        context["trouble"] = trouble(error)
        return answer(request, NEW, context, status=200 if request.htmx else 503)
    if fresh.seen is not None:
        return answer(request, NEW, context | {"existing": fresh}, status=422)
    return Work.begun(request, handle, fresh, draft).editor(is_read=True)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.PROFILE_EDIT)
def delete_profile(request: StaffRequest, handle: Handle, key: str) -> HttpResponse:
    """Show what a deletion takes away, and ask for it; a second officer must approve."""
    if request.method == "POST":
        return _ask_deletion(request, handle)
    try:
        card = profiles.read_profile(handle=handle, key=key, actor=request.actor)
    except PlatformError as error:
        return _unread(request, "profiles/delete.html", handle, error)
    return _deletion(request, handle, _target(card), WhyForm(), change=card.change)


def _ask_deletion(request: StaffRequest, handle: Handle) -> HttpResponse:
    try:
        target = Target.read(request.POST.get("target", ""), handle)
    except BadSignature:
        raise Http404(_("This page has expired. Open the profile again.")) from None
    form = WhyForm(request.POST)
    if not form.is_valid():
        return _deletion(request, handle, target, form)
    wish = ProfileWish(target.compartment, target.account, target.seen, None, None)
    try:
        change = request_profile(
            handle=handle, wish=wish, why=form.why, by=request.user, role=request.actor.role
        )
    except AlreadyPending as error:
        form.add_error(None, str(error))
        return _deletion(request, handle, target, form)
    messages.success(request, _("The deletion is asked for. A second officer must approve it."))
    return go(request, "change", handle=handle.pk, pk=str(change.pk))


def _deletion(
    request: StaffRequest, handle: Handle, target: Target, form: WhyForm, **more: object
) -> HttpResponse:
    if form.is_bound and not request.htmx:
        userpoints.note_page(handle=handle, actor=request.actor, what="profile")
    token = target.sign(handle)
    context = _context(handle, form=form, target=target, token=token) | more
    return answer(request, DELETION, context, status=422 if form.errors else 200)


def _posted(request: StaffRequest, handle: Handle) -> HttpResponse:
    try:
        work = Work.posted(request, handle)
    except BadSignature:
        raise Http404(_("This page has expired. Open the profile again.")) from None
    return work.step()


def _unread(request: StaffRequest, page: str, handle: Handle, error: PlatformError) -> HttpResponse:
    """Say why a profile can't be worked on."""
    context = _context(handle, trouble=trouble(error, PROFILE), again=request.get_full_path())
    return answer(request, page, context, status=404 if isinstance(error, NotFound) else 503)


def _context(handle: Handle, **more: object) -> dict[str, Any]:
    compartments = datamarts.compartments(handle.subject.datamart)
    return {"handle": handle, "compartments": compartments, **more}


def _target(card: ProfileCard) -> Target:
    assert card.profile, "read_profile found it"
    return Target.of(card.profile)


def _again(request: StaffRequest, handle: Handle) -> ProfileWish | None:
    """Return what an earlier change wished of a profile, where the address names one."""
    pk = request.GET.get("again", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    try:
        change = change_of(subject=handle.subject, pk=int(pk))
    except Change.DoesNotExist:
        return None
    return change.profile if change.is_profile and change.profile.expected is not None else None


def _draft_of(wish: ProfileWish | None) -> Draft | None:
    return Draft.of(wish.expected) if wish and wish.expected is not None else None
