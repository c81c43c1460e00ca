"""How a change lives: its states and the moves between them. Pure data (DESIGN §4, One change).

A move that is not in MOVES can't be made: `moves.move` asks PostgreSQL to update a row that is in
one of the states the move may start from, and looks at the count.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from consentadmin.audit.words import Action


class State(TextChoices):
    """Where a change stands."""

    AWAITING_APPROVAL = "awaiting-approval", _("awaiting approval")
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent, being read back")
    CONFIRMED = "confirmed", _("confirmed")
    NOT_SEEN = "not-seen", _("accepted, but never seen")
    CONFLICT = "conflict", _("stopped: something else is there by now")
    DECLINED = "declined", _("declined by the platform")
    UNKNOWN = "unknown", _("unknown: being read back")
    STUCK = "stuck", _("stuck: a person must decide")
    CANCELLED = "cancelled", _("cancelled")
    REJECTED = "rejected", _("rejected by the approver")
    SUPERSEDED = "superseded", _("superseded by a newer change")


UNSENT = frozenset({State.AWAITING_APPROVAL, State.QUEUED})
IN_FLIGHT = frozenset({State.SENDING, State.SENT, State.UNKNOWN})
OPEN = UNSENT | IN_FLIGHT
UNDECIDED = OPEN | {State.STUCK}
SETTLED = frozenset(State) - UNDECIDED

MOVES: dict[State, frozenset[State]] = {
    State.AWAITING_APPROVAL: frozenset(),
    State.QUEUED: frozenset(
        {State.AWAITING_APPROVAL, State.SENDING, State.SENT, State.UNKNOWN, State.STUCK}
    ),
    State.SENDING: frozenset({State.QUEUED}),
    State.SENT: frozenset({State.SENDING, State.NOT_SEEN}),
    State.CONFIRMED: frozenset({State.SENDING, State.SENT, State.UNKNOWN}),
    State.NOT_SEEN: frozenset({State.SENT, State.UNKNOWN}),
    State.CONFLICT: frozenset({State.SENDING, State.UNKNOWN}),
    State.DECLINED: frozenset({State.SENDING, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.SENDING}),
    State.STUCK: frozenset({State.SENDING, State.SENT, State.UNKNOWN}),
    State.CANCELLED: frozenset({State.AWAITING_APPROVAL, State.QUEUED, State.STUCK}),
    State.REJECTED: frozenset({State.AWAITING_APPROVAL}),
    State.SUPERSEDED: UNDECIDED,
}
"""To each state, the states it may be entered from."""

ACTIONS: dict[State, Action] = {
    State.QUEUED: Action.CHANGE_REQUEUED,
    State.SENDING: Action.CHANGE_SENDING,
    State.SENT: Action.CHANGE_SENT,
    State.CONFIRMED: Action.CHANGE_CONFIRMED,
    State.NOT_SEEN: Action.CHANGE_NOT_SEEN,
    State.CONFLICT: Action.CHANGE_CONFLICT,
    State.DECLINED: Action.CHANGE_DECLINED,
    State.UNKNOWN: Action.CHANGE_UNKNOWN,
    State.STUCK: Action.CHANGE_STUCK,
    State.CANCELLED: Action.CHANGE_CANCELLED,
    State.REJECTED: Action.CHANGE_REJECTED,
    State.SUPERSEDED: Action.CHANGE_SUPERSEDED,
}
"""What the trail calls the entering of each state. A state without one can't be entered yet."""


class Lane(TextChoices):
    """Which queue a change waits in, so that bulk never delays an agent."""

    INTERACTIVE = "interactive", _("interactive")
    BULK = "bulk", _("bulk")
    HOUSEKEEPING = "housekeeping", _("housekeeping")
