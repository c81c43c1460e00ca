"""The table of changes: the outbox, and all that is known of each change."""

from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow
from consentadmin.changes.rules import Wish
from consentadmin.changes.states import IN_FLIGHT, SETTLED, UNSENT, Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.selectors import Selector, selector_from_json
from consentadmin.subjects.models import Subject
from consentadmin.subjects.queries import living


class Kind(models.TextChoices):
    """What a change writes."""

    CHOICE_PUT = "choice.put", _("record a choice")


class Cause(models.TextChoices):
    """Why a change is asked for."""

    PERSON_ASKED = "person-asked", _("The person asked for it")
    RIGHTS_REQUEST = "rights-request", _("A user-rights request")
    CORRECTION = "correction", _("What was recorded is wrong")
    LEGAL = "legal", _("The law or an authority requires it")
    OTHER = "other", _("Another cause, told in the note")


class Change(models.Model):
    """One write to the platform that staff asked for. The row is the message.

    In clear stands what the trail must be able to tell for ever: which processing, under which
    name and basis at the time, the value and when the person chose. What is the person's
    (custom fields, note, selector, the platform's own words) rests under the subject's data key.

    `fence` grows with every claim; who carries an older one may change nothing any more.
    `attempts` counts only the claims that were made to send, and `patience_from` is when its age
    began to count. `may_have_landed` says that a write left of which no answer proves that it
    was not applied.
    """

    datamart = models.ForeignKey(Datamart, on_delete=models.PROTECT)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    document = models.CharField(max_length=120)
    lane = models.CharField(max_length=20, choices=Lane, default=Lane.INTERACTIVE)
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)

    processing = models.CharField(max_length=40)
    processing_name = models.CharField(max_length=300, blank=True)
    basis = models.CharField(max_length=80, blank=True)
    accepted = models.BooleanField()
    choice_ts = models.BigIntegerField()
    is_withdrawal = models.BooleanField(default=False)
    payload_sealed = models.BinaryField()

    asked_at = models.DateTimeField(db_default=DatabaseNow())
    asked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="changes")
    asker_role = models.CharField(max_length=20)
    cause = models.CharField(max_length=20, choices=Cause)
    reason = models.CharField(max_length=40, blank=True)
    case = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    patience_from = models.DateTimeField(db_default=DatabaseNow())
    due_at = models.DateTimeField(db_default=DatabaseNow())
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    may_have_landed = models.BooleanField(default=False)
    settled_at = models.DateTimeField(null=True)

    error = models.CharField(max_length=40, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    error_id = models.CharField(max_length=200, blank=True)
    words_sealed = models.BinaryField(null=True)
    told = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(
                fields=["lane", "due_at", "id"],
                name="change_due",
                condition=Q(state__in=[State.QUEUED, State.SENT, State.UNKNOWN]),
            ),
            models.Index(
                fields=["lease_until"], name="change_leased", condition=Q(state=State.SENDING)
            ),
            models.Index(
                fields=["lane", "-is_withdrawal", "due_at", "id"],
                name="change_next",
                condition=Q(state=State.QUEUED),
            ),
            models.Index(fields=["subject", "-id"], name="change_of_subject"),
            models.Index(fields=["document"], name="change_stuck", condition=Q(state=State.STUCK)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "document"],
                name="change_one_in_flight",
                condition=Q(state__in=sorted(IN_FLIGHT)),
            ),
            models.UniqueConstraint(
                fields=["subject", "document"],
                name="change_one_unsent",
                condition=Q(state__in=sorted(UNSENT)),
            ),
            models.CheckConstraint(
                name="change_settled_at_with_its_state",
                condition=Q(state__in=sorted(SETTLED), settled_at__isnull=False)
                | (~Q(state__in=sorted(SETTLED)) & Q(settled_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="change_sending_holds_a_lease",
                condition=~Q(state=State.SENDING) | Q(lease_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.pk}, {self.state}"

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in SETTLED

    @property
    def is_stuck(self) -> bool:
        """Whether a person must decide."""
        return self.state == State.STUCK

    @property
    def payload(self) -> dict[str, Any]:
        """The custom fields, the digest of what was seen, the selector used, the note."""
        opened = self.subject.open(bytes(self.payload_sealed), purpose="payload")
        assert isinstance(opened, dict), "request_change sealed an object"
        return opened

    @property
    def wish(self) -> Wish:
        """What the choice is to be."""
        return Wish(self.accepted, self.choice_ts, self.payload["customs"])

    @property
    def selector(self) -> Selector:
        """How the person was found when the change was asked for."""
        return selector_from_json(self.payload["selector"])

    @cached_property
    def target(self) -> Subject:
        """Whom this is sent to: a withdrawal follows a person who was merged into another."""
        return living(self.subject) if self.is_withdrawal else self.subject

    @property
    def address(self) -> Selector:
        """What to ask the platform by: the person's resolved point, else how they were found."""
        return self.target.address(self.selector)

    @property
    def words(self) -> str:
        """The platform's own words on its last refusal. May be personal: for the page alone."""
        if self.words_sealed is None:
            return ""
        return str(self.subject.open(bytes(self.words_sealed), purpose="words"))

    @property
    def seconds(self) -> float | None:
        """How long it took from the asking to the end, in seconds."""
        return (self.settled_at - self.asked_at).total_seconds() if self.settled_at else None
