"""Activities, timelines and imports against the sandbox, ordinary and with every S turned round.

Through a liar, which can lose an answer on its way.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator

import pytest

from consentadmin.mediarithmics import commands
from consentadmin.mediarithmics.activities import (
    Activity,
    ChoiceEvent,
    Identifying,
    ProfileEvent,
    SessionStatus,
)
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import NotFound, Silent
from consentadmin.mediarithmics.filters import EVERYTHING, Filters
from consentadmin.mediarithmics.imports import DocumentType, Execution, ExecutionStatus
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
)
from consentadmin.mediarithmics.timelines import TimelineActivity
from consentadmin.sandbox.catalogue import NEWSLETTER
from consentadmin.sandbox.people import (
    DELETED_PROCESSING,
    MARIE,
    NO_CHOICES,
    THREE_EMAILS,
    TWO_PROFILES,
)
from consentadmin.sandbox.seed import seed
from consentadmin.sandbox.store import opened
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.fixtures.sandbox import RunningSandbox, start_sandbox
from tests.mediarithmics.conftest import ONCE, PATIENT

DATAMART = "1459"
NOW = 1_700_000_000_000
PATIENCE_S = 20.0
MARIES = PointSelector(MARIE.point_id or "")
SOMEBODY = PointSelector(NO_CHOICES.point_id or "")
SOMEBODYS = AccountSelector(*NO_CHOICES.accounts[0])
COUNT = """
SELECT ts FROM activity JOIN selector ON selector.person = activity.person
WHERE kind = 'user_point_id' AND value = ? ORDER BY ts DESC
"""


@pytest.fixture(scope="module", params=["ordinary", "contrarian"])
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSandbox]:
    """A sandbox of our own: these tests write."""
    store = tmp_path_factory.mktemp("platform") / "sandbox.db"
    running = start_sandbox(
        store,
        activity_delay=50,
        import_pace=400,
        contrarian=request.param == "contrarian",
    )
    yield running
    running.stop()


@pytest.fixture
def near(liar: Liar, platform: RunningSandbox) -> Iterator[Client]:
    """A client of the sandbox, by way of the liar."""
    liar.otherwise_forward_to(platform.base_url)
    made = Client(base_url=liar.base_url, token=platform.token, timeouts=PATIENT, reads=ONCE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def maries_times(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """When Marie did what she did, newest first: from a twin of the sandbox's store."""
    twin = tmp_path_factory.mktemp("twin") / "sandbox.db"
    opened(twin, seed=seed).close()
    with contextlib.closing(sqlite3.connect(twin)) as store:
        return [ts for (ts,) in store.execute(COUNT, [MARIE.point_id])]


def eventually(look: Callable[[], bool]) -> None:
    """Wait until it is so: what was received is stored a little later."""
    deadline = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def whole(
    client: Client, point: PointSelector, size: int, filters: Filters = EVERYTHING
) -> list[TimelineActivity]:
    found: list[TimelineActivity] = []
    page = client.timeline_page(DATAMART, point, size=size, filters=filters)
    while page.older is not None:
        found += page.activities
        before = page.older
        page = client.timeline_page(DATAMART, point, size=size, filters=filters, before=before)
    return [*found, *page.activities]


@pytest.mark.parametrize("size", [10, 50, 300])
def test_a_timeline_is_read_whole_in_pages(
    near: Client, maries_times: list[int], size: int
) -> None:
    assert len(maries_times) > 100
    assert [row.ts for row in whole(near, MARIES, size)] == maries_times


def test_a_timeline_is_filtered_by_types_within_bounds(
    near: Client, maries_times: list[int]
) -> None:
    """S: which operator binds closer must not show."""
    everything = whole(near, MARIES, 300)
    types = sorted({row.type for row in everything})[:3]
    page = near.timeline_page(
        DATAMART,
        MARIES,
        size=300,
        filters=EVERYTHING.where("$type", *types),
        since=maries_times[90],
        before=maries_times[5],
    )
    meant = [row.ts for row in everything if row.type in types]
    since, before = maries_times[90], maries_times[5]
    assert len(types) == 3
    assert [row.ts for row in page.activities] == [ts for ts in meant if since <= ts < before]


def note(key: str, *, accepted: bool) -> Activity:
    compartment, account = NO_CHOICES.accounts[0]
    events = (
        ChoiceEvent(processing=NEWSLETTER, accepted=accepted, ts=NOW, customs={"form": key}),
        ProfileEvent(compartment=compartment, account=account, ts=NOW, properties={"k": key}),
    )
    return Activity(
        type="TOUCH",
        session_status=SessionStatus.NO_SESSION,
        ts=NOW,
        identifiers=(SOMEBODYS, AgentSelector(NO_CHOICES.agents[0])),
        events=events,
        unique_key=key,
        customs={"shop": "Brno"},
    )


def test_an_activity_lands_where_its_key_finds_it_until_it_is_deleted(near: Client) -> None:
    """D: both events are applied and stay in the timeline."""
    mine = EVERYTHING.where("$unique_key", "k-1")
    near.post_activity(DATAMART, note("k-1", accepted=True))
    eventually(lambda: bool(near.timeline(DATAMART, SOMEBODY, filters=mine)))
    (found,) = near.timeline(DATAMART, SOMEBODY, filters=mine, limit=5)
    assert (found.ts, found.unique_key, found.rest["shop"]) == (NOW, "k-1", "Brno")
    assert [event.name for event in found.events] == [
        "$set_user_choice",
        "$set_user_profile_properties",
    ]
    assert near.choice(DATAMART, SOMEBODY, NEWSLETTER).customs["form"] == "k-1"
    assert near.profile(DATAMART, SOMEBODY, *NO_CHOICES.accounts[0]).customs["k"] == "k-1"
    near.delete_activities(DATAMART, SOMEBODY, mine)
    assert near.timeline(DATAMART, SOMEBODY, filters=mine) == ()


def test_a_lost_answer_leaves_an_activity_that_its_key_finds(liar: Liar, near: Client) -> None:
    liar.on("POST", "/user_activities", lies.carry_out_then(lies.close()))
    with pytest.raises(Silent):
        near.post_activity(DATAMART, note("k-2", accepted=False))
    mine = EVERYTHING.where("$unique_key", "k-2")
    eventually(lambda: len(near.timeline(DATAMART, SOMEBODY, filters=mine)) == 1)


def carried_out(client: Client, kind: DocumentType, lines: list[bytes]) -> Execution:
    made = client.create_import(DATAMART, kind, "a test")
    started = client.start_execution(DATAMART, made, lines)
    eventually(lambda: client.execution(DATAMART, made, started.id).is_over)
    return client.execution(DATAMART, made, started.id)


CARMENS: list[Identifying] = [
    AccountSelector(*THREE_EMAILS.accounts[0]),
    EmailHashSelector(THREE_EMAILS.email_hashes[0]),
    AgentSelector(THREE_EMAILS.agents[0]),
]


def test_choices_are_imported_by_each_kind_of_identifier(near: Client) -> None:
    lines = [
        commands.choice_command(who, NEWSLETTER, accepted=True, choice_ts=NOW + n, customs={"n": n})
        for n, who in enumerate(CARMENS)
    ]
    done = carried_out(near, DocumentType.USER_CHOICE, lines)
    assert done.is_done
    assert (done.num_tasks, done.completed_tasks) == (3, 3)
    assert (done.total_success, done.total_failure, done.error_file_uri) == (3, 0, None)
    point = PointSelector(THREE_EMAILS.point_id or "")
    assert near.choice(DATAMART, point, NEWSLETTER).customs["n"] == 2
    deletion = commands.choice_deletion_command(CARMENS[1], NEWSLETTER)
    assert carried_out(near, DocumentType.USER_CHOICE, [deletion]).is_done
    assert NEWSLETTER not in [choice.processing for choice in near.choices(DATAMART, point)]


def test_profiles_and_persons_are_imported_and_deleted(near: Client) -> None:
    account, other = TWO_PROFILES.accounts
    who = EmailHashSelector(TWO_PROFILES.email_hashes[0])
    replace = ProfileStrategy.FORCE_REPLACE
    lines = [
        commands.profile_command(who, *account, {"a": {"b": "é"}}, strategy=replace),
        commands.profile_deletion_command(who, *other),
    ]
    assert carried_out(near, DocumentType.USER_PROFILE, lines).total_success == 2
    point = PointSelector(TWO_PROFILES.point_id or "")
    profiles = near.profiles(DATAMART, point)
    assert [(p.account, dict(p.customs)) for p in profiles] == [(account[1], {"a": {"b": "é"}})]
    deletion = commands.deletion_command(who)
    assert carried_out(near, DocumentType.USER_POINTS_DELETION, [deletion]).is_done
    with pytest.raises(NotFound):
        near.identifiers(DATAMART, point)


def test_a_command_that_fails_is_told_in_the_file_of_errors(near: Client) -> None:
    """D: a choice without its time and its value is none."""
    good = commands.choice_command(SOMEBODYS, NEWSLETTER, accepted=True, choice_ts=NOW, customs={})
    bad = b'{"operation":"UPSERT","email_hash":"needle","user_choice":{"$processing_id":"3401"}}'
    lines = [good, bad]
    done = carried_out(near, DocumentType.USER_CHOICE, lines)
    assert (done.total_success, done.total_failure) == (1, 1)
    with near.error_file(done.error_file_uri or "") as errors:
        told = [*errors]
    assert len(told) == 1
    assert b"needle" in told[0]


def test_an_execution_is_stopped_on_its_way(near: Client) -> None:
    line = commands.choice_command(
        SOMEBODYS, NEWSLETTER, accepted=True, choice_ts=NOW + 9, customs={}
    )
    made = near.create_import(DATAMART, DocumentType.USER_CHOICE, "to be stopped")
    started = near.start_execution(DATAMART, made, [line] * 40_000)
    near.cancel_execution(DATAMART, made, started.id)
    stopped = near.execution(DATAMART, made, started.id)
    assert (stopped.status, stopped.is_over, stopped.is_done) == (
        ExecutionStatus.CANCELED,
        True,
        False,
    )
    assert (stopped.completed_tasks or 0) < 40_000


def test_a_lost_answer_leaves_an_execution_that_its_import_lists(liar: Liar, near: Client) -> None:
    made = near.create_import(DATAMART, DocumentType.USER_CHOICE, "lost")
    line = commands.choice_deletion_command(SOMEBODYS, DELETED_PROCESSING)
    assert near.executions(DATAMART, made) == ()
    liar.on("POST", "/executions", lies.carry_out_then(lies.close()), times=1)
    with pytest.raises(Silent):
        near.start_execution(DATAMART, made, [line])
    (found,) = near.executions(DATAMART, made)
    eventually(lambda: near.execution(DATAMART, made, found.id).is_over)
