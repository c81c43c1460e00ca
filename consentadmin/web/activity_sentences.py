"""The steps of recording an activity as sentences: whose it is, and what it holds, is not told."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consentadmin.audit.words import Action
from consentadmin.changes.kinds import Kind

RECORDED: dict[str, Promise] = {
    Action.CHANGE_ASKED: _("%(who)s asked to record an activity."),
    Action.CHANGE_APPROVED: _("%(who)s approved the recording of an activity."),
    Action.CHANGE_REJECTED: _("%(who)s turned down the recording of an activity."),
    Action.CHANGE_SENDING: _("%(who)s began to send an activity."),
    Action.CHANGE_SENT: _("The platform received an activity; looking for it in the timeline."),
    Action.CHANGE_CONFIRMED: _("The timeline shows the activity with every event: confirmed."),
    Action.CHANGE_NOT_SEEN: _(
        "The platform received an activity, but the timeline never showed it whole."
    ),
    Action.CHANGE_REQUEUED: _("An activity waits for another attempt."),
    Action.CHANGE_CONFLICT: _(
        "The recording of an activity was stopped: the person has become another by now."
    ),
    Action.CHANGE_DECLINED: _("The platform declined an activity."),
    Action.CHANGE_UNKNOWN: _(
        "It is not known whether an activity arrived; looking for it in the timeline."
    ),
    Action.CHANGE_STUCK: _("The recording of an activity is stuck: a person must decide."),
    Action.CHANGE_CANCELLED: _("%(who)s cancelled the recording of an activity."),
    Action.CHANGE_SUPERSEDED: _("%(who)s superseded the recording of an activity."),
    Action.CHANGE_RECHECKED: _("%(who)s had an activity looked for again."),
    Action.CHANGE_EXPIRED: _("The recording of an activity waited too long for approval."),
    Action.CHANGE_LATE: _("A late result of the recording of an activity was discarded."),
}

SENTENCES: dict[str, dict[str, Promise]] = {Kind.ACTIVITY.value: RECORDED}
"""By kind of change, then by action."""
