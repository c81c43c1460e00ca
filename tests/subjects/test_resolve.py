"""Finding out what a 404 means (PLATFORM §2)."""

import pytest

from consentadmin.accounts.models import Staff
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.errors import Busy
from consentadmin.mediarithmics.identifiers import Identifiers, Point
from consentadmin.mediarithmics.selectors import AccountSelector, PointSelector
from consentadmin.sandbox.people import MARIE, MERGED, MERGED_AWAY
from consentadmin.subjects.models import Subject
from consentadmin.subjects.resolve import Elsewhere, Gone, resolve
from consentadmin.subjects.services import know
from tests import factories
from tests.fixtures.liar import Liar, error

ACCOUNT = AccountSelector(*MERGED.accounts[1])


@pytest.fixture
def merged_away(datamart: Datamart) -> Subject:
    """A subject as it was known before the platform merged its point."""
    return know(
        datamart=datamart,
        selector=ACCOUNT,
        identifiers=Identifiers((Point(MERGED_AWAY, None, {}),)),
    )


def test_a_person_who_answers_is_where_we_know_them(alice: Staff, datamart: Datamart) -> None:
    handle = factories.handle(MARIE, alice, datamart)
    resolve(subject=handle.subject, selector=handle.selector)


def test_a_merged_person_is_found_by_the_selector_first_used(merged_away: Subject) -> None:
    with pytest.raises(Elsewhere) as caught:
        resolve(subject=merged_away, selector=ACCOUNT)
    assert caught.value.subject.point == MERGED.point_id
    merged_away.refresh_from_db()
    assert merged_away.joined_into == caught.value.subject


def test_only_the_selector_first_used_can_show_a_merge(merged_away: Subject) -> None:
    """Any other identifier may belong to somebody else by now."""
    with pytest.raises(Gone):
        resolve(subject=merged_away, selector=PointSelector(MERGED_AWAY))


def test_a_person_is_never_elsewhere_to_themselves(
    alice: Staff, lying_datamart: Datamart, liar: Liar
) -> None:
    handle = factories.handle(MARIE, alice, lying_datamart)
    liar.on("GET", "user_point_id=", error(404))
    resolve(subject=handle.subject, selector=handle.selector)


def test_a_person_whom_nothing_finds_is_gone(datamart: Datamart) -> None:
    nobody = PointSelector("00000000-0000-4000-8000-000000000000")
    ghost = know(
        datamart=datamart,
        selector=nobody,
        identifiers=Identifiers((Point(nobody.point, None, {}),)),
    )
    with pytest.raises(Gone):
        resolve(subject=ghost, selector=nobody)


def test_a_platform_that_fails_does_not_make_anybody_gone(
    lying_datamart: Datamart, merged_away: Subject, liar: Liar
) -> None:
    liar.on("GET", "user_identifiers", error(503))
    merged_away.datamart = lying_datamart
    with pytest.raises(Busy):
        resolve(subject=merged_away, selector=ACCOUNT)
