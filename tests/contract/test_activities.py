"""PLATFORM §6: activities, what their events do, timelines."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Known, People, activity, identifiers_of
from tests.contract.target import Target, encoded, eventually, one


@pytest.fixture
def timeline(target: Target, person: Known) -> Callable[[str], list[dict[str, Any]]]:
    """Read the timeline of the person, as far as filters go."""

    def read(filters: str) -> list[dict[str, Any]]:
        path = f"user_timelines/{person.point}/user_activities?filters={encoded(filters)}"
        found: list[dict[str, Any]] = target.get(target.in_datamart(path)).data
        return found

    return read


Timeline = Callable[[str], list[dict[str, Any]]]


def event(name: str, **properties: object) -> dict[str, Any]:
    told = {key if key[:1] != "_" else f"${key[1:]}": value for key, value in properties.items()}
    return {"$ts": 1_793_134_365_000, "$event_name": name, "$properties": told}


@pytest.mark.fact("§6 post", "§6 events", "§6 timeline")
def test_an_activity_comes_into_the_timeline(
    people: People, person: Known, timeline: Timeline
) -> None:
    key = people.post(identifiers_of(person), event("$page_view", url="/a"))
    found = eventually(lambda: timeline(f"$unique_key=={key}"))
    assert [row["$unique_key"] for row in found] == [key]
    assert found[0]["$events"][0]["$event_name"] == "$page_view"


@pytest.mark.fact("§6 required")
@pytest.mark.parametrize("name", ["$type", "$session_status", "$events"])
def test_some_fields_are_required(target: Target, person: Known, name: str) -> None:
    body = {k: v for k, v in activity(identifiers_of(person)).items() if k != name}
    answer = target.call("POST", target.in_datamart("user_activities"), json=body)
    assert 400 <= answer.status < 500


@pytest.mark.fact("§6 types")
@pytest.mark.parametrize(
    "kind", ["SITE_VISIT", "APP_VISIT", "DISPLAY_AD", "EMAIL", "TOUCH", "USER_SCENARIO_START"]
)
def test_types_of_activities(people: People, person: Known, timeline: Timeline, kind: str) -> None:
    more = {"$type": kind, "$site_id": "2201", "$app_id": "2204"}
    key = people.post(identifiers_of(person), **more)
    assert eventually(lambda: timeline(f"$type=={kind},$unique_key=={key}"))


@pytest.mark.fact("§6 types")
def test_an_unknown_type_is_taken(people: People, person: Known, timeline: Timeline) -> None:
    people.post(identifiers_of(person), **{"$type": "A_NEW_TYPE"})
    assert eventually(lambda: timeline("$type==A_NEW_TYPE"))


@pytest.mark.fact("§6 identifiers")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_kind_of_identifier_names_the_person(
    people: People, person: Known, timeline: Timeline, place: int
) -> None:
    key = people.post([identifiers_of(person)[place]])
    assert eventually(lambda: timeline(f"$unique_key=={key}"))


@pytest.mark.fact("§6 legacy")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_legacy_fields_at_the_root_name_the_person(
    people: People, person: Known, timeline: Timeline, place: int
) -> None:
    fields = [
        {"$user_account_id": person.account, "$compartment_id": person.compartment},
        {"$user_agent_id": person.agent},
        {"$email_hash": person.email},
    ]
    key = people.post([], **fields[place])
    assert eventually(lambda: timeline(f"$unique_key=={key}"))


@pytest.mark.fact("§6 default")
def test_an_account_alone_is_of_the_default_compartment(
    people: People, person: Known, timeline: Timeline
) -> None:
    key = people.post([], **{"$user_account_id": person.account})
    assert eventually(lambda: timeline(f"$unique_key=={key}"))


@pytest.mark.fact("§6 choice")
def test_a_choice_event_is_a_choice(
    target: Target, people: People, person: Known, processing: str, timeline: Timeline
) -> None:
    made = event("$set_user_choice", _processing_id=processing, _choice_acceptance_value=False)
    made["$properties"]["form"] = "form-7"
    key = people.post(identifiers_of(person), made)
    path = target.point(person.point, f"user_choices/processing_id={processing}")
    eventually(lambda: target.all(target.point(person.point, "user_choices")))
    found = one(target.get(path).data)
    assert (found["$choice_acceptance_value"], found["form"]) == (False, "form-7")
    assert timeline(f"$unique_key=={key}")[0]["$events"][0]["$event_name"] == "$set_user_choice"


@pytest.mark.fact("§6 profile")
def test_a_profile_event_sets_properties(
    target: Target, people: People, person: Known, timeline: Timeline
) -> None:
    whose = {"_compartment_id": person.compartment, "_user_account_id": person.account}
    key = people.post(
        identifiers_of(person), event("$set_user_profile_properties", **whose, city="Lyon")
    )
    path = target.point(person.point, "user_profiles")
    found = eventually(lambda: target.all(path))
    assert found[0]["city"] == "Lyon"
    assert timeline(f"$unique_key=={key}")


@pytest.mark.fact("§6 new")
def test_unknown_identifiers_make_a_point(people: People) -> None:
    agent = f"vec:{uuid4().int % 10**15}"
    people.post([{"$type": "USER_AGENT", "$user_agent_id": agent}])
    assert eventually(lambda: people.point_of(f"user_agent_id={encoded(agent)}"))


@pytest.mark.fact("§6 filters")
def test_filters_mean_and_and_or(people: People, person: Known, timeline: Timeline) -> None:
    first, second = (people.post(identifiers_of(person), colour=name) for name in ("red", "blue"))
    eventually(lambda: timeline(f"$unique_key=={second}") and timeline(f"$unique_key=={first}"))
    both = timeline(f"$unique_key=={first}|$unique_key=={second}")
    assert {row["$unique_key"] for row in both} == {first, second}
    assert timeline(f"$unique_key=={first},colour==blue") == []
    assert [row["$unique_key"] for row in timeline("colour==blue")] == [second]


@pytest.mark.fact("§6 filters")
def test_filters_bound_the_time(people: People, person: Known, timeline: Timeline) -> None:
    ts = 1_600_000_000_000
    key = people.post(identifiers_of(person), **{"$ts": ts})
    eventually(lambda: timeline(f"$unique_key=={key}"))
    inside = timeline(f"start_ts=={ts - 5},end_ts=={ts + 5}")
    assert [row["$unique_key"] for row in inside] == [key]
    assert timeline(f"start_ts=={ts + 5},end_ts=={ts + 50}") == []


@pytest.mark.fact("§6 limit")
def test_a_limit_cuts_the_timeline(target: Target, people: People, person: Known) -> None:
    path = target.point(person.point, "user_activities")
    for _ in range(2):
        people.post(identifiers_of(person))
    eventually(lambda: len(target.get(path).data) == 3)
    assert len(target.get(f"{path}?limit=2").data) == 2
    assert target.get(f"{path}?to=2001-01-01").data == []


@pytest.mark.fact("§6 delete")
def test_activities_are_deleted(
    target: Target, people: People, person: Known, timeline: Timeline
) -> None:
    gone, kept = (people.post(identifiers_of(person)) for _ in range(2))
    eventually(lambda: timeline(f"$unique_key=={gone}") and timeline(f"$unique_key=={kept}"))
    filters = encoded(f"$unique_key=={gone}")
    path = f"user_timelines/{person.point}/user_activities?filters={filters}"
    assert target.call("DELETE", target.in_datamart(path)).status == 200
    assert timeline(f"$unique_key=={gone}") == []
    assert timeline(f"$unique_key=={kept}")


@pytest.mark.fact("§6 sessions")
@pytest.mark.parametrize(
    "status", ["NO_SESSION", "IN_SESSION", "CLOSED_SESSION", "SESSION_SNAPSHOT"]
)
def test_each_session_status_is_taken(
    people: People, person: Known, timeline: Timeline, status: str
) -> None:
    key = people.post(identifiers_of(person), **{"$session_status": status})
    found = eventually(lambda: timeline(f"$unique_key=={key}"))
    assert found[0]["$session_status"] == status


@pytest.mark.fact("§6 channels")
@pytest.mark.parametrize(("kind", "place"), [("SITE_VISIT", "$app_id"), ("APP_VISIT", "$site_id")])
def test_a_visit_names_its_channel(target: Target, person: Known, kind: str, place: str) -> None:
    body = activity(identifiers_of(person)) | {"$type": kind, place: "2204"}
    answer = target.call("POST", target.in_datamart("user_activities"), json=body)
    assert 400 <= answer.status < 500


@pytest.mark.fact("§6 optional")
def test_what_is_optional_is_kept(people: People, person: Known, timeline: Timeline) -> None:
    numbers = {"$ttl": 60, "$session_duration": 302}
    objects: dict[str, dict[str, Any]] = {
        "$origin": {"$channel": "referral", "$campaign_name": "spring"},
        "$location": {"$country": "FR", "$city": "2988507"},
        "$topics": {"shelf": {"wool": 0.5}},
    }
    key = people.post(identifiers_of(person), **numbers, **objects)
    (found,) = eventually(lambda: timeline(f"$unique_key=={key}"))
    assert found.items() >= numbers.items()
    assert all(found[name].items() >= value.items() for name, value in objects.items())


@pytest.mark.fact("§6 limit")
def test_a_timeline_tells_no_total(target: Target, people: People, person: Known) -> None:
    key = people.post(identifiers_of(person))
    path = target.in_datamart(f"user_timelines/{person.point}/user_activities")
    filters = encoded(f"$unique_key=={key}")
    eventually(lambda: target.get(f"{path}?filters={filters}").data)
    assert "total" not in target.get(path).json
