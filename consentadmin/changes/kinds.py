"""What a change writes, by which way, and why: the words a change is told by. Pure data."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a change writes."""

    CHOICE_PUT = "choice.put", _("record a choice")
    CHOICE_DELETE = "choice.delete", _("delete a choice")
    PROFILE_PUT = "profile.put", _("write a profile")
    PROFILE_DELETE = "profile.delete", _("delete a profile")
    ACTIVITY = "activity.post", _("record an activity")


class Way(models.TextChoices):
    """How a choice or a profile is written."""

    DIRECT = "direct", _("by its own endpoint")
    EVENT = "event", _("by an event that stays in the timeline")


DELETIONS = frozenset({Kind.CHOICE_DELETE, Kind.PROFILE_DELETE})


class Cause(models.TextChoices):
    """Why a change is asked for."""

    PERSON_ASKED = "person-asked", _("The person asked for it")
    RIGHTS_REQUEST = "rights-request", _("A user-rights request")
    CORRECTION = "correction", _("What was recorded is wrong")
    LEGAL = "legal", _("The law or an authority requires it")
    OTHER = "other", _("Another cause, told in the note")
