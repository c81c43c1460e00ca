"""Subjects, their aliases and data keys, and the handles staff hold on them."""

import json
import uuid
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from consentadmin import vault
from consentadmin.accounts.models import Staff
from consentadmin.audit.clock import DatabaseNow
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.selectors import PointSelector, Selector, selector_from_json


class Erased(Exception):
    """The subject's data key is destroyed: what was sealed under it is gone."""


class Subject(models.Model):
    """A person in a datamart, under a random id of our own: what the trail refers to.

    Whatever tells who the person is rests sealed under the subject's data key. `point_sealed` is
    the user point id that answered last; None for a device without a point. A subject that was
    found to be another is kept and points at it (`joined_into`). `root` is the living one's id:
    subjects of one root are one person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    datamart = models.ForeignKey(Datamart, on_delete=models.PROTECT)
    point_sealed = models.BinaryField(null=True)
    made_at = models.DateTimeField(db_default=DatabaseNow())
    joined_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True)
    root = models.GeneratedField(
        expression=Coalesce("joined_into", "id"),
        output_field=models.UUIDField(),
        db_persist=True,
    )
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["root"], name="subject_root")]
        constraints = [
            models.CheckConstraint(
                name="subject_not_joined_into_itself",
                condition=~Q(joined_into=models.F("id")),
            ),
            models.CheckConstraint(
                name="erased_subject_has_no_point",
                condition=Q(erased_at=None) | Q(point_sealed=None),
            ),
        ]

    def __str__(self) -> str:
        return f"subject {self.pk}"

    @cached_property
    def _data_key(self) -> vault.SealKeys:
        try:
            key = self.datakey
        except DataKey.DoesNotExist:
            raise Erased(self) from None
        plain = vault.field_keys().open(bytes(key.wrapped), context=f"data key {self.pk}")
        return vault.with_data_key(plain)

    def seal(self, value: Any, *, purpose: str) -> bytes:  # noqa: ANN401  (any JSON value)
        """Return a JSON value sealed under the data key. Raises Erased."""
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._data_key.seal(plain, context=f"{self.pk} {purpose}")

    def open(self, sealed: bytes, *, purpose: str) -> Any:  # noqa: ANN401  (any JSON value)
        """Return the JSON value that was sealed for this purpose. Raises Erased, vault.BadSeal."""
        return json.loads(self._data_key.open(bytes(sealed), context=f"{self.pk} {purpose}"))

    @property
    def point(self) -> str | None:
        """The user point id that answered last, or None for a device without one."""
        if self.point_sealed is None:
            return None
        return str(self.open(bytes(self.point_sealed), purpose="point"))

    def address(self, original: Selector) -> Selector:
        """Return what to ask the platform by: the resolved point id, else what was typed."""
        point = self.point
        return PointSelector(point) if point else original


class DataKey(models.Model):
    """The one key under which what is a subject's rests sealed, wrapped by a field key.

    A table of its own, so that erasure is the destruction of one row.
    """

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, primary_key=True)
    wrapped = models.BinaryField()
    made_at = models.DateTimeField(db_default=DatabaseNow())

    def __str__(self) -> str:
        return f"data key of {self.subject_id}"


class Alias(models.Model):
    """An identifier seen on a subject, as a keyed digest."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="aliases")
    datamart = models.ForeignKey(Datamart, on_delete=models.PROTECT)
    kind = models.CharField(max_length=20)
    key_id = models.BinaryField(max_length=4)
    digest = models.BinaryField(max_length=32)
    seen_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest", "datamart", "subject"], name="alias_once"),
            models.UniqueConstraint(
                fields=["digest", "datamart"],
                condition=Q(kind="USER_POINT"),
                name="point_of_one_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} alias of {self.subject_id}"


class Reason(models.TextChoices):
    """Why a member of staff opens a person."""

    RIGHTS_REQUEST = "rights-request", _("A user-rights request (GDPR 15 to 22)")
    CALL = "call", _("The person is on the line or has written")
    COMPLAINT = "complaint", _("A complaint")
    CHECK = "check", _("A check of the records")
    FOLLOW_UP = "follow-up", _("Following up on a change")
    APPROVAL = "approval", _("A change that awaits approval")
    OTHER = "other", _("Another reason, told in the note")


class Handle(models.Model):
    """One member of staff's way to one person for one purpose: 12 hours, of no use to others.

    `id` is random and stands in URLs. `selector_sealed` is how the person was found, `note_sealed`
    the purpose's note, both under the subject's data key; `purpose_digest` is a keyed hash of the
    purpose, so that the same purpose gets the same handle.
    """

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="handles")
    reason = models.CharField(max_length=40, choices=Reason)
    case = models.CharField(max_length=100, blank=True)
    note_sealed = models.BinaryField(null=True)
    purpose_digest = models.BinaryField(max_length=32)
    selector_sealed = models.BinaryField()
    opened_at = models.DateTimeField(db_default=DatabaseNow())
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["staff", "-opened_at"], name="handle_recent")]
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "subject", "purpose_digest"], name="handle_of_one_purpose"
            ),
        ]

    def __str__(self) -> str:
        return f"handle of staff {self.staff_id} on {self.subject_id}"

    @cached_property
    def selector(self) -> Selector:
        """How the person was found."""
        stored = self.subject.open(bytes(self.selector_sealed), purpose="selector")
        return selector_from_json(stored)

    @property
    def note(self) -> str:
        """The purpose's note."""
        if self.note_sealed is None:
            return ""
        return str(self.subject.open(bytes(self.note_sealed), purpose="note"))
