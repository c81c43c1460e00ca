"""That a process is at work, as the others can see; and what staff keep of their screens."""

from collections.abc import Sequence

from django.db import connection, models

from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow


class Heartbeat(models.Model):
    """When a process was last seen at work, by the database's clock."""

    process = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField(db_default=DatabaseNow())

    def __str__(self) -> str:
        return f"{self.process} at {self.beat_at}"

    @staticmethod
    def beat(process: str) -> None:
        """Note that this process is at work now."""
        Heartbeat.objects.bulk_create(
            [Heartbeat(process=process)],
            update_conflicts=True,
            unique_fields=["process"],
            update_fields=["beat_at"],
        )

    @staticmethod
    def age(process: str) -> float | None:
        """Return how many seconds ago it was last at work, or None for never."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM consentadmin_now() - beat_at)::float8"
                " FROM web_heartbeat WHERE process = %s",
                [process],
            )
            row = cursor.fetchone()
        return max(float(row[0]), 0.0) if row else None


class SavedFilter(models.Model):
    """Filters of the trail that a member of staff has named.

    `query` is the address's: a person is in it by reference, never by an identifier.
    """

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=80)
    query = models.TextField()
    saved_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "name"], name="saved_filter_once"),
        ]

    def __str__(self) -> str:
        return f"saved filter {self.pk}"

    @staticmethod
    def of(staff: Staff) -> "Sequence[SavedFilter]":
        """Return one's own, by name."""
        return list(SavedFilter.objects.filter(staff=staff).order_by("name"))

    @staticmethod
    def keep(staff: Staff, name: str, query: str) -> None:
        """Keep a query under a name, in place of what was there."""
        SavedFilter.objects.update_or_create(
            staff=staff, name=name, defaults={"query": query, "saved_at": DatabaseNow()}
        )

    @staticmethod
    def drop(staff: Staff, pk: int) -> bool:
        """Drop one of one's own, and return whether it was there."""
        dropped, _ = SavedFilter.objects.filter(staff=staff, pk=pk).delete()
        return dropped == 1
