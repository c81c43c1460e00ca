"""Exports, and where those of a month go. The row is the message: a worker looks here for work."""

import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow


class ExportState(models.TextChoices):
    """Where an export stands."""

    QUEUED = "queued", _("waiting to be written")
    RUNNING = "running", _("being written")
    DONE = "done", _("ready")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired: the file is gone")


UNFINISHED = frozenset({ExportState.QUEUED, ExportState.RUNNING})


def token() -> str:
    """Return a random name for an export."""
    return secrets.token_urlsafe(16)


class Export(models.Model):
    """A bundle of the trail that somebody asked for, up to one checkpoint; or the house, by month.

    `filters` are what was asked for, as `filters.stored` writes them: subjects by reference,
    never an identifier. `note` is the checkpoint it stands on: going on after a fault gives the
    same bytes. `total` is how many entries pass, counted by the worker; `rows` how many of them
    are written. `month` is the first day of the month (UTC) that the house exports by itself.
    """

    id = models.CharField(primary_key=True, max_length=32, default=token, editable=False)
    asked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="exports")
    asker_role = models.CharField(max_length=20)
    month = models.DateField(null=True, unique=True)
    asked_at = models.DateTimeField(db_default=DatabaseNow())
    filters = models.JSONField(default=dict)
    named = models.JSONField(default=list)
    with_csv = models.BooleanField(default=True)
    with_parquet = models.BooleanField(default=False, db_default=False)
    request_id = models.CharField(max_length=64, blank=True)

    state = models.CharField(max_length=20, choices=ExportState, default=ExportState.QUEUED.value)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=DatabaseNow())
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)

    note = models.TextField(blank=True)
    total = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="export_due",
                condition=Q(state__in=[ExportState.QUEUED, ExportState.RUNNING]),
            ),
            models.Index(fields=["asked_by", "-asked_at"], name="export_of_staff"),
            models.Index(
                fields=["expires_at"], name="export_expiring", condition=Q(state=ExportState.DONE)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="export_done_has_a_file_and_an_end",
                condition=~Q(state=ExportState.DONE)
                | (Q(bytes__isnull=False, expires_at__isnull=False) & ~Q(sha256="")),
            ),
            models.CheckConstraint(
                name="export_is_somebodys_or_a_months",
                condition=Q(asked_by__isnull=True, month__isnull=False)
                | Q(asked_by__isnull=False, month__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}, {self.state}"

    @property
    def is_unfinished(self) -> bool:
        """Whether a worker has still to do with it."""
        return self.state in UNFINISHED

    @property
    def is_waiting_for_a_place(self) -> bool:
        """Whether it was tried to put it somewhere, and is to be tried again."""
        return any(one.error and not one.delivered_at for one in self.deliveries.all())

    @property
    def facts(self) -> dict[str, Any]:
        """What every entry about it tells."""
        told = {"export": self.pk, "filters": self.named, "rows": self.rows}
        return told | ({"month": f"{self.month:%Y-%m}"} if self.month else {})


class Place(models.TextChoices):
    """Where the exports of months are put."""

    DIRECTORY = "directory", _("the directory")
    S3 = "s3", _("the S3 store")


class Delivery(models.Model):
    """That the export of a month is to be put into a place; it is tried until it is there."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="deliveries")
    place = models.CharField(max_length=20, choices=Place)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=DatabaseNow())
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "place"], name="delivery_once_a_place")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="delivery_due", condition=Q(delivered_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"delivery of {self.export_id} to {self.place}"

    @property
    def facts(self) -> dict[str, Any]:
        """What every entry about it tells."""
        return {**self.export.facts, "place": str(self.place)}
