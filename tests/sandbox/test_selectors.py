"""Every way of naming a person in the raw path (PLATFORM §2)."""

from urllib.parse import quote

import pytest

from consentadmin.sandbox.people import (
    MARIE,
    MERGED,
    MERGED_AWAY,
    ODD_ACCOUNT,
    POINTLESS_DEVICE,
    THREE_EMAILS,
    TWO_PROFILES,
)
from tests.sandbox.conftest import Caller, account_selector

MARIES = [
    str(MARIE.point_id),
    f"user_point_id={MARIE.point_id}",
    "user_agent_id=vec%3A886742516",
    "user_agent_id=vec:886742516",
    "user_agent_id=udp%3A5120774",
    f"email_hash={MARIE.email_hashes[0]}",
    account_selector(MARIE.accounts[0]),
]


@pytest.mark.parametrize("selector", MARIES)
def test_it_finds_a_person_by_every_form(platform: Caller, selector: str) -> None:
    identifiers = platform.point(selector, "user_identifiers").data
    points = [row["user_point_id"] for row in identifiers if row["type"] == "USER_POINT"]
    assert points == [MARIE.point_id]


@pytest.mark.parametrize("selector", [f"email_hash={it}" for it in THREE_EMAILS.email_hashes])
def test_it_finds_a_person_by_each_address(platform: Caller, selector: str) -> None:
    assert platform.point(selector, "user_identifiers").status == 200


@pytest.mark.fact("§3 no-point")
@pytest.mark.parametrize("agent", POINTLESS_DEVICE.agents)
def test_it_finds_a_device_without_a_point(platform: Caller, agent: str) -> None:
    answer = platform.point(f"user_agent_id={quote(agent, safe='')}", "user_identifiers")
    types = {row["type"] for row in answer.data}
    assert types == {"USER_AGENT", "USER_DEVICE_POINT"}


def test_it_decodes_values_after_splitting_the_path(platform: Caller) -> None:
    answer = platform.point(account_selector(ODD_ACCOUNT.accounts[0]), "user_identifiers")
    accounts = [row["user_account_id"] for row in answer.data if row["type"] == "USER_ACCOUNT"]
    assert accounts == ["Zoë/Łukasz,dept=7|A"]


@pytest.mark.parametrize(
    ("account", "status"),
    [
        ("Zo%C3%AB/%C5%81ukasz%2Cdept%3D7%7CA", 404),  # a raw slash is structure
        ("Zo%C3%AB%2F%C5%81ukasz,dept%3D7%7CA", 400),  # and so is a raw comma
        ("Zo%C3%AB%2F%C5%81ukasz%2Cdept=7%7CA", 200),  # a later equals sign is not
        ("Zo%25C3%25AB%252F%25C5%2581ukasz%252Cdept%253D7%257CA", 404),  # encoded twice
    ],
)
def test_it_tells_structure_from_value(platform: Caller, account: str, status: int) -> None:
    selector = f"compartment_id=1606,user_account_id={account}"
    assert platform.point(selector, "user_identifiers").status == status


@pytest.mark.parametrize(
    "selector",
    [
        "name=marie",
        "user_agent_id=",
        "compartment_id=1606,",
        "user_account_id=acc-914,compartment_id=1606",
        "compartment_id=1606,user_point_id=acc-914",
        "user%5Fpoint_id=1",
        "%zz",
        "user_agent_id=vec%3",
        "user_agent_id=%ff%fe",
    ],
)
def test_it_refuses_a_selector_it_cannot_read(platform: Caller, selector: str) -> None:
    path = f"/v1/datamarts/1459/user_points/{selector}/user_identifiers"
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    answer = platform.raw(f"{request}Authorization: sandbox-token\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"status": "error"' in answer


@pytest.mark.parametrize(
    "selector",
    [
        "26340584",
        "user_point_id=x",
        "user_agent_id=vec%3A1",
        "email_hash=%00",
        MERGED_AWAY,
        account_selector(("1607", MARIE.accounts[0][1])),
    ],
)
@pytest.mark.parametrize("document", ["user_identifiers", "user_choices", "user_profiles"])
def test_it_answers_404_for_an_unknown_person(
    platform: Caller, selector: str, document: str
) -> None:
    answer = platform.point(selector, document)
    assert (answer.status, answer.json["error"]) == (404, "Resource Not Found")


def test_it_keeps_datamarts_apart(platform: Caller) -> None:
    path = f"datamarts/1460/user_points/{MARIE.point_id}/user_identifiers"
    assert platform.get(path).status == 404


def test_it_leads_to_the_older_point_after_a_merge(platform: Caller) -> None:
    for account in MERGED.accounts:
        identifiers = platform.point(account_selector(account), "user_identifiers").data
        assert MERGED.point_id in {row.get("user_point_id") for row in identifiers}


def test_it_takes_another_persons_profile_for_none(platform: Caller) -> None:
    """The selector picks the person, the trailing pair the profile."""
    compartment, account = TWO_PROFILES.accounts[0]
    document = f"user_profiles/compartment_id={compartment}/user_account_id={account}"
    assert platform.point(str(TWO_PROFILES.point_id), document).status == 200
    assert platform.point(str(MARIE.point_id), document).status == 404
