"""The awkward people and the crowd, as the sandbox tells of them (PLATFORM §3, §4, §5)."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    AWKWARD,
    CLEAR_EMAIL,
    DELETED_PROCESSING,
    LONG_LOG,
    MARIE,
    NESTED_PROFILE,
    NO_CHOICES,
    OLD_PROCESSINGS,
    THREE_EMAILS,
    TWO_PROFILES,
    UNKNOWN_IDENTIFIER,
    Person,
)
from consentadmin.sandbox.seed import seed
from consentadmin.sandbox.store import Store, opened
from tests.sandbox.conftest import Caller


def read(platform: Caller, person: Person, document: str) -> Any:
    return platform.point(str(person.point_id), document).data


def values(records: list[dict[str, Any]]) -> list[bool]:
    records = sorted(records, key=lambda record: int(record["$choice_ts"]))
    return [record["$choice_acceptance_value"] for record in records]


def test_it_tells_marie_as_her_story_does(platform: Caller) -> None:
    choices = read(platform, MARIE, "user_choices")
    current = {row["$processing_id"]: row["$choice_acceptance_value"] for row in choices}
    assert len(current) == 10
    assert not {"3405", "3411", "3413"} & set(current), "never asked"
    assert (current["3401"], current["3402"], current["3403"]) == (True, False, False)
    assert values(platform.log(MARIE, "3403")) == [True, False], "withdrawn"
    assert values(platform.log(MARIE, "3402")) == [False], "refused"
    assert current["3406"] is False, "objected"


def test_it_answers_an_empty_list_for_somebody_without_choices(platform: Caller) -> None:
    answer = platform.point(str(NO_CHOICES.point_id), "user_choices")
    assert (answer.status, answer.data, answer.json["count"]) == (200, [], 0)


@pytest.mark.fact("§4 gone")
def test_it_shows_choices_on_processings_of_the_past(platform: Caller) -> None:
    choices = read(platform, OLD_PROCESSINGS, "user_choices")
    found = {row["$processing_id"] for row in choices}
    assert found == {ARCHIVED_PROCESSING, DELETED_PROCESSING}
    assert values(platform.log(OLD_PROCESSINGS, DELETED_PROCESSING)) == [False]


def test_it_shows_two_profiles(platform: Caller) -> None:
    profiles = read(platform, TWO_PROFILES, "user_profiles")
    found = [(row["$compartment_id"], row["$user_account_id"]) for row in profiles]
    assert found == [("1606", "acc-1313"), ("1607", "LOY-0044871")]


def test_it_picks_a_profile_by_its_compartment(platform: Caller) -> None:
    profile = read(platform, TWO_PROFILES, "user_profiles/compartment_id=1607")
    assert profile["$user_account_id"] == "LOY-0044871"
    answer = platform.point(str(MARIE.point_id), "user_profiles/compartment_id=1607")
    assert answer.status == 404


def test_it_shows_a_nested_profile(platform: Caller) -> None:
    profile = read(platform, NESTED_PROFILE, "user_profiles")[0]
    assert profile["address"]["geo"]["precise"] is False
    assert [child["id"] for child in profile["children"]] == ["c1", "c2"]
    assert profile["nickname"] is None
    assert profile["$thing"] == {"kept_by": "nobody knows"}


def test_it_shows_three_addresses_as_hashes(platform: Caller) -> None:
    identifiers = read(platform, THREE_EMAILS, "user_identifiers")
    emails = [row for row in identifiers if row["type"] == "USER_EMAIL"]
    assert {row["hash"] for row in emails} == set(THREE_EMAILS.email_hashes)
    assert {row["email"] for row in emails} == {None}


def test_it_shows_an_identifier_of_an_unknown_type(platform: Caller) -> None:
    identifiers = read(platform, UNKNOWN_IDENTIFIER, "user_identifiers")
    assert "USER_LOYALTY_CARD" in {row["type"] for row in identifiers}


def test_it_shows_one_address_in_clear(platform: Caller) -> None:
    identifiers = read(platform, CLEAR_EMAIL, "user_identifiers")
    emails = [row["email"] for row in identifiers if row["type"] == "USER_EMAIL"]
    assert emails == ["pieter.devries@example.com"]


def test_it_gives_the_compartment_of_an_account_as_a_number(platform: Caller) -> None:
    identifiers = read(platform, MARIE, "user_identifiers")
    assert [row["compartment_id"] for row in identifiers if "compartment_id" in row] == [1606]


def test_it_keeps_a_long_log_whole_and_unordered(platform: Caller) -> None:
    records = platform.log(LONG_LOG, "3401")
    instants = [record["$choice_ts"] for record in records]
    assert len(set(instants)) == 400
    assert instants != sorted(instants)
    assert all(record["$creation_ts"] > record["$choice_ts"] for record in records)


@pytest.fixture
def fresh(tmp_path: Path) -> Store:
    return opened(tmp_path / "fresh.db", seed=seed)


def test_it_seeds_two_hundred_people(fresh: Store) -> None:
    sql = "SELECT datamart_id, count(*) FROM person GROUP BY datamart_id"
    assert dict(fresh.connection.execute(sql)) == {"1459": 200, "1460": 6}


def test_it_seeds_more_people_behind_the_same(fresh: Store, tmp_path: Path) -> None:
    many = opened(tmp_path / "many.db", seed=partial(seed, people=260))
    sql = "SELECT body FROM identifier WHERE person <= 206 ORDER BY person, position"
    assert list(many.connection.execute(sql)) == list(fresh.connection.execute(sql))
    count = "SELECT count(*) FROM person WHERE datamart_id = '1459'"
    assert many.connection.execute(count).fetchone() == (260,)


@pytest.mark.fact("§3 no-point")
def test_it_puts_the_point_in_any_place(platform: Caller) -> None:
    places = set()
    for person in AWKWARD:
        if person.point_id is not None:
            types = [row["type"] for row in read(platform, person, "user_identifiers")]
            places.add(types.index("USER_POINT"))
    assert len(places) > 1


def test_it_seeds_the_same_each_time(fresh: Store, tmp_path: Path) -> None:
    again = opened(tmp_path / "again.db", seed=seed)
    assert list(fresh.connection.iterdump()) == list(again.connection.iterdump())


def test_it_has_no_choice_before_its_person(fresh: Store) -> None:
    sql = """SELECT count(*) FROM change_log JOIN identifier USING (person)
        WHERE identifier.body ->> 'type' = 'USER_POINT'
        AND identifier.body ->> 'creation_ts' > change_log.ts"""
    if sqlite3.sqlite_version_info >= (3, 38):
        assert fresh.connection.execute(sql).fetchone() == (0,)
