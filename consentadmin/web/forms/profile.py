"""The form of a profile: one draft, seen as fields or as JSON, and how it is to be written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consentadmin.changes.documents import profile_key
from consentadmin.datamarts.models import Compartment
from consentadmin.mediarithmics import selectors
from consentadmin.mediarithmics.errors import InvalidSelector
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.shapes import Profile
from consentadmin.subjects.models import Handle
from consentadmin.web.forms import json_text
from consentadmin.web.forms.nodes import Nodes, Type, Unreadable, why_not_laid_out
from consentadmin.web.forms.why import WhyForm

FIELDS, RAW = "fields", "raw"

WAYS = {
    "": (
        gettext_lazy("Whatever changes least and reaches your draft"),
        gettext_lazy("The review tells which of the next three it is."),
    ),
    ProfileStrategy.PARTIAL_UPDATE.value: (
        gettext_lazy("Update fields"),
        gettext_lazy("New and changed fields are written; nothing is ever removed."),
    ),
    ProfileStrategy.PARTIAL_DELETE.value: (
        gettext_lazy("Delete fields"),
        gettext_lazy("The fields you removed go; nothing else changes."),
    ),
    ProfileStrategy.FORCE_REPLACE.value: (
        gettext_lazy("Replace all"),
        gettext_lazy("The whole profile becomes your draft; what is not in it is lost."),
    ),
}
"""How a draft can be written, each in words for who has never seen the platform's names."""

OLDER_WAYS = {
    ProfileStrategy.LEGACY_MERGE.value: (
        gettext_lazy("Merge, whole fields"),
        gettext_lazy(
            "As older systems write: new and changed fields are written, and an object that "
            "changes in part is written whole. A field at the top is never removed."
        ),
    ),
    ProfileStrategy.LEGACY_MERGE_OBJECTS.value: (
        gettext_lazy("Merge, objects in depth"),
        gettext_lazy(
            "As older systems write: objects are merged field by field, lists are written whole. "
            "Nothing is ever removed."
        ),
    ),
    ProfileStrategy.LEGACY_REPLACE.value: (
        gettext_lazy("Replace, the older way"),
        gettext_lazy("The same as “Replace all”, as older systems ask for it."),
    ),
}


@dataclass(frozen=True, slots=True)
class Target:
    """Whose profile is worked on, and its custom fields as staff saw them.

    `seen` is None where there was no profile: then one is made, for an account that is `attached`
    to the person by it. `system` are the platform's own fields, to be shown.
    """

    compartment: str
    account: str = field(repr=False)
    seen: dict[str, Any] | None = field(repr=False)
    attached: bool = False
    system: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, profile: Profile) -> "Target":
        """Return a profile as it was just read; only one that can be named (PLATFORM §5)."""
        assert profile.compartment, "what goes by a key has a compartment"
        assert profile.account, "and an account"
        times = {
            "$creation_ts": profile.creation_ts,
            "$last_modified_ts": profile.last_modified_ts,
            "$expiration_ts": profile.expiration_ts,
        }
        told = {name: ts for name, ts in times.items() if ts is not None}
        system = {**told, **profile.system}
        return cls(profile.compartment, profile.account, dict(profile.customs), system=system)

    @property
    def key(self) -> str:
        """What the profile goes by in our addresses."""
        return profile_key(self.compartment, self.account)

    def sign(self, handle: Handle) -> str:
        """Return this as a signed text for a hidden field."""
        parts = [self.compartment, self.account, self.seen, self.attached, self.system]
        return signing.dumps(parts, salt=f"profile {handle.pk}", compress=True)

    @classmethod
    def read(cls, signed: str, handle: Handle) -> "Target":
        """Return what was signed for this handle. Raises signing.BadSignature."""
        return cls(*signing.loads(signed, salt=f"profile {handle.pk}"))


class Draft:
    """A profile as it should be, while it is worked on: as fields, or as JSON.

    Both are views of one draft. What can't be laid out as fields is shown as JSON, and `why_raw`
    says why.
    """

    def __init__(self, view: str, *, text: str = "", nodes: Nodes | None = None) -> None:
        self.view, self.text, self.nodes = view, text, nodes or Nodes()
        self.why_raw = self.error = ""

    @classmethod
    def of(cls, customs: Mapping[str, Any], view: str = FIELDS) -> "Draft":
        """Return a draft of what a profile is, in this view where it can be."""
        why_raw = why_not_laid_out(customs) if view == FIELDS else ""
        if view == FIELDS and not why_raw:
            return cls(FIELDS, nodes=Nodes.of(customs))
        draft = cls(RAW, text=json_text.text_of(dict(customs)))
        draft.why_raw = why_raw
        return draft

    @classmethod
    def posted(cls, data: QueryDict) -> "Draft":
        """Return a draft as it was typed."""
        if data.get("view") == RAW:
            return cls(RAW, text=data.get("text", "").replace("\r\n", "\n"))
        return cls(FIELDS, nodes=Nodes.posted(data))

    @property
    def types(self) -> list[tuple[str, str]]:
        """What a value can be, and in words."""
        return [(value, str(label)) for value, label in Type.choices]

    def turned(self, view: str, *, seen: object) -> "Draft":
        """Return the same draft in this view where it can be. Raises Unreadable, as `read`."""
        if view == self.view:
            return self
        found = Draft.of(self.read(seen=seen), view)
        if found.view == RAW and self.view == RAW:  # the text stays as it was typed
            found.text = self.text
        return found

    def read(self, *, seen: object) -> dict[str, Any]:
        """Return the profile that was typed. Raises Unreadable, the sentences left in the draft.

        Numbers that are too large are taken where `seen` holds them already.
        """
        known = json_text.LargeNumbers(seen)
        try:
            if self.view == RAW:
                return json_text.read_object(self.text, known=known)
            found = self.nodes.read(known=known)
            json_text.read_object(json_text.text_of(found), known=known)
        except ValueError as error:
            self.error = str(error)
            raise Unreadable(self.error) from None
        return found


class ProfileForm(WhyForm):
    """Takes a draft, how it is to be written, and why. Gives `desired` and `strategy`."""

    strategy = forms.ChoiceField(
        label=gettext_lazy("How it is written"),
        required=False,
        choices=[(way, words[0]) for way, words in {**WAYS, **OLDER_WAYS}.items()],
    )

    def __init__(
        self, data: QueryDict | None = None, *, target: Target, draft: Draft, check: bool = True
    ) -> None:
        """Take what was typed; unless it is to be checked, without a word about what is wrong."""
        kept = {name: data.get(name, "") for name in self.base_fields} if data else {}
        super().__init__(data if check else None, initial=kept)
        self.target, self.draft = target, draft

    def clean(self) -> dict[str, Any]:
        """Give `desired`, the profile as it should be, and `strategy`, None for the narrowest."""
        data = super().clean()
        try:
            data["desired"] = self.draft.read(seen=self.target.seen)
        except Unreadable:
            self.add_error(None, _("The profile can't be read as you typed it."))
        asked = data.get("strategy")
        data["strategy"] = ProfileStrategy(asked) if asked else None
        return data

    @property
    def ways(self) -> list[tuple[str, Any, Any]]:
        """How it can be written: value, label and explanation."""
        return [(way, *words) for way, words in WAYS.items()]

    @property
    def older_ways(self) -> list[tuple[str, Any, Any]]:
        """The ways of older systems, likewise."""
        return [(way, *words) for way, words in OLDER_WAYS.items()]

    @property
    def is_older_way(self) -> bool:
        """Whether one of those is chosen."""
        return self["strategy"].value() in OLDER_WAYS


class AccountForm(forms.Form):
    """Takes the account that a new profile is for."""

    compartment = forms.ChoiceField(label=gettext_lazy("Compartment"))
    account = forms.CharField(label=gettext_lazy("Account id"), max_length=600)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, compartments: Sequence[Compartment]
    ) -> None:
        super().__init__(data)
        field = cast("forms.ChoiceField", self.fields["compartment"])
        field.choices = [(one.platform_id, one.name) for one in compartments]

    def clean_account(self) -> str:
        """Return the account id, as the platform can take it."""
        try:
            return selectors.clean(str(self.cleaned_data["account"]))
        except InvalidSelector as error:
            raise forms.ValidationError(str(error)) from None
