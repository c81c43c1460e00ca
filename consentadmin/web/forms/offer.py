"""What an activity is made of: what there is to choose from, and what staff reviewed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core import signing

from consentadmin.accounts.models import Staff
from consentadmin.changes.activities import packed, unpacked
from consentadmin.changes.kinds import Cause
from consentadmin.changes.models import Change
from consentadmin.changes.services import Why, request_activity
from consentadmin.datamarts.models import Channel, Datamart, Processing
from consentadmin.mediarithmics.activities import Activity
from consentadmin.subjects.models import Handle
from consentadmin.userpoints.naming import Name
from consentadmin.userpoints.services import Ours

REVIEW_LIFE = 3600
SITES, APPS = "SITE", "MOBILE_APPLICATION"


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from: the person's own identifiers, and our referentials.

    `names` is None where the platform could not be asked for them.
    """

    datamart: Datamart
    names: Sequence[Name] | None = field(repr=False)
    ours: Ours = field(repr=False)

    @property
    def processings(self) -> Sequence[Processing]:
        """The processings that there still are."""
        return [one for one in self.ours.processings if one.gone_at is None]

    @property
    def accounts(self) -> list[Name]:
        """The person's accounts: whose profiles an event can write to."""
        return [name for name in self.names or () if name.is_account]

    @property
    def sites(self) -> list[Channel]:
        """The sites that there still are."""
        return [one for one in self.ours.channels if one.kind == SITES and one.gone_at is None]

    @property
    def apps(self) -> list[Channel]:
        """The apps that there still are."""
        return [one for one in self.ours.channels if one.kind == APPS and one.gone_at is None]

    def preselected(self) -> list[str]:
        """The keys of what the person is known by: no device, unless there is nothing else."""
        names = self.names or ()
        return [one.key for one in names if not one.is_device] or [one.key for one in names[:1]]


@dataclass(frozen=True, slots=True)
class Draft:
    """An activity that staff reviewed, and why; signed, so that it is what they send."""

    activity: Activity
    cause: str
    note: str

    def sign(self, handle: Handle) -> str:
        """Return this as a signed text for a hidden field of the page it was shown on."""
        told = {"a": packed(self.activity), "k": self.cause, "n": self.note}
        return signing.dumps(told, salt=f"activity {handle.pk}", compress=True)

    @classmethod
    def read(cls, signed: str, handle: Handle) -> "Draft":
        """Return what was signed. Raises signing.BadSignature when altered or an hour old."""
        found = signing.loads(signed, salt=f"activity {handle.pk}", max_age=REVIEW_LIFE)
        return cls(unpacked(found["a"]), found["k"], found["n"])

    def request(self, handle: Handle, *, by: Staff, role: str) -> Change:
        """Ask for what was reviewed. Raises NoPoint, InvalidBody."""
        why = Why(Cause(self.cause), self.note)
        return request_activity(handle=handle, activity=self.activity, why=why, by=by, role=role)
