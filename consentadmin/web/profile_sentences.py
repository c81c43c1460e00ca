"""The steps of a change of a profile as sentences: the compartment is told, never a value."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consentadmin.audit.words import Action
from consentadmin.changes.kinds import Kind

WRITTEN: dict[str, Promise] = {
    Action.CHANGE_ASKED: _("%(who)s asked to change the profile in %(compartment)s."),
    Action.CHANGE_APPROVED: _("%(who)s approved the change of the profile in %(compartment)s."),
    Action.CHANGE_REJECTED: _("%(who)s turned down the change of the profile in %(compartment)s."),
    Action.CHANGE_SENDING: _("%(who)s began to send the change of the profile in %(compartment)s."),
    Action.CHANGE_SENT: _(
        "The platform accepted the change of the profile in %(compartment)s; reading it back."
    ),
    Action.CHANGE_CONFIRMED: _(
        "The platform shows the profile in %(compartment)s as we expected it: confirmed."
    ),
    Action.CHANGE_NOT_SEEN: _(
        "The platform accepted the change of the profile in %(compartment)s but does not show it "
        "as we expected."
    ),
    Action.CHANGE_REQUEUED: _(
        "The change of the profile in %(compartment)s waits for another attempt."
    ),
    Action.CHANGE_CONFLICT: _(
        "The change of the profile in %(compartment)s was stopped: something else is there by now."
    ),
    Action.CHANGE_DECLINED: _(
        "The platform declined the change of the profile in %(compartment)s."
    ),
    Action.CHANGE_UNKNOWN: _(
        "It is not known whether the change of the profile in %(compartment)s arrived; reading it "
        "back."
    ),
    Action.CHANGE_STUCK: _(
        "The change of the profile in %(compartment)s is stuck: a person must decide."
    ),
    Action.CHANGE_CANCELLED: _("%(who)s cancelled the change of the profile in %(compartment)s."),
    Action.CHANGE_SUPERSEDED: _(
        "%(who)s superseded the change of the profile in %(compartment)s with a newer one."
    ),
    Action.CHANGE_RECHECKED: _(
        "%(who)s had the change of the profile in %(compartment)s looked for again."
    ),
    Action.CHANGE_EXPIRED: _(
        "The change of the profile in %(compartment)s waited too long for approval."
    ),
    Action.CHANGE_LATE_WRITE: _(
        "A late write stood over the change of the profile in %(compartment)s; %(who)s asked for "
        "it once more."
    ),
    Action.CHANGE_LATE: _(
        "A late result of the change of the profile in %(compartment)s was discarded."
    ),
}

DELETED: dict[str, Promise] = {
    Action.CHANGE_ASKED: _("%(who)s asked to delete the profile in %(compartment)s."),
    Action.CHANGE_APPROVED: _("%(who)s approved the deletion of the profile in %(compartment)s."),
    Action.CHANGE_REJECTED: _(
        "%(who)s turned down the deletion of the profile in %(compartment)s."
    ),
    Action.CHANGE_SENDING: _(
        "%(who)s began to ask the platform to delete the profile in %(compartment)s."
    ),
    Action.CHANGE_SENT: _(
        "The platform accepted the deletion of the profile in %(compartment)s; looking whether it "
        "is gone."
    ),
    Action.CHANGE_CONFIRMED: _(
        "The platform shows no profile in %(compartment)s any more: confirmed."
    ),
    Action.CHANGE_NOT_SEEN: _(
        "The platform accepted the deletion of the profile in %(compartment)s but goes on showing "
        "it."
    ),
    Action.CHANGE_REQUEUED: _(
        "The deletion of the profile in %(compartment)s waits for another attempt."
    ),
    Action.CHANGE_CONFLICT: _(
        "The deletion of the profile in %(compartment)s was stopped: something else is there by "
        "now."
    ),
    Action.CHANGE_DECLINED: _(
        "The platform declined the deletion of the profile in %(compartment)s."
    ),
    Action.CHANGE_UNKNOWN: _(
        "It is not known whether the deletion of the profile in %(compartment)s arrived; looking "
        "whether it is gone."
    ),
    Action.CHANGE_STUCK: _(
        "The deletion of the profile in %(compartment)s is stuck: a person must decide."
    ),
    Action.CHANGE_CANCELLED: _("%(who)s cancelled the deletion of the profile in %(compartment)s."),
    Action.CHANGE_SUPERSEDED: _(
        "%(who)s superseded the deletion of the profile in %(compartment)s with a newer change."
    ),
    Action.CHANGE_RECHECKED: _(
        "%(who)s had the deletion of the profile in %(compartment)s looked for again."
    ),
    Action.CHANGE_EXPIRED: _(
        "The deletion of the profile in %(compartment)s waited too long for approval."
    ),
    Action.CHANGE_LATE_WRITE: _(
        "A late write brought the profile in %(compartment)s back; %(who)s asked once more to "
        "delete it."
    ),
    Action.CHANGE_LATE: _(
        "A late result of the deletion of the profile in %(compartment)s was discarded."
    ),
}

SENTENCES: dict[str, dict[str, Promise]] = {
    Kind.PROFILE_PUT.value: WRITTEN,
    Kind.PROFILE_DELETE.value: DELETED,
}
"""By kind of change, then by action."""
