"""Reading a timeline: page by page without a gap, with an entry, and honest where it fails."""

import pytest

from consentadmin.accounts.models import Staff
from consentadmin.audit.models import Entry
from consentadmin.audit.words import Action, Outcome
from consentadmin.datamarts.models import Datamart
from consentadmin.mediarithmics.errors import Busy, InvalidFilter
from consentadmin.sandbox.people import MARIE, MERGED, NO_CHOICES, POINTLESS_DEVICE
from consentadmin.subjects.models import Handle
from consentadmin.subjects.resolve import Elsewhere
from consentadmin.userpoints.timeline import Wanted, read_timeline
from tests import factories
from tests.fixtures.liar import Liar, error, ok

ALL = Wanted()


@pytest.fixture
def marie(alice: Staff, datamart: Datamart) -> Handle:
    """Alice's handle on Marie."""
    return factories.handle(MARIE, alice, datamart)


def page(handle: Handle, wanted: Wanted = ALL) -> tuple[list[int], int | None]:
    """The times of a page's activities, and where the next one begins."""
    actor = factories.actor(handle.staff)
    read = read_timeline(handle=handle, wanted=wanted, actor=actor, size=50)
    assert read.page is not None
    assert read.page.value is not None
    return [one.ts for one in read.page.value.activities], read.page.value.older


def test_pages_follow_each_other_from_the_newest_without_a_gap(marie: Handle) -> None:
    found: list[int] = []
    times, older = page(marie)
    while older is not None:
        found += times
        times, older = page(marie, Wanted(before=older))
    found += times
    assert found == sorted(found, reverse=True)
    assert len(found) > 118  # as many as the seed gives her, and her choices


def test_a_type_and_days_narrow_it_down(marie: Handle) -> None:
    every, _older = page(marie)
    emails, _older = page(marie, Wanted("EMAIL", every[-1], every[0]))
    assert set(emails) < set(every)
    assert every[0] not in emails


def test_each_page_leaves_an_entry(marie: Handle) -> None:
    page(marie)
    entry = Entry.objects.filter(action=Action.READ).latest("pk")
    assert entry.data == {
        "what": "timeline",
        "sections": ["identifiers", "timeline"],
        "failed": {},
    }
    assert entry.subject == marie.subject_id


def test_a_failure_is_in_its_section_and_in_the_entry(
    alice: Staff, lying_datamart: Datamart, liar: Liar
) -> None:
    handle = factories.handle(MARIE, alice, lying_datamart)
    liar.on("GET", "/user_timelines/", error(503))
    read = read_timeline(handle=handle, wanted=Wanted(), actor=factories.actor(alice))
    assert read.page is not None
    assert isinstance(read.page.error, Busy)
    entry = Entry.objects.filter(action=Action.READ).latest("pk")
    assert entry.outcome == Outcome.PARTIAL
    assert entry.data["failed"] == {"timeline": {"error": "Busy", "error_id": "err-1"}}


def test_somebody_who_did_nothing_has_an_empty_page(alice: Staff, datamart: Datamart) -> None:
    assert page(factories.handle(NO_CHOICES, alice, datamart)) == ([], None)


def test_a_404_on_the_timeline_of_somebody_who_exists_is_an_empty_page(
    alice: Staff, lying_datamart: Datamart, liar: Liar
) -> None:
    handle = factories.handle(MARIE, alice, lying_datamart)
    liar.on("GET", "/user_timelines/", error(404))
    assert page(handle) == ([], None)


def test_a_device_without_a_point_has_none(alice: Staff, datamart: Datamart) -> None:
    handle = factories.handle(POINTLESS_DEVICE, alice, datamart)
    read = read_timeline(handle=handle, wanted=Wanted(), actor=factories.actor(alice))
    assert read.page is None
    assert Entry.objects.filter(action=Action.READ).latest("pk").data["what"] == "timeline"


def test_somebody_merged_away_is_followed(
    alice: Staff, lying_datamart: Datamart, liar: Liar
) -> None:
    handle = factories.handle(MARIE, alice, lying_datamart)
    point = {"type": "USER_POINT", "user_point_id": MERGED.point_id}
    liar.on("GET", "/user_identifiers", ok([point]))
    with pytest.raises(Elsewhere):
        page(handle)


def test_a_type_that_would_cut_the_filter_is_refused_before_anything_is_asked(
    marie: Handle,
) -> None:
    before = Entry.objects.count()
    with pytest.raises(InvalidFilter):
        page(marie, Wanted("EMAIL|SITE_VISIT"))
    assert Entry.objects.count() == before
