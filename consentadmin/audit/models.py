"""The trail, one table to whoever asks; PostgreSQL refuses UPDATE, DELETE and TRUNCATE on it.

Below, it is cut by retention class and month (migration 0007).
"""

from typing import ClassVar

from django.db import models

from consentadmin.audit.clock import DatabaseNow
from consentadmin.audit.retention import Retention
from consentadmin.audit.words import Outcome, actions


class Entry(models.Model):
    """One line of the trail: who, when, what, on whom, why, and what came of it.

    `subject` is the subject's random id, never an identifier of the person. `data` holds what may
    be read by an auditor for ever (values and timestamps of choices, counts, states); `sealed`
    holds what is the person's, under the subject's data key. `retention` follows from the action,
    and is no part of what is sealed.
    """

    SCHEMA: ClassVar[int] = 1

    at = models.DateTimeField(db_default=DatabaseNow())
    schema = models.SmallIntegerField(default=SCHEMA)
    action = models.CharField(max_length=40, choices=actions)
    outcome = models.CharField(max_length=20, choices=Outcome)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    actor_role = models.CharField(max_length=40)
    datamart = models.CharField(max_length=40, blank=True)
    subject = models.UUIDField(null=True)
    reason = models.CharField(max_length=40, blank=True)
    case = models.CharField(max_length=100, blank=True)
    change = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
    sealed = models.BinaryField(null=True)
    retention = models.CharField(max_length=10, db_default=Retention.HOUSE.value)

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="entry_at"),
            models.Index(fields=["subject", "at", "id"], name="entry_of_subject"),
            models.Index(fields=["actor_id", "at", "id"], name="entry_of_actor"),
            models.Index(fields=["action", "at", "id"], name="entry_of_action"),
            models.Index(fields=["datamart", "at", "id"], name="entry_of_datamart"),
            models.Index(
                fields=["outcome", "at", "id"],
                name="entry_of_outcome",
                condition=~models.Q(outcome=Outcome.DONE),
            ),
            models.Index(
                fields=["reason", "at", "id"],
                name="entry_of_reason",
                condition=~models.Q(reason=""),
            ),
            models.Index(
                fields=["case", "at", "id"], name="entry_of_case", condition=~models.Q(case="")
            ),
            models.Index(
                fields=["change", "at", "id"],
                name="entry_of_change",
                condition=models.Q(change__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}: {self.action}, {self.outcome}"
