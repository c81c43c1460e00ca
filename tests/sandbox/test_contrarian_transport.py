"""S facts of PLATFORM §1 to §3 (and §6, §7) from both sides, over HTTP."""

import json

import pytest

from consentadmin.sandbox.people import (
    LONG_LOG,
    MARIE,
    MERGED,
    MERGED_AWAY,
    NO_CHOICES,
    ODD_ACCOUNT,
    QUARANTINED,
    TWO_PROFILES,
)
from tests.fixtures.sandbox import RunningSandbox
from tests.sandbox.conftest import (
    Account,
    Both,
    Caller,
    caller_of,
    choice_path,
    profile_path,
)
from tests.sandbox.contrary import TS, choice, settle, shows
from tests.sandbox.doings import by_account, post, visit

REFUSED = {"Nested deeper than 64 levels", "Malformed JSON"}
NOBODY = "00000000-0000-4000-8000-000000000000"
DEVICE = "user_agent_id=vec%3A900100200"


@shows("deepest_body")
@pytest.mark.parametrize(("levels", "statuses"), [(16, (200, 200)), (64, (200, 422))])
def test_a_deep_body(both: Both, newcomer: Account, levels: int, statuses: tuple[int, int]) -> None:
    deep = json.loads('{"x":' * (levels - 1) + "1" + "}" * (levels - 1))
    told = visit(by_account(newcomer), a=deep)
    assert both(lambda it: post(it, told).status) == statuses
    assert both(lambda it: it.put_choice(MARIE, "3413", choice(a=deep)).status) == statuses
    assert both(lambda it: it.put_profile(MARIE.accounts[0], {"a": deep}).status) == statuses


@pytest.mark.parametrize("levels", [65, 900, 970, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_body_too_deep_to_be_read_again_is_refused(
    platform: Caller, levels: int, opening: bytes, closing: bytes
) -> None:
    deep = opening * levels + b"1" + closing * levels
    said = b'{"$choice_ts":1793134365000,"$choice_acceptance_value":true,"a":%s}' % deep
    told = json.dumps(visit(by_account(MARIE.accounts[0]))).encode()[:-1] + b',"a":%s}' % deep
    answers = [platform.put_choice(MARIE, "3413", said), post(platform, told)]
    answers.append(platform.put_profile(MARIE.accounts[0], said))
    assert [answer.status for answer in answers] == [400] * 3
    assert all(answer.json["error"] in REFUSED for answer in answers)
    assert platform.point(str(MARIE.point_id), "user_activities?filters=a==1").status == 200


@shows("bad_request_status")
@pytest.mark.parametrize("body", [b"{", b"[]", b'{"$choice_ts":1793134365000}'])
def test_a_bad_body(both: Both, body: bytes) -> None:
    assert both(lambda it: it.put_choice(MARIE, "3413", body).status) == (400, 422)


@shows("foreign_is_404", "unknown_is_403")
def test_what_is_foreign_and_what_is_unknown(both: Both) -> None:
    assert both(lambda it: it.get("datamarts/1999").status) == (403, 404)
    assert both(lambda it: it.get("datamarts/7").status) == (404, 403)
    assert both(lambda it: it.get("processings?community_id=7").status) == (404, 403)


@shows("taken_account_status")
def test_an_account_of_somebody_else(both: Both) -> None:
    path = profile_path(TWO_PROFILES.accounts[0], str(MARIE.point_id))
    assert both(lambda it: it.call("PUT", path, json={}).status) == (400, 409)


@shows("wrong_method_is_404")
def test_a_wrong_method(both: Both) -> None:
    assert both(lambda it: it.call("POST", "datamarts/1459", json={}).status) == (405, 404)


@shows("accepts_seconds", "accepts_floats")
@pytest.mark.parametrize("ts", ["1793134365", "1793134365000.0"])
def test_a_time_of_another_form(both: Both, ts: str) -> None:
    body = f'{{"$choice_ts":{ts},"$choice_acceptance_value":true}}'.encode()
    assert both(lambda it: it.put_choice(LONG_LOG, "3413", body).status) == (400, 200)


@shows("first_key_counts")
def test_a_key_that_comes_twice(both: Both) -> None:
    body = b'{"$choice_ts":2793134365000,"$choice_acceptance_value":true,"x":1,"x":2}'

    def ask(caller: Caller) -> list[int]:
        caller.put_choice(TWO_PROFILES, "3412", body)
        rows = caller.point(str(TWO_PROFILES.point_id), "user_choices?max_results=100").data
        return [row["x"] for row in rows if "x" in row]

    assert both(ask) == ([2], [1])


@shows("mends_json")
@pytest.mark.parametrize("value", [b"NaN", b"1e999", b'"\\ud800"'])
def test_json_that_is_none(both: Both, value: bytes) -> None:
    body = b'{"$choice_ts":1793134365000,"$choice_acceptance_value":true,"y":%s}' % value
    assert both(lambda it: it.put_choice(LONG_LOG, "3404", body).status) == (400, 200)


@shows("largest_body", "large_body_status")
def test_a_long_body(both: Both) -> None:
    def ask(caller: Caller, size: int) -> int:
        return caller.put_choice(LONG_LOG, "3402", choice(note="x" * size)).status

    assert both(lambda it: ask(it, 300_000)) == (200, 400)
    assert both(lambda it: ask(it, 1_100_000)) == (413, 400)


@shows("page_size", "largest_page")
def test_the_sizes_of_pages(both: Both) -> None:
    def sizes(caller: Caller) -> tuple[int, int]:
        first = caller.get("processings?community_id=1126").json["max_results"]
        return first, caller.get("processings?community_id=1126&max_results=5000").json[
            "max_results"
        ]

    assert both(sizes) == ((10, 1_000), (3, 100))


@shows("told_max_results")
def test_the_size_an_unpaged_list_tells(both: Both, alone: Caller) -> None:
    path = "datamarts/1459/compartments"
    assert (both.ordinary.get(path).json["max_results"], alone.get(path).json["max_results"]) == (
        20,
        50,
    )


@shows("lists_are_paged")
@pytest.mark.parametrize(
    "path",
    ["channels?organisation_id=1126", f"datamarts/1459/user_points/{MARIE.point_id}/user_choices"],
)
def test_a_list_that_nobody_asked_to_page(both: Both, path: str) -> None:
    def is_whole(caller: Caller) -> tuple[bool, bool]:
        first = caller.get(path).json
        return "total" not in first, first["count"] < first.get("total", first["count"])

    assert both(is_whole) == ((True, False), (False, True))


@shows("bad_page_is_ignored")
@pytest.mark.parametrize("asked", ["max_results=0", "first_result=-1", "max_results=many"])
def test_a_page_that_is_none(both: Both, asked: str) -> None:
    path = f"processings?community_id=1126&{asked}"
    assert both(lambda it: it.get(path).status) == (400, 200)


@shows("owner_is_mandatory")
@pytest.mark.parametrize("path", ["processings", "channels", "datamarts"])
def test_a_list_without_its_owner(both: Both, path: str) -> None:
    assert both(lambda it: it.get(path).status) == (400, 200)
    owner = "community_id" if path == "processings" else "organisation_id"
    asked = both.contrarian.get(f"{path}?{owner}=1126")
    assert both.contrarian.get(path).data == asked.data != []


@shows("decodes_before_splitting")
def test_an_encoded_slash(both: Both) -> None:
    path = profile_path(ODD_ACCOUNT.accounts[0])
    assert both(lambda it: it.get(path).status) == (200, 404)
    encoded = "user_agent_id=vec%3A886742516"
    assert both(lambda it: it.point(encoded, "user_identifiers").status) == (200, 200)
    assert both(
        lambda it: it.point("compartment_id=1606%2Cuser_account_id=acc-914", "user_choices").status
    ) == (400, 200)


@shows("unreadable_is_404")
@pytest.mark.parametrize("selector", ["shoe_size=43", "email_hash=", "compartment_id=1606"])
def test_a_selector_that_cannot_be_read(both: Both, selector: str) -> None:
    assert both(lambda it: it.point(selector, "user_choices").status) == (400, 404)


@shows("archived_point_answers")
def test_a_point_that_was_merged_away(both: Both) -> None:
    assert both(lambda it: it.point(MERGED_AWAY, "user_identifiers").status) == (404, 200)
    found = both.contrarian.point(MERGED_AWAY, "user_identifiers").data
    assert found == both.contrarian.point(str(MERGED.point_id), "user_identifiers").data
    path = choice_path(MERGED, "3413").replace(str(MERGED.point_id), MERGED_AWAY)
    assert both(lambda it: it.call("PUT", path, json=choice()).status) == (404, 200)


@shows("no_choices_is_404", "no_records_is_404")
def test_somebody_without_choices(both: Both) -> None:
    point = str(NO_CHOICES.point_id)
    assert both(lambda it: it.point(point, "user_choices").status) == (200, 404)
    log = "user_choices/processing_id=3401/change_log"
    assert both(lambda it: it.point(point, log).status) == (200, 404)


@shows("no_profiles_is_404")
def test_somebody_without_profiles(both: Both) -> None:
    assert both(lambda it: it.point(DEVICE, "user_profiles").status) == (200, 404)


@shows("no_segments_is_404")
@pytest.mark.parametrize("document", ["user_segments", "user_scenarios"])
def test_somebody_in_nothing(both: Both, document: str) -> None:
    assert both(lambda it: it.point(DEVICE, document).status) == (200, 404)
    assert both(lambda it: it.point("email_hash=nobody", document).status) == (404, 404)


@pytest.mark.parametrize("query", ["", "?first_result=4998&max_results=9"])
def test_segments_are_a_list_of_ids(both: Both, query: str) -> None:
    rows = both.ordinary.point(str(QUARANTINED.point_id), f"user_segments{query}").data
    assert len(rows) == (2 if query else 5_000)
    assert {tuple(row) for row in rows} == {("segment_id",)}


@shows("point_comes_last")
def test_the_place_of_the_point(both: Both) -> None:
    def last(caller: Caller) -> set[str]:
        people = [MARIE, MERGED, LONG_LOG, TWO_PROFILES, ODD_ACCOUNT]
        asked = "user_identifiers?max_results=100"
        return {caller.point(str(each.point_id), asked).data[-1]["type"] for each in people}

    ordinary, contrary = both(last)
    assert contrary == {"USER_POINT"} < ordinary | {"USER_POINT"}


@shows("activity_ts_is_mandatory")
def test_an_activity_without_a_time(both: Both) -> None:
    named = [{"$type": "USER_AGENT", "$user_agent_id": MARIE.agents[0]}]
    body = {"$type": "TOUCH", "$session_status": "NO_SESSION", "$events": list[str]()}
    sent = {**body, "$user_identifiers": named}
    path = "datamarts/1459/user_activities"
    assert both(lambda it: it.call("POST", path, json=sent).status) == (200, 422)


@shows("point_delete_forgets_logs")
def test_the_logs_of_a_deleted_point(both: Both, newcomer: Account) -> None:
    def ask(caller: Caller) -> tuple[int, int]:
        by = settle(caller, newcomer, {})
        point = next(
            row["user_point_id"]
            for row in caller.point(by, "user_identifiers").data
            if row["type"] == "USER_POINT"
        )
        path = f"datamarts/1459/user_points/{point}"
        caller.call("PUT", f"{path}/user_choices/processing_id=3401", json=choice(TS))
        assert caller.call("DELETE", path).status == 200
        log = caller.get(f"{path}/user_choices/processing_id=3401/change_log").status
        return log, caller.get(f"{path}/user_identifiers").status

    assert both(ask) == ((404, 404), (200, 404))
    assert both(lambda it: it.profile(newcomer).status) == (404, 404)


@shows("pointless_can_be_deleted")
def test_deleting_a_device_without_a_point(both: Both, own_sandbox: RunningSandbox) -> None:
    path = f"datamarts/1459/user_points/{DEVICE}"
    assert both.contrarian.call("DELETE", path).status == 404
    assert caller_of(own_sandbox).call("DELETE", path).status == 200


@shows("deleting_nothing_is_404")
def test_deleting_what_is_not_there(both: Both) -> None:
    paths = (
        f"datamarts/1459/user_points/{NOBODY}",
        choice_path(NO_CHOICES, "3401"),
        profile_path(("1607", "nobody"), str(NO_CHOICES.point_id)),
    )

    def ask(caller: Caller) -> list[int]:
        return [caller.call("DELETE", path).status for path in paths]

    assert both(ask) == ([404] * 3, [200] * 3)
