"""For how long each kind of entry is kept: each action belongs to one class, and a class is pruned.

The class of an action is for ever, like its value: entries lie in tables by class. It is no part of
an entry's canonical bytes, since it follows from the action.
"""

from collections.abc import Mapping

from django.db.models import TextChoices

from consentadmin.audit.words import Action


class Retention(TextChoices):
    """Why entries are kept, and so for how long."""

    ACCESS = "access"
    """Who signed in, and who looked at what: CNIL 2021-122 asks for six months to a year."""
    PROOF = "proof"
    """What shows that a consent, or its withdrawal, was carried out (GDPR 7(1))."""
    HOUSE = "house"
    """How the house was set up, and what became of the trail: kept for ever."""


SHORTEST: Mapping[Retention, int] = {Retention.ACCESS: 6, Retention.PROOF: 36}
"""The fewest months a class that is pruned may be kept; what is not here is never pruned."""

ACCESS = frozenset(
    {
        Action.SIGNED_IN,
        Action.SIGN_IN_FAILED,
        Action.SIGNED_OUT,
        Action.LOOKED_UP,
        Action.READ,
        Action.REFUSED,
        Action.TRAIL_READ,
    }
)
PROOF = frozenset(
    {
        Action.JOINED,
        Action.PARTED,
        Action.EXPORT_ASKED,
        Action.EXPORT_MADE,
        Action.EXPORT_FAILED,
        Action.EXPORT_CANCELLED,
        Action.EXPORT_DOWNLOADED,
        Action.EXPORT_EXPIRED,
        Action.EXPORT_DELIVERED,
        Action.EXPORT_RETRIED,
        Action.CHANGE_ASKED,
        Action.CHANGE_APPROVED,
        Action.CHANGE_REJECTED,
        Action.CHANGE_SENDING,
        Action.CHANGE_SENT,
        Action.CHANGE_CONFIRMED,
        Action.CHANGE_NOT_SEEN,
        Action.CHANGE_REQUEUED,
        Action.CHANGE_CONFLICT,
        Action.CHANGE_DECLINED,
        Action.CHANGE_UNKNOWN,
        Action.CHANGE_STUCK,
        Action.CHANGE_CANCELLED,
        Action.CHANGE_SUPERSEDED,
        Action.CHANGE_RECHECKED,
        Action.CHANGE_EXPIRED,
        Action.CHANGE_LATE,
        Action.CHANGE_LATE_WRITE,
    }
)
HOUSE = frozenset(
    {
        Action.STAFF_ADDED,
        Action.TRAIL_VERIFIED,
        Action.TRAIL_PRUNED,
        Action.DATAMART_SET,
        Action.DATAMART_SYNCED,
        Action.DATAMART_POLICY,
        Action.DATAMART_DOWN,
        Action.DATAMART_UP,
        Action.SENDING_PAUSED,
        Action.SENDING_RESUMED,
        Action.SIGNING_KEY_USED,
        Action.SIGNING_KEY_REFUSED,
        Action.TOKEN_USED,
    }
)
CLASSES: Mapping[Retention, frozenset[Action]] = {
    Retention.ACCESS: ACCESS,
    Retention.PROOF: PROOF,
    Retention.HOUSE: HOUSE,
}
_CLASS: Mapping[str, Retention] = {
    action: name for name, actions in CLASSES.items() for action in actions
}


def class_of(action: str) -> Retention:
    """Return the class under which an action's entries are kept.

    What nobody has put into a class is kept for ever (a test names it).
    """
    return _CLASS.get(action, Retention.HOUSE)
