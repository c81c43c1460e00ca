"""A list is read whole, whether the server paginates or not, and however it lies."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from consentadmin.mediarithmics import lists
from consentadmin.mediarithmics.client import Client
from consentadmin.mediarithmics.errors import Garbled
from tests.fixtures import lies
from tests.fixtures.liar import Liar
from tests.fixtures.lies import Answer
from tests.mediarithmics.conftest import ALICE

TS = 1_573_134_360_000


def channels(number: int) -> list[dict[str, object]]:
    return [{"id": str(n), "name": f"Channel {n}"} for n in range(number)]


def paginating(
    elements: list[dict[str, object]], *, cap: int = 10_000, echo: bool = True, total: bool = True
) -> Answer:
    """A server that obeys `first_result` and `max_results`, up to a cap it may not tell of."""

    def answer(talk: lies.Conversation) -> bool:
        asked = parse_qs(urlsplit(talk.request.path).query)
        first, most = int(asked["first_result"][0]), int(asked["max_results"][0])
        page = elements[first : first + min(most, cap)]
        more: dict[str, object] = {"first_result": first, "max_results": min(most, cap)}
        if not echo:
            more["max_results"] = most
        if total:
            more["total"] = len(elements)
        return lies.ok(page, **more)(talk)

    return answer


def read(client: Client) -> list[str]:
    return [channel.id for channel in client.channels("1", deadline=5.0)]


@pytest.mark.fact("§1 pages")
@pytest.mark.parametrize("number", [0, 1, 19, 20, 21, 499, 500, 501, 1000, 1234])
@pytest.mark.parametrize("total", [True, False])
def test_a_paginated_list_is_read_whole(
    liar: Liar, client: Client, number: int, *, total: bool
) -> None:
    liar.always(paginating(channels(number), total=total))
    assert read(client) == [str(n) for n in range(number)]
    assert len(liar.requests) <= number // lists.PAGE + 2


@pytest.mark.fact("§1 unpaginated")
@pytest.mark.parametrize("number", [0, 7, 20, 40, 399, 400, 500, 700])
def test_a_list_that_is_not_paginated_is_read_once_or_twice(
    liar: Liar, client: Client, number: int
) -> None:
    liar.always(lies.ok(channels(number)))
    assert read(client) == [str(n) for n in range(number)]
    assert len(liar.requests) <= 2


@pytest.mark.parametrize(("echo", "total"), [(True, True), (True, False), (False, True)])
def test_a_server_that_caps_its_pages_hides_nothing(
    liar: Liar, client: Client, *, echo: bool, total: bool
) -> None:
    liar.always(paginating(channels(95), cap=20, echo=echo, total=total))
    assert len(read(client)) == 95


@pytest.mark.fact("§1 unpaginated")
def test_not_even_if_it_neither_tells_the_cap_nor_the_total(liar: Liar, client: Client) -> None:
    liar.always(paginating(channels(95), cap=20, echo=False, total=False))
    assert len(read(client)) == 95


def test_a_repeated_page_ends_the_list_whatever_the_total_says(liar: Liar, client: Client) -> None:
    liar.always(lies.ok(channels(20), max_results=20, total=1000))
    assert len(read(client)) == 20
    assert len(liar.requests) == 2


def test_a_page_repeated_in_another_order_is_repeated(liar: Liar, client: Client) -> None:
    there, back = lies.ok(channels(40)), lies.ok(channels(40)[::-1])
    liar.always(lies.in_turn(there, back))
    assert len(read(client)) == 40


def test_an_empty_page_ends_the_list_whatever_the_total_says(liar: Liar, client: Client) -> None:
    liar.always(lies.in_turn(lies.ok(channels(3), total=99), lies.ok([], total=99)))
    assert len(read(client)) == 3


def test_a_page_longer_than_asked_for_is_taken(liar: Liar, client: Client) -> None:
    liar.always(lies.ok(channels(45), max_results=20))
    assert len(read(client)) == 45


@pytest.mark.parametrize("nonsense", ["12", None, -1, True, 1.5])
def test_counters_of_wrong_types_are_not_believed(
    liar: Liar, client: Client, nonsense: object
) -> None:
    liar.always(lies.ok(channels(3), total=nonsense, max_results=nonsense))
    assert len(read(client)) == 3


def test_a_list_without_end_is_garbled(
    liar: Liar, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_PAGES", 5)
    liar.always(lambda talk: lies.ok([{"id": len(talk.liar.requests)}], total=10**9)(talk))
    with pytest.raises(Garbled):
        client.channels("1")
    assert len(liar.requests) == 5


def test_a_failure_on_a_later_page_fails_the_list(liar: Liar, client: Client) -> None:
    liar.always(lies.in_turn(lies.ok(channels(3), total=9), lies.html()))
    with pytest.raises(Garbled):
        client.channels("1")


def test_the_query_of_a_list_goes_on_every_page(liar: Liar, client: Client) -> None:
    liar.always(lies.in_turn(lies.ok([{"id": "1"}], total=2), lies.ok([{"id": "2"}], total=2)))
    client.processings("a&b")
    query = f"/v1/processings?community_id=a%26b&first_result={{}}&max_results={lists.PAGE}"
    assert [r.path for r in liar.requests] == [query.format(0), query.format(1)]


def records(number: int) -> list[dict[str, object]]:
    return [
        {"$choice_ts": TS + n // 2, "$creation_ts": TS + n, "$choice_acceptance_value": True}
        for n in range(number)
    ]


SERVERS: dict[str, Callable[[list[dict[str, object]]], Answer]] = {
    "whole": lies.ok,
    "whole, backwards": lambda found: lies.ok(found[::-1]),
    "whole, with a small max_results": lambda found: lies.ok(found, max_results=20),
    "by 100": lambda found: paginating(found, cap=100),
    "by 100, without a total": lambda found: paginating(found, cap=100, total=False),
}


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS.keys())
def test_a_log_of_400_costs_a_few_calls_and_comes_newest_first(
    liar: Liar, client: Client, server: Callable[[list[dict[str, object]]], Answer]
) -> None:
    liar.always(server(records(400)))
    log = client.choice_log("1", ALICE, "7", deadline=5.0)
    assert [record.creation_ts for record in log] == [TS + n for n in range(399, -1, -1)]
    assert len(liar.requests) <= 5
