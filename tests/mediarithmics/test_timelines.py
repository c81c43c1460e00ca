"""Timelines: what is asked, what is read, and what is deleted (§6)."""

from datetime import date
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import (
    Busy,
    Declined,
    Garbled,
    InvalidFilter,
    InvalidSelector,
    NotFound,
    PlatformError,
    Silent,
)
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.filters import EVERYTHING, Filters
from consentadmin.mediarithmics.selectors import PointSelector
from consentadmin.mediarithmics.timelines import read_timeline, read_timeline_activity
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.fixtures.lies import Answer

TS = 1_573_134_360_000
POINT = PointSelector("26340584-f777")
PATH = "/v1/datamarts/1/user_timelines/26340584-f777/user_activities"
VISIT: dict[str, Json] = {
    "$ts": TS,
    "$type": "SITE_VISIT",
    "$session_status": "CLOSED_SESSION",
    "$channel_id": 12,
    "$site_id": "12",
    "$unique_key": "k-1",
    "$ttl": 0,
    "$session_duration": 302,
    "$origin": {"$channel": "needle"},
    "$location": {"$country": "needle"},
    "$topics": {"a": {"b": 1}},
    "shop": "needle",
    "$events": [{"$ts": TS + 1, "$event_name": "$page_view", "$properties": {"u": 1}, "x": 2}],
}


def test_an_activity_is_read_with_all_that_it_tells() -> None:
    read = read_timeline_activity(VISIT)
    assert (read.ts, read.type, read.session_status) == (TS, "SITE_VISIT", "CLOSED_SESSION")
    assert (read.channel, read.site, read.app, read.unique_key) == ("12", "12", None, "k-1")
    assert (read.ttl, read.session_duration, read.origin) == (0, 302, {"$channel": "needle"})
    assert (read.location, read.topics) == ({"$country": "needle"}, {"a": {"b": 1}})
    assert dict(read.rest) == {"shop": "needle"}
    event = read.events[0]
    assert (event.name, event.ts, dict(event.properties)) == ("$page_view", TS + 1, {"u": 1})
    assert dict(event.rest) == {"x": 2}
    assert "needle" not in repr(read) + repr(event)


@pytest.mark.parametrize("body", [{"$ts": TS}, {"$ts": str(TS), "$events": None, "$type": None}])
def test_what_is_not_told_is_empty(body: dict[str, Json]) -> None:
    read = read_timeline_activity(body)
    assert (read.ts, read.type, read.session_status, read.events) == (TS, "", "", ())
    assert (read.channel, read.site, read.app, read.unique_key) == (None, None, None, None)


@pytest.mark.parametrize("odd", [None, "x", [1], True])
@pytest.mark.parametrize("name", ["$ttl", "$session_duration", "$origin", "$location", "$topics"])
def test_an_optional_field_that_is_odd_hides_nothing(name: str, odd: Json) -> None:
    """C §6: it is kept as it came, and the rest of the timeline is there."""
    read = read_timeline_activity({"$ts": TS, name: odd})
    assert dict(read.rest) == {name: odd}
    assert getattr(read, name[1:]) is None
    assert read.digest() != read_timeline_activity({"$ts": TS}).digest()


@pytest.mark.parametrize("name", ["$ttl", "$session_duration", "$origin", "$location", "$topics"])
def test_the_digest_tells_optional_fields_apart(name: str) -> None:
    other: Json = 1 if name in {"$ttl", "$session_duration"} else {"$country": "FR"}
    read, changed = (read_timeline_activity(it) for it in (VISIT, {**VISIT, name: other}))
    assert read.digest() != changed.digest()


def test_an_unknown_type_is_kept() -> None:
    """D §6: more types than are documented."""
    assert read_timeline_activity({"$ts": TS, "$type": "NEW_ONE"}).type == "NEW_ONE"


@pytest.mark.parametrize(
    "wrong",
    [
        {"$ts": None},
        {"$ts": "soon"},
        {"$type": 1},
        {"$session_status": []},
        {"$channel_id": {}},
        {"$unique_key": True},
        {"$events": {}},
        {"$events": ["x"]},
        {"$events": [{"$event_name": 1}]},
        {"$events": [{"$ts": "soon"}]},
        {"$events": [{"$properties": []}]},
    ],
)
def test_an_activity_with_a_wrong_field_is_garbled(wrong: dict[str, Json]) -> None:
    with pytest.raises(Garbled):
        read_timeline_activity({**VISIT, **wrong})


ANY: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*VISIT, "$event_name", "$properties"]), inner)
    ),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None, database=None)
@given(value=st.just([VISIT]).flatmap(lambda rows: ANY | st.tuples(ANY).map(list) | st.just(rows)))
def test_any_answer_is_read_or_garbled(value: Json) -> None:
    try:
        read = read_timeline(value)
    except Garbled:
        return
    assert isinstance(value, list)
    assert len(read) == len(value)
    assert [len(row.digest()) for row in read] == [64] * len(read)


def test_the_digest_tells_activities_apart() -> None:
    others: list[dict[str, Json]] = [
        {},
        {"$ts": TS + 1},
        {"shop": 2},
        {"$unique_key": "k-2"},
        {"$events": []},
    ]
    digests = {read_timeline_activity({**VISIT, **other}).digest() for other in others}
    assert len(digests) == 5
    assert read_timeline_activity(dict(reversed(VISIT.items()))).digest() in digests


def test_a_timeline_is_asked_for_as_documented(liar: Liar, client: Client) -> None:
    """D §6: the bare point id and ``filters``; C: ``limit`` and ``to``."""
    liar.always(lies.ok([VISIT]))
    filters = EVERYTHING.where("$type", "SITE_VISIT", "é&x").where("shop", "a/b")
    read = client.timeline("1", POINT, filters=filters, limit=5, to=date(2024, 2, 9), start_ts=TS)
    assert [row.unique_key for row in read] == ["k-1"]
    path, _, asked = liar.requests[0].path.partition("?filters=")
    expression, *more = asked.split("&")
    musts = f"shop==a/b,start_ts=={TS}"
    assert path == PATH
    assert unquote(expression) == f"{musts},$type==SITE_VISIT|$type==é&x,{musts}"
    assert more == ["limit=5", "to=2024-02-09"]
    assert expression.startswith("shop%3D%3Da%2Fb%2Cstart_ts%3D%3D")


def test_a_timeline_without_conditions_has_no_query(liar: Liar, client: Client) -> None:
    liar.always(lies.ok([]))
    assert client.timeline("1", POINT) == ()
    client.timeline("1", PointSelector("a/b,c?"))
    assert [r.path for r in liar.requests] == [PATH, PATH.replace(POINT.point, "a%2Fb%2Cc%3F")]


@pytest.mark.parametrize("point", [".", ".."])
def test_a_step_in_the_path_is_no_point(liar: Liar, client: Client, point: str) -> None:
    with pytest.raises(InvalidSelector):
        client.timeline("1", PointSelector(point))
    with pytest.raises(InvalidSelector):
        client.delete_activities("1", PointSelector(point), EVERYTHING.where("a", "1"))
    assert liar.requests == []


def test_nothing_is_asked_for_in_vain(liar: Liar, client: Client) -> None:
    with pytest.raises(InvalidFilter):
        client.timeline("1", POINT, limit=0)
    with pytest.raises(InvalidFilter):
        client.timeline("1", POINT, end_ts=TS // 1000)
    with pytest.raises(InvalidFilter):
        client.timeline_page("1", POINT, size=0)
    assert liar.requests == []


@pytest.mark.parametrize("data", [None, {}, "x", [None], [VISIT, {}], {"data": []}])
def test_what_is_no_timeline_is_garbled(liar: Liar, client: Client, data: object) -> None:
    liar.always(lies.ok(data))
    with pytest.raises(Garbled):
        client.timeline("1", POINT)
    with pytest.raises(Garbled):
        client.timeline_page("1", POINT)


def test_an_unknown_point_is_not_found(liar: Liar, client: Client) -> None:
    liar.always(lies.error(404))
    with pytest.raises(NotFound):
        client.timeline_page("1", POINT)


def test_a_busy_platform_is_asked_for_the_same_page_again(liar: Liar, stubborn: Client) -> None:
    liar.always(lies.in_turn(lies.error(503), lies.ok([VISIT])))
    assert len(stubborn.timeline_page("1", POINT).activities) == 1
    assert len({request.path for request in liar.requests}) == 1
    assert len(liar.requests) == 2


def test_a_page_is_asked_for_by_time(liar: Liar, client: Client) -> None:
    """S §6: bounds inclusive, so what lies on the upper one is asked for and left out."""
    liar.always(lies.ok([{**VISIT, "$ts": TS + 9}, VISIT]))
    filters = EVERYTHING.where("$type", "SITE_VISIT")
    page = client.timeline_page("1", POINT, filters=filters, size=5, before=TS + 9, since=TS)
    assert ([row.ts for row in page.activities], page.older) == ([TS], None)
    asked = f"$type==SITE_VISIT,start_ts=={TS - 1},end_ts=={TS + 9}"
    assert unquote(liar.requests[0].path) == f"{PATH}?filters={asked}&limit=7"


def test_a_page_leaves_out_what_was_not_asked_for(liar: Liar, client: Client) -> None:
    """S §6: the platform may read the operators in another way, or no filter at all."""
    liar.always(lies.ok([{**VISIT, "$type": "EMAIL"}, VISIT]))
    filters = EVERYTHING.where("$type", "SITE_VISIT", "TOUCH")
    for read in (
        client.timeline_page("1", POINT, filters=filters).activities,
        client.timeline("1", POINT, filters=filters),
    ):
        assert [row.type for row in read] == ["SITE_VISIT"]


def test_all_calls_of_a_page_share_its_deadline(liar: Liar, client: Client) -> None:
    full = [{**VISIT, "$type": "EMAIL", "$ts": TS - n} for n in range(10)]

    def slow(talk: lies.Conversation) -> bool:
        talk.liar.stopping.wait(0.05)
        rows = [{**row, "$ts": TS - 10 * len(talk.liar.requests) - n} for n, row in enumerate(full)]
        return lies.ok(rows)(talk)

    liar.always(slow)
    with pytest.raises(PlatformError, match=r"reached|answer in full"):
        client.timeline_page("1", POINT, filters=EVERYTHING.where("$type", "A"), deadline=1.0)
    assert 1 < len(liar.requests) < 25


def test_activities_are_deleted_by_their_filters(liar: Liar, client: Client) -> None:
    """D §6: DELETE on the timeline, with ``filters``."""
    liar.always(lies.json_answer(200, {"status": "ok"}))
    client.delete_activities("1", POINT, EVERYTHING.where("$unique_key", "k-1").until(TS))
    request = liar.requests[0]
    assert (request.method, request.body) == ("DELETE", b"")
    assert unquote(request.path) == f"{PATH}?filters=$unique_key==k-1,end_ts=={TS}"


@pytest.mark.parametrize(
    "filters",
    [
        EVERYTHING,
        EVERYTHING.where("a", "1").where("$type", "A", "B", "C"),
        EVERYTHING.where("a", "1", "2").where("b", "3", "4"),
    ],
)
def test_a_deletion_that_may_take_more_is_not_sent(
    liar: Liar, client: Client, filters: Filters
) -> None:
    """S §6: which operator binds closer."""
    with pytest.raises(InvalidFilter):
        client.delete_activities("1", POINT, filters)
    assert liar.requests == []


ERRORS: list[tuple[Answer, type[PlatformError]]] = [
    (lies.error(400), Declined),
    (lies.error(503), Busy),
    (lies.error(200), Garbled),
    (lies.close(), Silent),
]


@pytest.mark.parametrize(("answer", "kind"), ERRORS)
def test_a_deletion_is_sent_once(
    liar: Liar, stubborn: Client, answer: Answer, kind: type[PlatformError]
) -> None:
    liar.always(answer)
    with pytest.raises(PlatformError) as caught:
        stubborn.delete_activities("1", POINT, EVERYTHING.where("a", "1"))
    assert type(caught.value) is kind
    assert len(liar.requests) == 1
