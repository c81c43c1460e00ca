"""A draft of a profile on its way: edited, reviewed, sent. Each step is one POST of its page."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.signing import BadSignature
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from consentadmin.changes.drafts import replayed, side_by_side
from consentadmin.changes.profiles import is_same
from consentadmin.changes.services import AlreadyPending, request_profile
from consentadmin.changes.states import Lane
from consentadmin.datamarts import queries as datamarts
from consentadmin.mediarithmics.errors import NotFound, PlatformError
from consentadmin.mediarithmics.selectors import AccountSelector
from consentadmin.subjects.models import Handle
from consentadmin.tasks.changes import ring
from consentadmin.userpoints import profiles
from consentadmin.userpoints import services as userpoints
from consentadmin.userpoints.profiles import AccountStanding
from consentadmin.web.access import StaffRequest
from consentadmin.web.forms import plan
from consentadmin.web.forms.json_text import text_of
from consentadmin.web.forms.nodes import Unreadable
from consentadmin.web.forms.plan import Plan
from consentadmin.web.forms.profile import FIELDS, RAW, Draft, ProfileForm, Target
from consentadmin.web.htmx import answer
from consentadmin.web.journeys import go
from consentadmin.web.outcome import MOST_PATHS
from consentadmin.web.troubles import PROFILE, trouble

PAGE = "profiles/edit.html#work"
CHECKED = frozenset({"review", "send"})


class AnothersAccount(Exception):
    """The account is another person's: nothing may be written for it here."""

    def __str__(self) -> str:
        return str(_("This account is another person's. A profile written for it would be theirs."))


@dataclass(slots=True)
class Work:
    """One draft, as its page shows it; `token` is the signed target for its next step."""

    request: StaffRequest
    handle: Handle
    form: ProfileForm
    token: str

    @classmethod
    def begun(
        cls, request: StaffRequest, handle: Handle, target: Target, draft: Draft | None = None
    ) -> "Work":
        """Begin to work on a profile, with a draft of what is there unless another is given."""
        form = ProfileForm(target=target, draft=draft or Draft.of(target.seen or {}))
        return cls(request, handle, form, target.sign(handle))

    @classmethod
    def posted(cls, request: StaffRequest, handle: Handle) -> "Work":
        """Return the work as its page posted it. Raises BadSignature for another's target."""
        token, data = request.POST.get("target", ""), request.POST
        target = Target.read(token, handle)
        check = data.get("step") in CHECKED
        form = ProfileForm(data, target=target, draft=Draft.posted(data), check=check)
        return cls(request, handle, form, token)

    def step(self) -> HttpResponse:
        """Do what was asked for by the button that was pressed."""
        name, _colon, at = self.request.POST.get("step", "").partition(":")
        match name:
            case "review":
                return self._review()
            case "send":
                return self._send()
            case "replay" | "rebase":
                return self._go_on_what_is_there(replay=name == "replay")
            case "add":
                self.form.draft.nodes.add(at)
                return self.editor(is_adding=True)
            case "fields" | "raw" | "edit":
                back = self.request.POST.get("back", FIELDS) if name == "edit" else name
                return self._turn(RAW if back == RAW else FIELDS)
        return self.editor()

    def editor(self, *, status: int = 200, is_read: bool = False, **more: Any) -> HttpResponse:  # noqa: ANN401
        """Show the draft to be edited. `is_read`: what is shown was read and noted just now."""
        if not self.request.htmx and not is_read:
            userpoints.note_page(handle=self.handle, actor=self.request.actor, what="profile")
        return self._answer("editor", status, **more)

    def _answer(self, stage: str, status: int = 200, **more: Any) -> HttpResponse:  # noqa: ANN401
        context = {
            "handle": self.handle,
            "form": self.form,
            "draft": self.form.draft,
            "target": self.form.target,
            "token": self.token,
            "stage": stage,
            "compartments": datamarts.compartments(self.handle.subject.datamart),
        }
        return answer(self.request, PAGE, context | more, status=status)

    def _turn(self, view: str) -> HttpResponse:
        try:
            self.form.draft = self.form.draft.turned(view, seen=self.form.target.seen)
        except Unreadable:
            return self.editor(status=422)
        return self.editor()

    def _review(self) -> HttpResponse:
        if not self.form.is_valid():
            return self.editor(status=422)
        try:
            fresh = fresh_target(self.request, self.handle, self.form.target)
        except AnothersAccount as error:
            return self.editor(status=422, is_read=True, refused=str(error))
        except PlatformError as error:
            return self._failed(error)
        data = self.form.cleaned_data
        if not is_same(fresh.seen, self.form.target.seen):
            sides = side_by_side(
                self.form.target.seen, fresh.seen, data["desired"], most=MOST_PATHS
            )
            return self._answer("conflict", 422, sides=sides, now=fresh, carried=self._carried())
        found, carried = Plan.of(fresh, data["desired"], data["strategy"]), self._carried()
        signed = plan.sign(self.handle, self.token, carried, data["strategy"] or "")
        self.form.target = fresh
        return self._answer("review", plan=found, signed=signed, carried=carried)

    def _failed(self, error: PlatformError) -> HttpResponse:
        status = 200 if self.request.htmx else 503
        return self.editor(status=status, is_read=True, trouble=trouble(error, PROFILE))

    def _carried(self) -> str:
        """Return the draft as JSON, for a hidden field: as typed where it was typed so."""
        draft = self.form.draft
        return draft.text if draft.view == RAW else text_of(self.form.cleaned_data["desired"])

    def _send(self) -> HttpResponse:
        if not self.form.is_valid():
            return self.editor(status=422)
        data, staff = self.form.cleaned_data, self.request.user
        try:
            review, typed = self.request.POST.get("review", ""), self.form.draft.text
            plan.check(review, self.handle, self.token, typed, data["strategy"] or "")
            found = Plan.of(self.form.target, data["desired"], data["strategy"])
            if found.wish is None:
                return self.editor(status=422)
            change = request_profile(
                handle=self.handle,
                wish=found.wish,
                why=self.form.why,
                by=staff,
                role=self.request.actor.role,
                by_event=self._event(found),
                now=timezone.now(),
            )
        except (BadSignature, AlreadyPending) as error:
            stale = _("This review has expired. Review the change once more.")
            refused = stale if isinstance(error, BadSignature) else str(error)
            return self.editor(status=422, refused=refused)
        ring(Lane(change.lane))
        messages.success(self.request, _("The change is queued. This page shows how it fares."))
        return go(self.request, "change", handle=self.handle.pk, pk=str(change.pk))

    def _event(self, found: Plan) -> AccountSelector | None:
        """Return what names the person in an event, where it is to go as one and can."""
        if "by_event" not in self.request.POST or not found.can_be_event or found.wish is None:
            return None
        return AccountSelector(found.wish.compartment, found.wish.account)

    def _go_on_what_is_there(self, *, replay: bool) -> HttpResponse:
        """Take what is there now for what was seen; the draft's own changes are kept, or all of it.

        Replayed, the draft takes over what somebody else has changed; kept as it is, it undoes it.
        """
        target, draft = self.form.target, self.form.draft
        try:
            desired = draft.read(seen=target.seen)
            fresh = fresh_target(self.request, self.handle, target)
        except Unreadable:
            return self.editor(status=422)
        except AnothersAccount as error:
            return self.editor(status=422, is_read=True, refused=str(error))
        except PlatformError as error:
            return self._failed(error)
        if replay:
            desired = replayed(target.seen or {}, fresh.seen or {}, desired)
        back = RAW if self.request.POST.get("back") == RAW else FIELDS
        self.form.target, self.form.draft = fresh, Draft.of(desired, back)
        self.token = fresh.sign(self.handle)
        return self.editor(is_read=True, moved_on="replay" if replay else "rebase")


def fresh_target(request: StaffRequest, handle: Handle, target: Target) -> Target:
    """Read how the profile stands now. Raises AnothersAccount, PlatformError, Elsewhere, Gone."""
    if target.seen is None:
        standing = profiles.probe_account(
            handle=handle,
            compartment=target.compartment,
            account=target.account,
            actor=request.actor,
        )
        if standing is AccountStanding.ANOTHERS:
            raise AnothersAccount
        if standing is not AccountStanding.OURS_WITH_PROFILE:
            return replace(target, attached=standing is AccountStanding.NOBODYS)
    gone = replace(target, seen=None, attached=False, system={})
    try:
        card = profiles.read_profile(handle=handle, key=target.key, actor=request.actor)
    except NotFound:
        return gone
    return Target.of(card.profile) if card.profile else gone
