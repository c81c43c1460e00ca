"""The trail's vocabulary: what can be done, and how it can end. One word for each."""

from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Action(TextChoices):
    """What was done. The value is stored for ever: never reuse or rename one."""

    SIGNED_IN = "staff.signed-in", _("signed in")
    SIGN_IN_FAILED = "staff.sign-in-failed", _("failed to sign in")
    SIGNED_OUT = "staff.signed-out", _("signed out")
    STAFF_ADDED = "staff.added", _("added staff")
    LOOKED_UP = "person.looked-up", _("looked up a person")
    READ = "person.read", _("read a person")
    JOINED = "person.joined", _("joined two records of a person")
    PARTED = "person.parted", _("parted two records of a person")
    REFUSED = "access.refused", _("was refused")
    TRAIL_READ = "trail.read", _("read the trail")
    TRAIL_VERIFIED = "trail.verified", _("verified the trail")
    TRAIL_PRUNED = "trail.pruned", _("pruned the trail")
    DATAMART_SET = "datamart.set", _("set up a datamart")
    DATAMART_SYNCED = "datamart.synced", _("read the referentials")
    SENDING_PAUSED = "datamart.sending-paused", _("paused sending")
    SENDING_RESUMED = "datamart.sending-resumed", _("resumed sending")
    DATAMART_POLICY = "datamart.policy", _("set what needs approval")
    DATAMART_DOWN = "datamart.down", _("found the platform out of order")
    DATAMART_UP = "datamart.up", _("found the platform in order again")
    EXPORT_ASKED = "export.asked", _("asked for an export")
    EXPORT_MADE = "export.made", _("wrote an export")
    EXPORT_FAILED = "export.failed", _("failed to write an export")
    EXPORT_CANCELLED = "export.cancelled", _("cancelled an export")
    EXPORT_DOWNLOADED = "export.downloaded", _("downloaded an export")
    EXPORT_EXPIRED = "export.expired", _("dropped an expired export")
    EXPORT_DELIVERED = "export.delivered", _("delivered an export")
    EXPORT_RETRIED = "export.retried", _("had an export delivered again")
    SIGNING_KEY_USED = "key.signing-used", _("used a signing key for the first time")
    SIGNING_KEY_REFUSED = "key.signing-refused", _("refused a signing key")
    TOKEN_USED = "key.token-used", _("used an API token for the first time")
    CHANGE_ASKED = "change.asked", _("asked for a change")
    CHANGE_APPROVED = "change.approved", _("approved a change")
    CHANGE_REJECTED = "change.rejected", _("rejected a change")
    CHANGE_SENDING = "change.sending", _("began sending a change")
    CHANGE_SENT = "change.sent", _("sent a change")
    CHANGE_CONFIRMED = "change.confirmed", _("saw a change confirmed")
    CHANGE_NOT_SEEN = "change.not-seen", _("never saw a change appear")
    CHANGE_REQUEUED = "change.requeued", _("put a change back in the queue")
    CHANGE_CONFLICT = "change.conflict", _("stopped a change at a conflict")
    CHANGE_DECLINED = "change.declined", _("had a change declined")
    CHANGE_UNKNOWN = "change.unknown", _("lost sight of a change")
    CHANGE_STUCK = "change.stuck", _("gave a change up to a person")
    CHANGE_CANCELLED = "change.cancelled", _("cancelled a change")
    CHANGE_SUPERSEDED = "change.superseded", _("superseded a change")
    CHANGE_RECHECKED = "change.rechecked", _("had a change looked for again")
    CHANGE_EXPIRED = "change.expired", _("let the approval of a change expire")
    CHANGE_LATE = "change.late", _("discarded a late result of a change")
    CHANGE_LATE_WRITE = "change.late-write", _("found a late write over a newer change")


def actions() -> list[tuple[str, Any]]:
    """Return every action with its words, as a field's choices: a new one needs no migration."""
    return Action.choices


class Outcome(TextChoices):
    """How it ended."""

    DONE = "done", _("done")
    PARTIAL = "partial", _("partly done")
    NOT_FOUND = "not-found", _("not found")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted, as a snapshot: an entry stays readable when the member of staff has left.

    `id` is None for the house itself. `role` is the role under which the act was allowed.
    """

    id: int | None
    name: str
    role: str


HOUSE = Actor(id=None, name="consentadmin", role="house")
"""The house itself: the worker, the sweeper, a command."""

NOBODY = Actor(id=None, name="somebody not signed in", role="")
"""A person at the sign-in page who is nobody to us yet."""
