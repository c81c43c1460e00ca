"""Adding staff and recording who signs in."""

from django.db import transaction

from consentadmin import vault
from consentadmin.accounts.models import Grant, Staff
from consentadmin.accounts.permissions import Role
from consentadmin.audit.services import record
from consentadmin.audit.words import HOUSE, NOBODY, Action, Actor, Outcome
from consentadmin.datamarts.models import Datamart


@transaction.atomic
def add_staff(
    *,
    email: str,
    name: str,
    password: str,
    role: Role,
    datamart: Datamart | None,
    by: Actor = HOUSE,
) -> Staff:
    """Add a member of staff, or give a known one the password and one more role."""
    email = Staff.objects.normalize_email(email).lower()
    staff = Staff.objects.filter(email=email).first() or Staff(email=email, name=name)
    staff.set_password(password)
    staff.save()
    Grant.objects.get_or_create(staff=staff, role=role, datamart=datamart)
    record(
        action=Action.STAFF_ADDED,
        actor=by,
        datamart=datamart.platform_id if datamart else "",
        data={"staff": staff.pk, "name": staff.name, "role": role.value},
    )
    return staff


def signed_in(*, staff: Staff) -> None:
    """Record that a member of staff signed in."""
    record(action=Action.SIGNED_IN, actor=staff.actor())


def signed_out(*, staff: Staff) -> None:
    """Record that a member of staff signed out."""
    record(action=Action.SIGNED_OUT, actor=staff.actor())


def sign_in_failed(*, email: str, slowed: bool = False) -> None:
    """Record a failed sign-in, by somebody we do not know, and whose address it was tried with.

    What was typed is kept as a keyed digest: people type passwords into the wrong field. `slowed`:
    it was not even tried, after too many failures.
    """
    staff = Staff.objects.filter(email__iexact=email).first()
    typed = vault.alias_keys().digest(f"sign-in {email.strip().lower()}").hex()
    record(
        action=Action.SIGN_IN_FAILED,
        outcome=Outcome.REFUSED,
        actor=NOBODY,
        data={
            "typed": typed[:16],
            "staff": staff.pk if staff else None,
            "name": staff.name if staff else "",
            "slowed": slowed,
        },
    )
