"""The client against the sandbox, through a liar which counts the calls and can lose an answer."""

from collections.abc import Iterator

import pytest

from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import NotFound, Silent, TokenRefused
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.filters import Filters
from consentadmin.mediarithmics.hashing import HashRule
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    PointSelector,
    Selector,
    Typed,
    selector_for,
)
from consentadmin.sandbox.catalogue import NEWSLETTER
from consentadmin.sandbox.people import (
    LONG_LOG,
    MARIE,
    ODD_ACCOUNT,
    POINTLESS_DEVICE,
    QUARANTINED,
)
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.fixtures.sandbox import RunningSandbox, start_sandbox
from tests.mediarithmics.conftest import ONCE, PATIENT

assert MARIE.point_id is not None, "all but a device have a point"
POINT = PointSelector(MARIE.point_id)
MARIES: list[Selector] = [
    POINT,
    AccountSelector(*MARIE.accounts[0]),
    AgentSelector(MARIE.agents[0]),
    selector_for(Typed.EMAIL, MARIE.emails[0].upper(), rule=HashRule()),
]
NOW = 1_700_000_000_000


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox of our own: these tests write."""
    running = start_sandbox(tmp_path_factory.mktemp("platform") / "sandbox.db")
    yield running
    running.stop()


@pytest.fixture
def near(liar: Liar, platform: RunningSandbox) -> Iterator[Client]:
    """A client of the sandbox, by way of the liar."""
    liar.otherwise_forward_to(platform.base_url)
    made = Client(base_url=liar.base_url, token=platform.token, timeouts=PATIENT, reads=ONCE)
    yield made
    made.close()


def test_the_referentials_lead_to_the_processings(near: Client, platform: RunningSandbox) -> None:
    datamart = near.datamart(platform.datamart)
    organisation = near.organisation(datamart.organisation_id)
    processings = near.processings(organisation.community_id)
    assert len({processing.id for processing in processings}) == len(processings) > 5
    assert datamart in near.datamarts(organisation.id)
    assert near.compartments(datamart.id)
    assert near.channels(organisation.id)


def test_processings_are_searched(near: Client) -> None:
    """C §4: ``keywords``."""
    found = near.processings("1126", keywords="Newsletter")
    assert NEWSLETTER in {processing.id for processing in found}
    assert len(found) < len(near.processings("1126"))


@pytest.mark.fact("§2 documents")
@pytest.mark.parametrize("selector", MARIES, ids=lambda selector: selector.kind)
def test_what_a_person_is_in_is_read_whole(
    near: Client, platform: RunningSandbox, selector: Selector
) -> None:
    """D §2: ``user_segments`` and ``user_scenarios`` are documents, in whatever shape."""
    assert [list(each) for each in near.segments(platform.datamart, selector)] == [
        ["segment_id"]
    ] * 3
    assert near.scenarios(platform.datamart, selector) == ()
    with pytest.raises(NotFound):
        near.segments(platform.datamart, AgentSelector("vec:0"))


def test_thousands_of_segments_are_read_page_by_page(
    near: Client, platform: RunningSandbox
) -> None:
    quarantined = PointSelector(str(QUARANTINED.point_id))
    found = near.segments(platform.datamart, quarantined)
    assert len({each["segment_id"] for each in found}) == len(found) == 5_000


@pytest.mark.fact("§2 documents")
@pytest.mark.parametrize("selector", MARIES, ids=lambda selector: selector.kind)
def test_activities_are_read_by_each_selector(
    near: Client, platform: RunningSandbox, selector: Selector
) -> None:
    """D §2: ``user_activities`` is a document of whom any selector names."""
    emails = Filters().where("$type", "EMAIL")
    found = near.activities(platform.datamart, selector, filters=emails, limit=3)
    assert [each.type for each in found] == ["EMAIL"] * 3
    assert found == near.timeline(platform.datamart, POINT, filters=emails, limit=3)


@pytest.mark.parametrize("selector", MARIES, ids=lambda selector: selector.kind)
def test_a_person_is_the_same_by_each_selector(
    near: Client, platform: RunningSandbox, selector: Selector
) -> None:
    assert near.identifiers(platform.datamart, selector).point == MARIE.point_id
    choices = near.choices(platform.datamart, selector)
    assert [near.choice(platform.datamart, selector, c.processing) for c in choices] == [*choices]


def test_an_odd_account_finds_its_person_and_profile(
    near: Client, platform: RunningSandbox
) -> None:
    compartment, account = ODD_ACCOUNT.accounts[0]
    selector = AccountSelector(compartment, account)
    assert near.identifiers(platform.datamart, selector).point == ODD_ACCOUNT.point_id
    profile = near.profile(platform.datamart, selector, compartment, account)
    assert (profile.compartment, profile.account) == (compartment, account)
    assert profile in near.profiles(platform.datamart, selector)


def test_a_device_without_a_point_is_read(near: Client, platform: RunningSandbox) -> None:
    found = near.identifiers(platform.datamart, AgentSelector(POINTLESS_DEVICE.agents[0]))
    assert found.point is None
    assert len(found) > 0


def test_a_log_of_400_comes_whole_in_a_few_calls(
    liar: Liar, near: Client, platform: RunningSandbox
) -> None:
    selector = AccountSelector(*LONG_LOG.accounts[0])
    log = near.choice_log(platform.datamart, selector, NEWSLETTER)
    assert len(log) == 400
    assert [r.choice_ts for r in log] == sorted((r.choice_ts for r in log), reverse=True)
    assert len(liar.requests) <= 4


def test_a_choice_is_written_read_back_and_deleted(near: Client, platform: RunningSandbox) -> None:
    where = (platform.datamart, POINT, NEWSLETTER)
    customs: dict[str, Json] = {"form": {"é": [1, None]}}
    near.put_choice(*where, accepted=True, choice_ts=NOW, customs=customs)
    read = near.choice(*where)
    assert (read.accepted, read.choice_ts, dict(read.customs)) == (
        True,
        NOW,
        {"form": {"é": [1, None]}},
    )
    assert near.choice_log(*where)[0].digest() == read.digest()
    near.delete_choice(*where)
    with pytest.raises(NotFound):
        near.choice(*where)


def test_a_lost_answer_leaves_a_write_that_a_read_back_finds(
    liar: Liar, near: Client, platform: RunningSandbox
) -> None:
    where = (platform.datamart, POINT, NEWSLETTER)
    liar.on("PUT", "/user_choices/", lies.carry_out_then(lies.close()))
    with pytest.raises(Silent):
        near.put_choice(*where, accepted=False, choice_ts=NOW + 1, customs={})
    assert near.choice(*where).choice_ts == NOW + 1


PLAN: list[tuple[ProfileStrategy, dict[str, Json], dict[str, Json]]] = [
    (ProfileStrategy.FORCE_REPLACE, {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}}),
    (ProfileStrategy.PARTIAL_UPDATE, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
    (ProfileStrategy.PARTIAL_DELETE, {"a": {"b": None}}, {"a": {"c": 2}}),
    (ProfileStrategy.LEGACY_MERGE_OBJECTS, {"a": {"d": 4}}, {"a": {"c": 2, "d": 4}}),
    (ProfileStrategy.LEGACY_MERGE, {"a": {"e": "é"}, "f": []}, {"a": {"e": "é"}, "f": []}),
    (ProfileStrategy.LEGACY_REPLACE, {}, {}),
]


def test_a_profile_is_written_by_each_strategy_and_deleted(
    near: Client, platform: RunningSandbox
) -> None:
    account = ODD_ACCOUNT.accounts[0]
    where = (platform.datamart, AccountSelector(*account), *account)
    for strategy, body, expected in PLAN:
        near.put_profile(*where, body, strategy=strategy)
        assert dict(near.profile(*where).customs) == expected
    near.delete_profile(*where)
    with pytest.raises(NotFound):
        near.profile(*where)
    with pytest.raises(NotFound):
        near.delete_profile(*where)


def test_a_person_is_made_given_an_account_and_deleted(
    liar: Liar, near: Client, platform: RunningSandbox
) -> None:
    made, other = AccountSelector("1606", "new/Zoë"), AccountSelector("1607", "new,too")
    update = ProfileStrategy.PARTIAL_UPDATE
    near.put_profile(platform.datamart, made, "1606", made.account, {"a": 1}, strategy=update)
    point = PointSelector(near.identifiers(platform.datamart, made).point or "")
    near.put_profile(platform.datamart, point, "1607", other.account, {}, strategy=update)
    assert near.identifiers(platform.datamart, other).point == point.point
    liar.on("DELETE", "/user_points/", lies.carry_out_then(lies.close()), times=1)
    with pytest.raises(Silent):
        near.delete_point(platform.datamart, other)
    for selector in (made, other, point):
        with pytest.raises(NotFound):
            near.identifiers(platform.datamart, selector)


def test_an_unknown_person_is_not_found(near: Client, platform: RunningSandbox) -> None:
    with pytest.raises(NotFound) as caught:
        near.identifiers(platform.datamart, AgentSelector("vec:1"))
    assert caught.value.error_id


def test_another_token_is_refused(platform: RunningSandbox) -> None:
    stranger = Client(base_url=platform.base_url, token="other", timeouts=PATIENT, reads=ONCE)
    with pytest.raises(TokenRefused):
        stranger.datamart(platform.datamart)
    stranger.close()
