"""What is known of datamarts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F

from consentadmin.datamarts.models import Channel, Compartment, Datamart, Processing


def datamart(platform_id: str) -> Datamart:
    """Return the datamart with this platform id. Raises Datamart.DoesNotExist."""
    return Datamart.objects.get(platform_id=platform_id)


def processings(of: Datamart) -> Sequence[Processing]:
    """Return the datamart's processings: live ones first, then archived and gone, by name."""
    return list(of.processing_set.order_by("gone_at", "is_archived", "name", "platform_id"))


def compartments(of: Datamart) -> Sequence[Compartment]:
    """Return the compartments still listed, the default one first."""
    return list(of.compartment_set.filter(gone_at=None).order_by("-is_default", "name"))


@dataclass(frozen=True, slots=True)
class Referentials:
    """All that is known of a datamart's referentials, what is gone from the platform too."""

    processings: Sequence[Processing]
    compartments: Sequence[Compartment]
    channels: Sequence[Channel]


def referentials(of: Datamart) -> Referentials:
    """Return the datamart's referentials as last read: what is gone comes last."""
    return Referentials(
        processings(of),
        list(
            of.compartment_set.order_by(
                F("gone_at").desc(nulls_first=True), "-is_default", "name", "platform_id"
            )
        ),
        list(of.channel_set.order_by(F("gone_at").desc(nulls_first=True), "name", "platform_id")),
    )


def channels(of: Datamart) -> Sequence[Channel]:
    """Return the channels known, gone ones too, by name."""
    return list(of.channel_set.order_by("name"))
