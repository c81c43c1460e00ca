"""A mixed list of identifiers, in any order, with anything missing."""

import pytest

from consentadmin.mediarithmics.errors import Garbled
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.identifiers import read_identifiers
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
)

POINT = "26340584-f777-404c-82c5-56220667464b"
DOCUMENTED: list[Json] = [
    {
        "type": "USER_ACCOUNT",
        "user_account_id": "914eb2aa",
        "compartment_id": 1606,
        "creation_ts": 1493118667529,
    },
    {"type": "USER_EMAIL", "hash": "e2749f6f", "email": None, "creation_ts": 0, "providers": []},
    {
        "type": "USER_AGENT",
        "vector_id": "vec:886742516",
        "device": {"os_family": "MAC_OS"},
        "creation_ts": 0,
        "last_activity_ts": 9,
    },
    {
        "type": "USER_DEVICE_POINT",
        "id": "d-1",
        "device": {},
        "technical_identifiers": [{"type": "MUM_ID", "user_agent_id": "vec:5"}, {}, 3],
    },
    {"type": "USER_POINT", "user_point_id": POINT, "creation_ts": 1493118667529},
    {"type": "USER_HOUSEHOLD", "id": "h-1"},
]


@pytest.mark.fact("§3 shapes")
def test_the_documented_list_is_read_in_its_order() -> None:
    read = read_identifiers(DOCUMENTED)
    assert (len(read), read.point) == (6, POINT)
    assert [account.account for account in read.accounts] == ["914eb2aa"]
    assert [email.hash for email in read.emails] == ["e2749f6f"]
    assert [agent.agent for agent in read.agents] == ["vec:886742516"]
    assert [device.agents for device in read.device_points] == [("vec:5",)]


def test_each_identifier_can_be_asked_by() -> None:
    read = read_identifiers(DOCUMENTED)
    assert read.points[0].selector() == PointSelector(POINT)
    assert read.accounts[0].selector() == AccountSelector("1606", "914eb2aa")
    assert read.emails[0].selector() == EmailHashSelector("e2749f6f")
    assert read.agents[0].selector() == AgentSelector("vec:886742516")


@pytest.mark.fact("§3 nulls")
def test_an_unknown_type_is_kept_raw() -> None:
    (unknown,) = read_identifiers(DOCUMENTED).unknown
    assert (unknown.type, dict(unknown.raw)) == ("USER_HOUSEHOLD", DOCUMENTED[5])


@pytest.mark.parametrize(
    "kind", [element["type"] for element in DOCUMENTED if isinstance(element, dict)]
)
def test_a_type_without_its_id_is_kept_raw(kind: Json) -> None:
    read = read_identifiers([{"type": kind}])
    assert [dict(each.raw) for each in read.unknown] == [{"type": kind}]


@pytest.mark.fact("§3 no-point")
def test_a_device_seen_without_a_point_has_none() -> None:
    assert read_identifiers([{"type": "USER_AGENT", "vector_id": "vec:1"}]).point is None


def test_an_account_of_the_default_compartment_has_no_selector() -> None:
    (account,) = read_identifiers([{"type": "USER_ACCOUNT", "user_account_id": 12}]).accounts
    assert (account.account, account.compartment, account.selector()) == ("12", None, None)


@pytest.mark.parametrize("element", [None, "x", [], {"type": 3}, {"creation_ts": "x"}])
def test_what_is_no_identifier_is_garbled(element: Json) -> None:
    with pytest.raises(Garbled):
        read_identifiers([element])


def test_no_value_is_in_a_repr() -> None:
    read = read_identifiers(DOCUMENTED)
    shown = repr(read) + "".join(map(repr, read))
    assert not [v for v in (POINT, "914eb2aa", "e2749f6f", "886742516", "d-1", "h-1") if v in shown]
