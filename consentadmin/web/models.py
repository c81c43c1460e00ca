"""That a process is at work, as the others can see."""

from django.db import connection, models

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
