"""What each role may do (DESIGN §1). The one table of rights."""

from enum import Enum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Permission(Enum):
    """Something a view or service asks for. The value is shown when it is missing."""

    SIGNED_IN = _("be signed in")
    LOOK_UP = _("look up a person")
    PERSON_READ = _("read a person")
    CHOICE_EDIT = _("change a choice")
    PROFILE_EDIT = _("change a profile")
    ACTIVITY_RECORD = _("record an activity")
    CHANGE_APPROVE = _("approve a change")
    TRAIL_READ = _("read the trail")
    TRAIL_EXPORT = _("export the trail")
    DATAMART_MANAGE = _("manage datamarts")
    REFERENTIALS_READ = _("read the referentials")


class Role(TextChoices):
    """The four roles."""

    AGENT = "agent", _("Support agent")
    OFFICER = "officer", _("Privacy officer")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Administrator")


_AGENT = frozenset(
    {
        Permission.LOOK_UP,
        Permission.PERSON_READ,
        Permission.CHOICE_EDIT,
        Permission.PROFILE_EDIT,
    }
)

RIGHTS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    Role.OFFICER: _AGENT
    | {
        Permission.ACTIVITY_RECORD,
        Permission.CHANGE_APPROVE,
        Permission.TRAIL_READ,
        Permission.TRAIL_EXPORT,
        Permission.REFERENTIALS_READ,
    },
    Role.AUDITOR: frozenset({Permission.TRAIL_READ, Permission.TRAIL_EXPORT}),
    Role.ADMIN: frozenset({Permission.DATAMART_MANAGE, Permission.REFERENTIALS_READ}),
}


def roles_with(permission: Permission) -> list[Role]:
    """Return the roles that may do this, the least powerful first."""
    return [role for role in Role if permission in RIGHTS[role]]
