"""Builders of what tests need, by the services that make them in earnest."""

from datetime import datetime

from django.utils import timezone

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import Permission, Role
from consentadmin.accounts.services import add_staff
from consentadmin.audit.words import Actor
from consentadmin.changes.kinds import Cause
from consentadmin.changes.models import Change
from consentadmin.changes.rules import Wish, milliseconds
from consentadmin.changes.services import Why, request_change
from consentadmin.datamarts.models import Datamart
from consentadmin.datamarts.services import set_up
from consentadmin.datamarts.syncing import sync
from consentadmin.mediarithmics.selectors import AccountSelector, AgentSelector, Selector
from consentadmin.sandbox.people import Person
from consentadmin.subjects.models import Handle, Reason
from consentadmin.subjects.services import Purpose
from consentadmin.userpoints.services import look_up
from tests.fixtures.sandbox import RunningSandbox

PASSWORD = "a quiet afternoon"
PURPOSE = Purpose(Reason.CALL, case="C-0142")


def datamart(sandbox: RunningSandbox, platform_id: str, name: str) -> Datamart:
    """A datamart of the sandbox, its referentials read."""
    made = set_up(platform_id=platform_id, name=name, api_url=sandbox.base_url, token=sandbox.token)
    sync(datamart=made)
    made.refresh_from_db()
    return made


def moved(datamart: Datamart, api_url: str, token: str) -> Datamart:
    """The same datamart at another address."""
    return set_up(
        platform_id=datamart.platform_id, name=datamart.name, api_url=api_url, token=token
    )


def staff(name: str, role: Role, on: Datamart | None) -> Staff:
    """A member of staff who holds one role."""
    return add_staff(
        email=f"{name}@example.com", name=name.title(), password=PASSWORD, role=role, datamart=on
    )


def selector(person: Person) -> Selector:
    """What finds this person of the sandbox: an account, else a device."""
    if person.accounts:
        return AccountSelector(*person.accounts[0])
    return AgentSelector(person.agents[0])


def handle(person: Person, by: Staff, on: Datamart, purpose: Purpose = PURPOSE) -> Handle:
    """A handle of a member of staff on a person, as a look-up gives it."""
    role = by.role(Permission.LOOK_UP, on)
    found = look_up(
        datamart=on, selector=selector(person), purpose=purpose, by=by, actor=by.actor(role)
    )
    return Handle.objects.select_related("subject__datamart").get(pk=found.pk)


def change(
    handle: Handle,
    processing: str,
    *,
    accepted: bool,
    seen: str = "",
    at: datetime | None = None,
    customs: dict[str, object] | None = None,
) -> Change:
    """A change that the handle's owner asks for."""
    wish = Wish(accepted, milliseconds(at or timezone.now()), dict(customs or {}))
    return request_change(
        handle=handle,
        processing=processing,
        wish=wish,
        seen=seen,
        why=Why(Cause.PERSON_ASKED),
        by=handle.staff,
        role=Role.AGENT.value,
    )


def actor(of: Staff) -> Actor:
    """A member of staff as the trail names them."""
    return of.actor()
