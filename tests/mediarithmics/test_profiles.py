"""Profiles and points: what is sent, what is refused before, and that it is sent once (§5, §7)."""

from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentadmin.mediarithmics.answers import parse
from consentadmin.mediarithmics.bodies import json_body
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import (
    Busy,
    Conflicted,
    Declined,
    Garbled,
    InvalidBody,
    InvalidSelector,
    NotFound,
    PlatformError,
    Silent,
    Unreachable,
)
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import AccountSelector, AgentSelector, PointSelector
from tests.fixtures import lies
from tests.fixtures.liar import Liar, running_liar
from tests.fixtures.lies import Answer
from tests.mediarithmics.conftest import ALICE, ONCE, PATIENT, TOKEN

Write = Callable[[Client], None]

ODD = "Zoë/Łukasz,dept=7|A"
ODD_ON_THE_WIRE = "Zo%C3%AB%2F%C5%81ukasz%2Cdept%3D7%7CA"
BASE = "/v1/datamarts/1/user_points"
UPDATE = ProfileStrategy.PARTIAL_UPDATE
WRITES: dict[str, Write] = {
    "put_profile": lambda client: client.put_profile(
        "1", ALICE, "1606", "a", {"city": "Brno"}, strategy=UPDATE, deadline=5.0
    ),
    "delete_profile": lambda client: client.delete_profile("1", ALICE, "1606", "a", deadline=5.0),
    "delete_point": lambda client: client.delete_point("1", ALICE, deadline=5.0),
}
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


@pytest.mark.parametrize(
    ("strategy", "query"),
    [
        (ProfileStrategy.PARTIAL_UPDATE, "update_strategy=PARTIAL_UPDATE"),
        (ProfileStrategy.PARTIAL_DELETE, "update_strategy=PARTIAL_DELETE"),
        (ProfileStrategy.FORCE_REPLACE, "update_strategy=FORCE_REPLACE"),
        (ProfileStrategy.LEGACY_REPLACE, "force_replace=true"),
        (ProfileStrategy.LEGACY_MERGE, "force_replace=false&merge_objects=false"),
        (ProfileStrategy.LEGACY_MERGE_OBJECTS, "force_replace=false&merge_objects=true"),
    ],
)
def test_a_profile_is_put_by_its_strategy(
    liar: Liar, client: Client, strategy: ProfileStrategy, query: str
) -> None:
    liar.always(lies.ok({}))
    client.put_profile("1", ALICE, "1606", ODD, {"é": [1, None]}, strategy=strategy)
    request = liar.requests[0]
    document = f"user_profiles/compartment_id=1606/user_account_id={ODD_ON_THE_WIRE}"
    assert request.method == "PUT"
    assert request.path == f"{BASE}/{ALICE.path()}/{document}?{query}"
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {"é": [1, None]}


def test_every_strategy_has_its_query() -> None:
    assert len({strategy.query for strategy in ProfileStrategy}) == len(ProfileStrategy) == 6


@pytest.mark.parametrize(
    ("selector", "sent"),
    [
        (AccountSelector("1606", ODD), f"compartment_id=1606,user_account_id={ODD_ON_THE_WIRE}"),
        (AgentSelector("vec:1"), "user_agent_id=vec%3A1"),
        (PointSelector(".."), "user_point_id=.."),
        (PointSelector("a?b#c"), "user_point_id=a%3Fb%23c"),
    ],
)
def test_deletions_name_the_person_and_the_profile(
    liar: Liar, client: Client, selector: PointSelector, sent: str
) -> None:
    liar.always(lies.json_answer(200, {"status": "ok"}))
    client.delete_point("1", selector)
    client.delete_profile("1", selector, "1606", ODD)
    document = f"user_profiles/compartment_id=1606/user_account_id={ODD_ON_THE_WIRE}"
    paths = [request.path for request in liar.requests]
    assert paths == [f"{BASE}/{sent}", f"{BASE}/{sent}/{document}"]
    assert [(request.method, request.body) for request in liar.requests] == [("DELETE", b"")] * 2


@pytest.mark.parametrize("account", ["..", "a/b", "%2F", "é", "\\", "a//b/./c", "\x00", "?x=y#z"])
def test_an_account_arrives_as_it_is(liar: Liar, client: Client, account: str) -> None:
    liar.always(lies.ok({}))
    client.put_profile("1", ALICE, "1606", account, {}, strategy=UPDATE)
    path, _, query = liar.requests[0].path.partition("?")
    assert unquote(path.rpartition("user_account_id=")[2]) == account
    assert query == UPDATE.query


@pytest.mark.parametrize(("compartment", "account"), [("", "a"), ("1606", ""), ("1", "\ud800")])
def test_no_account_is_no_profile(
    liar: Liar, client: Client, compartment: str, account: str
) -> None:
    with pytest.raises(InvalidSelector):
        client.put_profile("1", ALICE, compartment, account, {}, strategy=UPDATE)
    with pytest.raises(InvalidSelector):
        client.delete_profile("1", ALICE, compartment, account)
    assert liar.requests == []


@each_write
@pytest.mark.parametrize("answer", [lies.empty(200), lies.empty(204), lies.ok({"$x": 1})])
def test_any_well_formed_2xx_is_taken(
    liar: Liar, client: Client, write: Write, answer: Answer
) -> None:
    liar.always(answer)
    write(client)


ERRORS: list[tuple[Answer, type[PlatformError]]] = [
    (lies.error(400), Declined),
    (lies.error(404), NotFound),
    (lies.error(409), Conflicted),
    (lies.error(429), Busy),
    (lies.error(503), Busy),
    (lies.html(200), Garbled),
    (lies.error(200), Garbled),
    (lies.close(), Silent),
    (lies.reset(), Silent),
]


@each_write
@pytest.mark.parametrize(("answer", "kind"), ERRORS)
def test_a_write_is_sent_once_and_tells_what_to_do(
    liar: Liar, stubborn: Client, write: Write, answer: Answer, kind: type[PlatformError]
) -> None:
    liar.always(answer)
    with pytest.raises(PlatformError) as caught:
        write(stubborn)
    assert type(caught.value) is kind
    assert len(liar.requests) == 1


@each_write
def test_a_write_ends_at_its_deadline(liar: Liar, hasty: Client, write: Write) -> None:
    liar.always(lies.hang())
    with pytest.raises(Silent):
        write(hasty)
    assert len(liar.requests) == 1


@each_write
def test_a_refused_connection_is_unreachable(write: Write) -> None:
    with running_liar() as gone:
        base_url = gone.base_url
    with pytest.raises(Unreachable):
        write(Client(base_url=base_url, token=TOKEN, timeouts=PATIENT, reads=ONCE))


def deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = {"needle": value}
    return value


CIRCLE: list[object] = []
CIRCLE.append(CIRCLE)
REFUSED: dict[str, object] = {
    "NaN": {"needle": float("nan")},
    "Infinity": {"needle": [float("inf")]},
    "minus Infinity": {"needle": {"a": float("-inf")}},
    "half an emoji": {"a": ["needle \ud83d"]},
    "half an emoji in a name": {"a": {"needle \udfff": 1}},
    "a number for a name": {1: "needle"},
    "a deep number for a name": {"a": [{"b": {2.5: "needle"}}]},
    "true for a name": {"a": {True: "needle"}},
    "null for a name": {"a": {None: "needle"}},
    "a tuple for a name": {("needle",): 1},
    "bytes": {"a": b"needle"},
    "a set": {"a": {"needle"}},
    "a number too long": {"needle": 10**5000},
    "a circle": {"needle": CIRCLE},
    "too deep": deep(98),
    "much too deep": deep(100_000),
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_json_cannot_hold_is_not_sent(
    liar: Liar, client: Client, body: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=r"body") as caught:
        client.put_profile("1", ALICE, "1606", "a", body, strategy=UPDATE)
    assert type(caught.value) is InvalidBody
    assert "needle" not in str(caught.value) + repr(caught.value)
    assert liar.requests == []


def test_a_body_that_can_be_read_back_is_sent(liar: Liar, client: Client) -> None:
    liar.always(lies.ok([deep(97)]))
    assert client.profiles("1", ALICE)[0].customs == deep(97)
    body = {"emoji": "😀 \\ud800", "n": [2**70, 0.1, None, True, {}], "$expiration_ts": 10**12}
    client.put_profile("1", ALICE, "1606", "a", body, strategy=UPDATE)  # type: ignore[arg-type]
    client.put_profile("1", ALICE, "1606", "a", deep(97), strategy=UPDATE)  # type: ignore[arg-type]
    assert [request.json() for request in liar.requests[-2:]] == [body, deep(97)]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(body=st.dictionaries(st.text(st.characters(), max_size=3) | st.integers(), ANY, max_size=3))
def test_any_body_is_sent_whole_or_refused(body: dict[str, object]) -> None:
    """What is sent is read by the same rules as an answer, and is what was given."""
    try:
        sent = json_body(body)  # type: ignore[arg-type]
    except InvalidBody:
        return
    assert parse(sent) == body
