"""Datamarts, organisations, compartments, channels, processings (PLATFORM §4, §8; pages §1)."""

import pytest

from consentadmin.sandbox.people import ARCHIVED_PROCESSING, DELETED_PROCESSING
from tests.sandbox.conftest import Caller

LEGAL_BASES = {
    "CONSENT",
    "CONTRACTUAL_PERFORMANCE",
    "LEGAL_OBLIGATION",
    "PUBLIC_INTEREST_OR_EXERCISE_OF_OFFICIAL_AUTHORITY",
    "LEGITIMATE_INTEREST",
}


def test_it_answers_a_datamart(platform: Caller) -> None:
    datamart = platform.get("datamarts/1459").data
    assert datamart == {
        "id": "1459",
        "name": "Retail EU",
        "organisation_id": "1126",
        "token": "retail-eu",
        "time_zone": "Europe/Paris",
    }


def test_it_lists_the_datamarts_of_an_organisation(platform: Caller) -> None:
    answer = platform.get("datamarts?organisation_id=1126")
    assert [datamart["id"] for datamart in answer.data] == ["1459", "1460"]
    assert answer.json["count"] == 2
    assert "total" not in answer.json


def test_it_leads_from_the_datamart_to_the_community(platform: Caller) -> None:
    organisation = platform.get("organisations/1126").data
    assert organisation["community_id"] == "1126"


@pytest.mark.parametrize(
    "path",
    [
        "datamarts/1999",
        "datamarts/1999/compartments",
        "datamarts/1999/user_points/anybody/user_choices",
        "organisations/1900",
        "datamarts?organisation_id=1900",
        "channels?organisation_id=1900",
        "processings?community_id=1900",
    ],
)
def test_it_refuses_what_is_not_the_tokens(platform: Caller, path: str) -> None:
    answer = platform.get(path)
    assert (answer.status, answer.json["error_code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "path",
    [
        "datamarts/7",
        "datamarts/7/compartments",
        "organisations/7",
        "datamarts?organisation_id=7",
        "channels?organisation_id=7",
        "processings?community_id=7",
    ],
)
def test_it_knows_nothing_of_other_ids(platform: Caller, path: str) -> None:
    answer = platform.get(path)
    assert (answer.status, answer.json["error"]) == (404, "Resource Not Found")


@pytest.mark.parametrize("path", ["datamarts", "channels", "processings", "processings?x=%ff"])
def test_it_wants_the_owner_of_a_list(platform: Caller, path: str) -> None:
    assert platform.get(path).status == 400


def test_it_lists_compartments_also_without_a_name(platform: Caller) -> None:
    compartments = platform.get("datamarts/1459/compartments").data
    assert [row["compartment_id"] for row in compartments] == ["1606", "1607", "1608"]
    assert [row["default"] for row in compartments] == [True, False, False]
    assert (compartments[2]["name"], compartments[2]["token"]) == ("", "legacy-crm")


def test_it_lists_channels(platform: Caller) -> None:
    channels = platform.get("channels?organisation_id=1126").data
    assert {channel["type"] for channel in channels} == {"SITE", "MOBILE_APPLICATION"}


def test_it_cuts_processings_into_pages(platform: Caller) -> None:
    first = platform.get("processings?community_id=1126")
    rest = platform.get("processings?community_id=1126&first_result=10")
    assert (first.json["count"], first.json["max_results"], first.json["total"]) == (10, 10, 14)
    assert (rest.json["count"], rest.json["first_result"], rest.json["total"]) == (4, 10, 14)
    assert len({row["id"] for row in first.data + rest.data}) == 14


def test_it_honours_a_smaller_page_and_one_past_the_end(platform: Caller) -> None:
    small = platform.get("processings?community_id=1126&first_result=3&max_results=2")
    beyond = platform.get("processings?community_id=1126&first_result=15")
    assert [row["id"] for row in small.data] == ["3404", "3405"]
    assert (beyond.json["count"], beyond.data) == (0, [])


@pytest.mark.fact("§4 gone")
def test_it_lists_archived_processings_but_no_deleted_one(platform: Caller) -> None:
    processings = platform.get("processings?community_id=1126&max_results=100").data
    assert [row["id"] for row in processings if row["archived"]] == [ARCHIVED_PROCESSING]
    assert DELETED_PROCESSING not in {row["id"] for row in processings}
    assert {row["legal_basis"] for row in processings} == LEGAL_BASES


def test_it_searches_processings_by_name(platform: Caller) -> None:
    answer = platform.get("processings?community_id=1126&keywords=AD%20pers")
    assert [row["technical_name"] for row in answer.data] == ["ad_personalisation"]
    assert answer.json["total"] == 1


@pytest.mark.parametrize(
    "page",
    [
        "first_result=-1",
        "max_results=0",
        "max_results=x",
        "first_result=9999999999",
    ],
)
def test_it_refuses_a_page_that_is_none(platform: Caller, page: str) -> None:
    answer = platform.get(f"processings?community_id=1126&{page}")
    assert answer.status == 400
    assert page.split("=", maxsplit=1)[0] in answer.json["error"]
