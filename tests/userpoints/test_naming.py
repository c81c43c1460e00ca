"""What names a person in an activity: their own identifiers, each once, by a key in our forms."""

from typing import Any

from consentadmin.datamarts.models import Compartment
from consentadmin.mediarithmics.identifiers import read_identifiers
from consentadmin.mediarithmics.selectors import AccountSelector, AgentSelector, EmailHashSelector
from consentadmin.userpoints.naming import Name, names_of

DEFAULT = [Compartment(platform_id="1607"), Compartment(platform_id="1606", is_default=True)]
LISTED: list[Any] = [
    {"type": "USER_AGENT", "vector_id": "vec:1", "device": {"os_family": "IOS"}},
    {"type": "USER_POINT", "user_point_id": "p"},
    {"type": "USER_EMAIL", "hash": "h"},
    {"type": "USER_DEVICE_POINT", "id": "d", "technical_identifiers": [{"user_agent_id": "vec:1"}]},
    {"type": "USER_ACCOUNT", "user_account_id": "a", "compartment_id": 1606},
    {"type": "USER_LOYALTY_CARD", "number": "1"},
]


def names(*listed: Any, compartments: list[Compartment] = DEFAULT) -> list[Name]:
    return names_of(read_identifiers(list(listed)), compartments)


def test_accounts_come_first_and_each_identifier_once() -> None:
    assert [name.selector for name in names(*LISTED)] == [
        AccountSelector("1606", "a"),
        EmailHashSelector("h"),
        AgentSelector("vec:1"),
    ]


def test_an_account_without_a_compartment_is_in_the_default_one() -> None:
    account = {"type": "USER_ACCOUNT", "user_account_id": "a"}
    assert [name.selector for name in names(account)] == [AccountSelector("1606", "a")]
    assert names(account, compartments=DEFAULT[:1]) == []


def test_a_key_tells_nothing_and_is_another_for_another_identifier() -> None:
    keys = [name.key for name in names(*LISTED)]
    assert len(set(keys)) == 3
    assert all(len(key) == 32 and "vec" not in key for key in keys)
    assert keys == [name.key for name in names(*LISTED)]
