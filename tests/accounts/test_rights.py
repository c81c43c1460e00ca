"""What each role may do, and where (DESIGN §1, invariant 7)."""

import pytest

from consentadmin.accounts.models import Staff
from consentadmin.accounts.permissions import RIGHTS, Permission, Role
from consentadmin.accounts.services import add_staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action
from consentadmin.datamarts.models import Datamart
from tests import factories


def test_an_auditor_and_an_administrator_never_see_a_person() -> None:
    of_people = {Permission.LOOK_UP, Permission.PERSON_READ, Permission.CHOICE_EDIT}
    assert not RIGHTS[Role.AUDITOR] & of_people
    assert not RIGHTS[Role.ADMIN] & of_people


def test_an_officer_may_all_that_an_agent_may() -> None:
    assert RIGHTS[Role.AGENT] <= RIGHTS[Role.OFFICER]


def test_a_role_holds_on_its_datamart_alone(
    alice: Staff, datamart: Datamart, other_datamart: Datamart
) -> None:
    assert alice.role(Permission.LOOK_UP, datamart) is Role.AGENT
    assert alice.role(Permission.LOOK_UP, other_datamart) is None
    assert list(alice.datamarts(Permission.LOOK_UP)) == [datamart]


def test_a_role_on_all_datamarts_holds_on_each(bob: Staff, other_datamart: Datamart) -> None:
    assert bob.role(Permission.CHOICE_EDIT, other_datamart) is Role.OFFICER
    assert other_datamart in bob.datamarts(Permission.LOOK_UP)


def test_a_role_of_one_datamart_adds_nothing_on_another(
    alice: Staff, datamart: Datamart, other_datamart: Datamart
) -> None:
    factories.staff("alice", Role.AUDITOR, other_datamart)
    again = Staff.objects.get(pk=alice.pk)
    assert again.role(Permission.TRAIL_READ, other_datamart) is Role.AUDITOR
    assert again.role(Permission.TRAIL_READ, datamart) is None


def test_adding_staff_twice_changes_the_password_and_leaves_entries(db: None) -> None:
    for password in ("first password", "second password"):
        add_staff(
            email="Eve@Example.com", name="Eve", password=password, role=Role.AGENT, datamart=None
        )
    eve = Staff.objects.get(email="eve@example.com")
    assert eve.check_password("second password")
    assert Entry.objects.filter(action=Action.STAFF_ADDED).count() == 2


@pytest.mark.django_db
def test_staff_without_a_grant_may_nothing() -> None:
    nobody = Staff.objects.create(email="new@example.com", name="New")
    assert all(nobody.role(permission) is None for permission in Permission)
    assert not nobody.datamarts().exists()
