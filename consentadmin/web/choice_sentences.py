"""The steps of the deletion of a choice as sentences."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consentadmin.audit.words import Action
from consentadmin.changes.kinds import Kind

DELETED: dict[str, Promise] = {
    Action.CHANGE_ASKED: _("%(who)s asked to delete the choice on %(processing)s."),
    Action.CHANGE_APPROVED: _("%(who)s approved the deletion of the choice on %(processing)s."),
    Action.CHANGE_REJECTED: _("%(who)s turned down the deletion of the choice on %(processing)s."),
    Action.CHANGE_SENDING: _(
        "%(who)s began to ask the platform to delete the choice on %(processing)s."
    ),
    Action.CHANGE_SENT: _(
        "The platform accepted the deletion of the choice on %(processing)s; looking whether it is "
        "gone."
    ),
    Action.CHANGE_CONFIRMED: _(
        "The platform shows no choice on %(processing)s any more: confirmed."
    ),
    Action.CHANGE_NOT_SEEN: _(
        "The platform accepted the deletion of the choice on %(processing)s but goes on showing it."
    ),
    Action.CHANGE_REQUEUED: _(
        "The deletion of the choice on %(processing)s waits for another attempt."
    ),
    Action.CHANGE_CONFLICT: _(
        "The deletion of the choice on %(processing)s was stopped: something else is there by now."
    ),
    Action.CHANGE_DECLINED: _(
        "The platform declined the deletion of the choice on %(processing)s."
    ),
    Action.CHANGE_UNKNOWN: _(
        "It is not known whether the deletion of the choice on %(processing)s arrived; looking "
        "whether it is gone."
    ),
    Action.CHANGE_STUCK: _(
        "The deletion of the choice on %(processing)s is stuck: a person must decide."
    ),
    Action.CHANGE_CANCELLED: _("%(who)s cancelled the deletion of the choice on %(processing)s."),
    Action.CHANGE_SUPERSEDED: _(
        "%(who)s superseded the deletion of the choice on %(processing)s with a newer change."
    ),
    Action.CHANGE_RECHECKED: _(
        "%(who)s had the deletion of the choice on %(processing)s looked for again."
    ),
    Action.CHANGE_EXPIRED: _(
        "The deletion of the choice on %(processing)s waited too long for approval."
    ),
    Action.CHANGE_LATE: _(
        "A late result of the deletion of the choice on %(processing)s was discarded."
    ),
}

SENTENCES: dict[str, dict[str, Promise]] = {Kind.CHOICE_DELETE.value: DELETED}
"""By kind of change, then by action."""
