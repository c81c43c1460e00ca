"""Staff and the roles they hold."""

from functools import cached_property
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from consentadmin.accounts.permissions import Permission, Role, roles_with
from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.words import Actor
from consentadmin.datamarts.models import Datamart


class StaffManager(BaseUserManager["Staff"]):
    """How staff are found at sign-in: by e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "Staff":
        """Return the member of staff with this e-mail address."""
        return self.get(email__iexact=username)


class Staff(AbstractBaseUser):
    """A member of staff. Signs in by e-mail address; what they may do is in their grants."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    added_at = models.DateTimeField(db_default=DatabaseNow())

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name_plural = "staff"

    def __str__(self) -> str:
        return self.name

    @cached_property
    def held(self) -> list[tuple[Role, int | None]]:
        """The roles held, each with the datamart it is held on (None: on all)."""
        rows = self.grants.order_by("pk").values_list("role", "datamart")
        return [(Role(role), datamart) for role, datamart in rows]

    def datamarts(self, permission: Permission | None = None) -> models.QuerySet[Datamart]:
        """Return the datamarts on which they may do this (or anything at all), by name."""
        roles = Role if permission is None else roles_with(permission)
        where = {datamart for role, datamart in self.held if role in roles}
        chosen = Datamart.objects.order_by("name")
        return chosen if None in where else chosen.filter(pk__in=[pk for pk in where if pk])

    def role(self, permission: Permission, datamart: Datamart | None = None) -> Role | None:
        """Return the role under which they may do this here, or None when they may not.

        Without a datamart, *here* is anywhere.
        """
        here = None if datamart is None else {None, datamart.pk}
        names = {role for role, where in self.held if here is None or where in here}
        return next((role for role in roles_with(permission) if role in names), None)

    def actor(self, role: Role | None = None) -> Actor:
        """Return who they are for the trail, acting under this role (or the first they hold)."""
        held = role or next((role for role, _ in self.held), None)
        return Actor(id=self.pk, name=self.name, role=held.value if held else "")


class Grant(models.Model):
    """A role held on one datamart, or on all when `datamart` is null."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    datamart = models.ForeignKey(Datamart, on_delete=models.CASCADE, null=True)
    granted_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "role", "datamart"], nulls_distinct=False, name="grant_once"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="grant_of_a_known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} on {self.datamart or 'all datamarts'}"
