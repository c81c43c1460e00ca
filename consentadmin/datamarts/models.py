"""Datamarts and their referentials, as last read from the platform (PLATFORM §8)."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from consentadmin import vault
from consentadmin.audit.clock import DatabaseNow
from consentadmin.mediarithmics.hashing import HashFunction, HashRule


class Datamart(models.Model):
    """A datamart of the platform, and how we reach it.

    The API token and the salt of the e-mail hash are sealed under the field keys. Sending is
    *paused* when the platform refuses the API token (a person's work) and *held* until the time
    a `Retry-After` named (it passes by itself). The platform is taken to be *down* after
    `failures` in a row: then one change at a time tries it (`breaker`).

    `approve_…` say what needs a second pair of eyes here (DESIGN §4, four eyes).
    """

    platform_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    api_url = models.URLField(max_length=500)
    token_sealed = models.BinaryField()
    organisation_id = models.CharField(max_length=40, blank=True)
    community_id = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    hash_function = models.CharField(
        max_length=10,
        choices=[(f.value, f.value) for f in HashFunction],
        default=HashFunction.SHA256.value,
    )
    hash_trim = models.BooleanField(default=True)
    hash_lower = models.BooleanField(default=True)
    hash_salt_sealed = models.BinaryField(null=True)
    added_at = models.DateTimeField(db_default=DatabaseNow())
    synced_at = models.DateTimeField(null=True)
    sync_failed_at = models.DateTimeField(null=True)
    sync_failure = models.CharField(max_length=300, blank=True)
    sending_paused_at = models.DateTimeField(null=True)
    sending_paused_why = models.CharField(max_length=300, blank=True)
    sending_held_until = models.DateTimeField(null=True)
    sending_resumed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    down_since = models.DateTimeField(null=True)
    approve_deletions = models.BooleanField(default=True)
    approve_grants = models.BooleanField(default=False)
    approve_bulk = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="datamart_pause_has_a_why",
                condition=Q(sending_paused_at__isnull=True, sending_paused_why="")
                | (Q(sending_paused_at__isnull=False) & ~Q(sending_paused_why="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def token_context(self) -> str:
        """What the API token is sealed to: it opens for this datamart at this address alone."""
        return f"datamart token {self.platform_id} {self.api_url}"

    @property
    def hash_rule(self) -> HashRule:
        """How an e-mail address becomes the hash the platform knows (PLATFORM §3)."""
        salt = ""
        if self.hash_salt_sealed is not None:
            salt = (
                vault.field_keys()
                .open(bytes(self.hash_salt_sealed), context=f"datamart salt {self.platform_id}")
                .decode()
            )
        return HashRule(
            function=HashFunction(self.hash_function),
            trim=self.hash_trim,
            lower=self.hash_lower,
            salt=salt,
        )


class Referential(models.Model):
    """What processings, compartments and channels share: one that is gone is kept, and told."""

    datamart = models.ForeignKey(Datamart, on_delete=models.CASCADE)
    platform_id = models.CharField(max_length=40)
    name = models.CharField(max_length=300)
    seen_at = models.DateTimeField(db_default=DatabaseNow())
    gone_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Processing(Referential):
    """A purpose for which data are used, and its legal basis (GDPR 6(1))."""

    purpose = models.TextField(blank=True)
    legal_basis = models.CharField(max_length=80, blank=True)
    technical_name = models.CharField(max_length=300, blank=True)
    is_archived = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["datamart", "platform_id"], name="processing_once"),
        ]


class Compartment(Referential):
    """A space of account ids; the same account id in two compartments names two accounts."""

    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["datamart", "platform_id"], name="compartment_once"),
        ]


class Channel(Referential):
    """A site or an app: where a choice was made."""

    kind = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["datamart", "platform_id"], name="channel_once"),
        ]
