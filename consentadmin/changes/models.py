"""The table of changes: the outbox, and all that is known of each change."""

from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Expression, Q
from django.db.models.expressions import Combinable

from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow
from consentadmin.changes.carried import Carried
from consentadmin.changes.documents import ProfileWish
from consentadmin.changes.kinds import Cause, Kind, Way
from consentadmin.changes.profiles import ReadBack
from consentadmin.changes.rules import Wish
from consentadmin.changes.states import IN_FLIGHT, SETTLED, UNSENT, Lane, State
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import Selector, selector_from_json
from consentadmin.subjects.models import Subject
from consentadmin.subjects.queries import living

NEIGHBOURS = ("datamart", "subject__datamart", "subject__datakey", "asked_by")
"""What is read with a change: all that carrying it out or showing it asks for."""


class Change(models.Model):
    """One write to the platform that staff asked for. The row is the message.

    In clear stands what the trail must be able to tell for ever: which processing, under which
    name and basis at the time, the value and when the person chose; of a profile, its compartment
    and the strategy. What is the person's (account, fields, note, selector, what the platform
    showed, its own words) rests under the subject's data key.

    `fence` grows with every claim; who carries an older one may change nothing any more.
    `attempts` counts only the claims that were made to send, and `patience_from` is when its age
    began to count. `second_look_at` is when its document is looked at for a write of a worker that
    had lost its claim. `may_have_landed` says that a write left of which no answer proves that it
    was not applied. `steps` are what the claims came to, the newest last: `at` (ms, UTC, the
    database's clock), `took` (ms), the state it led `to`, `error`, `status`, `error_id`; no bodies.
    """

    carried: Carried | None = None
    """Set while a worker carries it out: since when."""

    datamart = models.ForeignKey(Datamart, on_delete=models.PROTECT)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    document = models.CharField(max_length=120)
    way = models.CharField(max_length=10, choices=Way, default=Way.DIRECT)
    lane = models.CharField(max_length=20, choices=Lane, default=Lane.INTERACTIVE)
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)

    processing = models.CharField(max_length=40, blank=True)
    processing_name = models.CharField(max_length=300, blank=True)
    basis = models.CharField(max_length=80, blank=True)
    accepted = models.BooleanField(null=True)
    choice_ts = models.BigIntegerField(null=True)
    is_withdrawal = models.BooleanField(default=False)
    compartment = models.CharField(max_length=40, blank=True)
    compartment_name = models.CharField(max_length=300, blank=True)
    strategy = models.CharField(max_length=30, blank=True)
    payload_sealed = models.BinaryField()

    asked_at = models.DateTimeField(db_default=DatabaseNow())
    asked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="changes")
    asker_role = models.CharField(max_length=20)
    cause = models.CharField(max_length=20, choices=Cause)
    reason = models.CharField(max_length=40, blank=True)
    case = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")

    takes_person = models.BooleanField(default=False)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone")
    repeats = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="repeated"
    )

    patience_from = models.DateTimeField(db_default=DatabaseNow())
    due_at = models.DateTimeField(db_default=DatabaseNow())
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    second_look_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    may_have_landed = models.BooleanField(default=False)
    settled_at = models.DateTimeField(null=True)

    error = models.CharField(max_length=40, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    error_id = models.CharField(max_length=200, blank=True)
    words_sealed = models.BinaryField(null=True)
    told = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    found_sealed = models.BinaryField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["second_look_at"],
                name="change_second_look",
                condition=Q(second_look_at__isnull=False),
            ),
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
            models.Index(
                fields=["datamart", "id"],
                name="change_awaiting",
                condition=Q(state=State.AWAITING_APPROVAL),
            ),
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
            models.CheckConstraint(
                name="change_of_a_choice_has_its_value",
                condition=~Q(kind=Kind.CHOICE_PUT)
                | Q(accepted__isnull=False, choice_ts__isnull=False, processing__gt=""),
            ),
            models.CheckConstraint(
                name="change_decided_at_with_decided_by",
                condition=Q(decided_at=None, decided_by=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.pk}, {self.state}"

    def took(self, **fields: Any) -> None:  # noqa: ANN401  (columns)
        """Take on what an UPDATE has just set; what the database computed is read when needed."""
        for name, value in fields.items():
            if isinstance(value, Expression | Combinable):
                self.__dict__.pop(name, None)
            else:
                setattr(self, name, value)
        for name in ("found", "read_back"):
            self.__dict__.pop(name, None)

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in SETTLED

    @property
    def is_stuck(self) -> bool:
        """Whether a person must decide."""
        return self.state == State.STUCK

    @property
    def is_profile(self) -> bool:
        """Whether this is about a profile."""
        return self.kind in {Kind.PROFILE_PUT, Kind.PROFILE_DELETE}

    @property
    def is_activity(self) -> bool:
        """Whether this is sent as an activity, which is never sent twice by itself."""
        return self.kind == Kind.ACTIVITY or self.way == Way.EVENT

    @cached_property
    def payload(self) -> dict[str, Any]:
        """What was wished for, the digest of what was seen, the selector used, the note."""
        opened = self.subject.open(bytes(self.payload_sealed), purpose="payload")
        assert isinstance(opened, dict), "request_change sealed an object"
        return opened

    @property
    def wish(self) -> Wish:
        """What the choice is to be."""
        assert self.accepted is not None, "a change of a choice"
        assert self.choice_ts is not None, "a change of a choice"
        return Wish(self.accepted, self.choice_ts, self.payload["customs"])

    @cached_property
    def profile(self) -> ProfileWish:
        """What is wished of the profile."""
        return ProfileWish(
            compartment=self.compartment,
            account=self.payload["account"],
            was=self.payload["was"],
            body=self.payload["body"],
            strategy=ProfileStrategy(self.strategy) if self.strategy else None,
        )

    @property
    def has_found(self) -> bool:
        """Whether it was kept what the platform showed."""
        return self.found_sealed is not None

    @cached_property
    def found(self) -> dict[str, Any] | None:
        """What the platform showed last; None where there was nothing, or nothing was kept.

        Of a profile its custom fields; of a choice `accepted`, `choice_ts`, `customs`, `digest`.
        """
        if self.found_sealed is None:
            return None
        found = self.subject.open(bytes(self.found_sealed), purpose="found")
        assert found is None or isinstance(found, dict), "what was sealed is an object"
        return found

    @cached_property
    def read_back(self) -> ReadBack | None:
        """What the platform showed of the profile beside what we expected, where it was kept."""
        return None if self.found is None else self.profile.read_back(self.found)

    @property
    def note(self) -> str:
        """The asker's note."""
        return str(self.payload["note"])

    @property
    def facts(self) -> dict[str, Any]:
        """What every entry of this change tells in clear: never anything of the person's."""
        if self.kind == Kind.ACTIVITY:
            return {"kind": self.kind, "cause": self.cause}
        if self.is_profile:
            return {
                "kind": self.kind,
                "compartment": self.compartment,
                "name": self.compartment_name,
                "strategy": self.strategy,
                "cause": self.cause,
            }
        deletes = {"kind": self.kind} if self.kind == Kind.CHOICE_DELETE else {}
        return {
            **deletes,
            "processing": self.processing,
            "name": self.processing_name,
            "basis": self.basis,
            "accepted": self.accepted,
            "choice_ts": self.choice_ts,
            "cause": self.cause,
        }

    @cached_property
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
