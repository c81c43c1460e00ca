"""PLATFORM §4: choices, their change log, processings."""

from typing import Any

import pytest

from tests.contract.conftest import Known
from tests.contract.target import Target, encoded, one

TS = 1_793_134_365_000
BASES = {
    "CONSENT",
    "CONTRACTUAL_PERFORMANCE",
    "LEGAL_OBLIGATION",
    "PUBLIC_INTEREST_OR_EXERCISE_OF_OFFICIAL_AUTHORITY",
    "LEGITIMATE_INTEREST",
}


def choice(ts: int = TS, *, accepts: bool = True, **customs: object) -> dict[str, Any]:
    return {"$choice_ts": ts, "$choice_acceptance_value": accepts, **customs}


@pytest.fixture
def path(target: Target, person: Known, processing: str) -> str:
    """Name the choice of a person who was never asked."""
    return target.point(person.point, f"user_choices/processing_id={processing}")


@pytest.mark.fact("§4 write", "§4 read", "§4 customs")
def test_a_choice_is_written_and_read(target: Target, path: str) -> None:
    body = choice(accepts=False, form="form-12", where={"é": [1, None, 2.5]})
    assert target.call("PUT", path, json=body).status == 200
    found = one(target.get(path).data)
    assert {name: found[name] for name in body} == body


@pytest.mark.fact("§4 fields")
def test_a_choice_says_which_and_when(target: Target, path: str, processing: str) -> None:
    target.call("PUT", path, json=choice())
    found = one(target.get(path).data)
    assert found["$processing_id"] == processing
    assert found["$creation_ts"] > TS - 10**11
    assert found["$choice_acceptance_value"] is True


@pytest.mark.fact("§4 list")
def test_a_choice_is_in_the_list(target: Target, person: Known, path: str) -> None:
    target.call("PUT", path, json=choice())
    assert one(target.get(path).data) in target.all(target.point(person.point, "user_choices"))


@pytest.mark.fact("§4 mandatory")
@pytest.mark.parametrize("name", ["$choice_ts", "$choice_acceptance_value"])
def test_two_fields_are_mandatory(target: Target, path: str, name: str) -> None:
    body = {key: value for key, value in choice().items() if key != name}
    assert 400 <= target.call("PUT", path, json=body).status < 500


@pytest.mark.fact("§4 mandatory")
@pytest.mark.parametrize("value", ["true", 1, None])
def test_a_choice_is_a_boolean(target: Target, path: str, value: object) -> None:
    body = choice() | {"$choice_acceptance_value": value}
    assert 400 <= target.call("PUT", path, json=body).status < 500


@pytest.mark.fact("§4 write")
def test_a_newer_choice_is_the_current_one(target: Target, path: str) -> None:
    for number in range(3):
        target.call("PUT", path, json=choice(TS + number, accepts=number < 2))
    found = one(target.get(path).data)
    assert (found["$choice_ts"], found["$choice_acceptance_value"]) == (TS + 2, False)


@pytest.mark.fact("§4 log")
def test_the_change_log_has_every_choice(target: Target, path: str) -> None:
    for number in range(3):
        target.call("PUT", path, json=choice(TS + number))
    records = target.all(f"{path}/change_log")
    assert sorted(record["$choice_ts"] for record in records) == [TS, TS + 1, TS + 2]


@pytest.mark.fact("§4 delete")
def test_a_choice_is_deleted(target: Target, person: Known, path: str, processing: str) -> None:
    target.call("PUT", path, json=choice())
    assert target.call("DELETE", path).status == 200
    rows = target.all(target.point(person.point, "user_choices"))
    assert processing not in {row["$processing_id"] for row in rows}


@pytest.mark.fact("§4 processings", "§4 bases")
def test_processings_have_their_shape(processings: list[dict[str, Any]]) -> None:
    names = ("id", "community_id", "name", "purpose", "legal_basis", "technical_name", "token")
    assert all(isinstance(row[name], str) for row in processings for name in names)
    assert {row["legal_basis"] for row in processings} <= BASES
    assert {type(row["archived"]) for row in processings} == {bool}


@pytest.mark.fact("§4 many")
def test_processings_are_those_of_the_community(
    community: str, processings: list[dict[str, Any]]
) -> None:
    assert {row["community_id"] for row in processings} == {community}
    assert len({row["id"] for row in processings}) == len(processings)


@pytest.mark.chosen("§4")
def test_a_write_replaces_customs(target: Target, path: str) -> None:
    target.call("PUT", path, json=choice(form="a"))
    answer = target.call("PUT", path, json=choice(TS + 1, channel="b"))
    assert "form" not in answer.data
    assert answer.data == one(target.get(path).data)


@pytest.mark.chosen("§4")
def test_an_older_choice_goes_to_the_log_only(target: Target, path: str) -> None:
    target.call("PUT", path, json=choice())
    target.call("PUT", path, json=choice(TS - 1))
    assert one(target.get(path).data)["$choice_ts"] == TS
    assert len(target.all(f"{path}/change_log")) == 2


@pytest.mark.chosen("§4")
def test_a_repeat_leaves_no_record(target: Target, path: str) -> None:
    for _ in range(3):
        target.call("PUT", path, json=choice(form="a"))
    assert len(target.all(f"{path}/change_log")) == 1


@pytest.mark.chosen("§4")
def test_an_unknown_processing_is_a_400(target: Target, person: Known) -> None:
    path = target.point(person.point, "user_choices/processing_id=0")
    answer = target.call("PUT", path, json=choice())
    assert (answer.status, "$processing_id" in answer.json["error"]) == (400, True)


@pytest.mark.chosen("§4")
def test_somebody_never_asked_has_an_empty_list(target: Target, person: Known, path: str) -> None:
    assert target.get(target.point(person.point, "user_choices")).data == []
    assert target.get(path).status == 404


@pytest.mark.fact("§4 keywords")
def test_processings_are_searched(
    target: Target, community: str, processings: list[dict[str, Any]]
) -> None:
    names = {row["id"]: row["name"] for row in processings}
    wanted, name = next(iter(names.items()))
    path = f"processings?community_id={community}&keywords={encoded(name)}"
    found = {row["id"] for row in target.all(path)}
    assert wanted in found
    assert found < names.keys()
