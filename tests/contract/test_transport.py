"""PLATFORM §1: the token, envelopes, errors, ids and times."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.contract.conftest import Known
from tests.contract.target import Target, one

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.fact("§1 token", "§1 base")
def test_the_token_is_sent_bare(target: Target) -> None:
    path = f"datamarts/{target.datamart}"
    headers = {"Authorization": f"Bearer {target.token}"}
    assert target.get(path).status == 200
    assert target.call("GET", path, headers=headers).status == 401


@pytest.mark.fact("§1 unauthorised", "§1 error")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "wrong"}])
def test_a_bad_token_is_a_401_in_the_error_envelope(
    target: Target, headers: dict[str, str]
) -> None:
    answer = target.call("GET", f"datamarts/{target.datamart}", headers=headers)
    assert (answer.status, answer.json["status"]) == (401, "error")
    assert isinstance(answer.json["error"], str)
    assert answer.json["error_id"]


@pytest.mark.fact("§1 not-found", "§1 error")
def test_a_404_has_its_words_and_an_id(target: Target) -> None:
    answers = [target.get(target.point(NOBODY, "user_identifiers")) for _ in range(2)]
    assert {answer.json["error"] for answer in answers} == {"Resource Not Found"}
    assert len({UUID(answer.json["error_id"]) for answer in answers}) == 2


@pytest.mark.fact("§1 single")
def test_one_thing_comes_in_an_envelope(target: Target) -> None:
    answer = target.get(f"datamarts/{target.datamart}")
    assert answer.json["status"] == "ok"
    assert isinstance(answer.data, dict)


@pytest.mark.fact("§1 list")
def test_a_list_tells_how_long_this_page_is(target: Target) -> None:
    told = target.get(target.in_datamart("compartments")).json
    assert told["status"] == "ok"
    assert told["count"] == len(told["data"])
    assert told["first_result"] == 0
    assert told["max_results"] >= told["count"]


@pytest.mark.fact("§1 pages", "§4 many")
def test_a_paginated_list_has_pages_and_a_total(
    target: Target, community: str, processings: list[Any]
) -> None:
    path = f"processings?community_id={community}"
    pages = [target.get(f"{path}&first_result={first}&max_results=2").json for first in (0, 2)]
    assert [page["count"] for page in pages] == [2, 2]
    assert [page["total"] for page in pages] == [len(processings)] * 2
    assert pages[0]["data"] + pages[1]["data"] == processings[:4]


@pytest.mark.fact("§1 ids")
def test_ids_are_texts_but_for_the_compartment_of_an_account(
    target: Target, person: Known, processings: list[Any]
) -> None:
    datamart = target.get(f"datamarts/{target.datamart}").data
    assert {type(row["id"]) for row in [datamart, *processings]} == {str}
    rows = target.all(target.point(person.point, "user_identifiers"))
    account = next(row for row in rows if row["type"] == "USER_ACCOUNT")
    assert account["compartment_id"] == int(person.compartment)


@pytest.mark.fact("§1 times")
@pytest.mark.parametrize("ts", ["1493118667529", 3_471_286_402_000])
def test_a_time_may_be_quoted_or_far_ahead(
    target: Target, person: Known, processing: str, ts: object
) -> None:
    path = target.point(person.point, f"user_choices/processing_id={processing}")
    body = {"$choice_ts": ts, "$choice_acceptance_value": True}
    assert target.call("PUT", path, json=body).status == 200
    assert int(one(target.get(path).data)["$choice_ts"]) == int(str(ts))


@pytest.mark.fact("§1 utf-8")
def test_bodies_are_utf_8(target: Target, person: Known, processing: str) -> None:
    path = target.point(person.point, f"user_choices/processing_id={processing}")
    body = {"$choice_ts": 1_493_118_667_529, "$choice_acceptance_value": True, "where": "Łódź 🗼"}
    target.call("PUT", path, json=body)
    assert one(target.get(path).data)["where"] == "Łódź 🗼"


@pytest.mark.chosen("§1")
@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"{", "JSON"),
        (b'{"$choice_acceptance_value":true}', "$choice_ts"),
        (b'{"$choice_ts":1493118667,"$choice_acceptance_value":true}', "$choice_ts"),
        (b'{"$choice_ts":1493118667529}', "$choice_acceptance_value"),
        (b'{"$choice_ts":1493118667529,"$choice_acceptance_value":1}', "$choice_acceptance_value"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_field(
    target: Target, person: Known, processing: str, body: bytes, name: str
) -> None:
    path = target.point(person.point, f"user_choices/processing_id={processing}")
    answer = target.call("PUT", path, data=body)
    assert (answer.status, answer.json["status"]) == (400, "error")
    assert name in answer.json["error"]


@pytest.mark.chosen("§1")
def test_a_body_over_the_limit_is_a_413(target: Target, person: Known) -> None:
    path = target.point(person.point, person.profile)
    assert target.call("PUT", path, json={"note": "x" * 2_000_000}).status == 413


@pytest.mark.chosen("§1")
def test_an_unknown_datamart_is_a_404(target: Target) -> None:
    assert target.get(f"datamarts/{uuid4().int}").status == 404
