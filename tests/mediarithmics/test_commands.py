"""The lines of an import, byte for byte, and what is refused (§7)."""

import json
from collections.abc import Callable

import pytest

from consentadmin.mediarithmics import commands
from consentadmin.mediarithmics.activities import Identifying
from consentadmin.mediarithmics.errors import InvalidBody, InvalidSelector
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
    Selector,
)

TS = 1_573_134_360_000
ACCOUNT = AccountSelector("1606", "Zoë/7")
AGENT = AgentSelector("vec:1")
HASH = EmailHashSelector("e2749f6f")
POINT = PointSelector("26340584-f777")
UPDATE = ProfileStrategy.PARTIAL_UPDATE

NAMED: list[tuple[Identifying, dict[str, str]]] = [
    (ACCOUNT, {"compartment_id": "1606", "user_account_id": "Zoë/7"}),
    (HASH, {"email_hash": "e2749f6f"}),
    (AGENT, {"user_agent_id": "vec:1"}),
]
each_kind = pytest.mark.parametrize(("who", "named"), NAMED)


@each_kind
def test_a_choice_is_recorded(who: Identifying, named: dict[str, str]) -> None:
    """D §7: USER_CHOICE, UPSERT."""
    line = commands.choice_command(who, "7", accepted=False, choice_ts=TS, customs={"form": "é\n"})
    assert b"\n" not in line
    assert json.loads(line) == {
        "operation": "UPSERT",
        **named,
        "force_replace": True,
        "user_choice": {
            "$processing_id": "7",
            "$choice_ts": TS,
            "$choice_acceptance_value": False,
            "form": "é\n",
        },
    }


@each_kind
def test_a_choice_is_deleted(who: Identifying, named: dict[str, str]) -> None:
    """D §7: USER_CHOICE, DELETE."""
    line = commands.choice_deletion_command(who, "7")
    choice = {"$processing_id": "7"}
    assert json.loads(line) == {"operation": "DELETE", **named, "user_choice": choice}


@each_kind
def test_a_profile_names_its_account_inside(who: Identifying, named: dict[str, str]) -> None:
    """D §7: the pair is not inherited from the line's identifier."""
    line = commands.profile_command(who, "1607", "LOY-1", {"a": {"b": 1}}, strategy=UPDATE)
    pair = {"$compartment_id": "1607", "$user_account_id": "LOY-1"}
    assert json.loads(line) == {
        "operation": "UPSERT",
        **named,
        "update_strategy": "PARTIAL_UPDATE",
        "user_profile": {"a": {"b": 1}, **pair},
    }
    line = commands.profile_deletion_command(who, "1607", "LOY-1")
    assert json.loads(line) == {"operation": "DELETE", **named, "user_profile": pair}


@pytest.mark.parametrize(
    ("who", "line"),
    [
        (POINT, {"type": "USER_POINT", "user_point_id": "26340584-f777"}),
        (
            ACCOUNT,
            {"type": "USER_ACCOUNT", "compartment_id": "1606", "user_account_id": "Zoë/7"},
        ),
        (HASH, {"type": "USER_EMAIL", "hash": "e2749f6f"}),
        (AGENT, {"type": "USER_AGENT", "user_agent_id": "vec:1"}),
    ],
)
def test_a_person_is_deleted(who: Selector, line: dict[str, str]) -> None:
    """D §7: USER_POINTS_DELETION, one identifier a line."""
    assert json.loads(commands.deletion_command(who)) == line


def choice(**more: object) -> bytes:
    given: dict[str, object] = {"accepted": True, "choice_ts": TS, "customs": {}}
    return commands.choice_command(HASH, "7", **{**given, **more})  # type: ignore[arg-type]


def profile(body: dict[str, Json], strategy: ProfileStrategy = UPDATE) -> bytes:
    return commands.profile_command(HASH, "1607", "LOY-1", body, strategy=strategy)


REFUSED: dict[str, Callable[[], bytes]] = {
    "a point for a choice": lambda: commands.choice_deletion_command(POINT, "7"),  # type: ignore[arg-type]
    "a point for a profile": lambda: commands.profile_deletion_command(POINT, "1", "a"),  # type: ignore[arg-type]
    "seconds": lambda: choice(choice_ts=TS // 1000),
    "microseconds": lambda: choice(choice_ts=TS * 1000),
    "no choice": lambda: choice(accepted=None),
    "a system field": lambda: choice(customs={"$choice_ts": 1}),
    "no processing": lambda: commands.choice_deletion_command(HASH, ""),
    "a clear address": lambda: profile({"a": {"$email": "needle"}}),
    "another account inside": lambda: profile({"$user_account_id": "needle"}),
    "another compartment inside": lambda: profile({"$compartment_id": "needle"}),
    "NaN": lambda: profile({"needle": float("nan")}),
    "half an emoji": lambda: profile({"needle": "\ud83d"}),
}


@pytest.mark.parametrize("build", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_right_is_refused(build: Callable[[], bytes]) -> None:
    with pytest.raises(InvalidBody) as caught:
        build()
    assert "needle" not in str(caught.value)


@pytest.mark.parametrize("strategy", ProfileStrategy)
def test_an_import_knows_three_ways_of_writing_a_profile(strategy: ProfileStrategy) -> None:
    """D §7: ``update_strategy``; the legacy flags have no place in a line."""
    if "LEGACY" in strategy:
        with pytest.raises(InvalidBody):
            profile({}, strategy)
    else:
        assert json.loads(profile({}, strategy))["update_strategy"] == strategy.value


def test_no_account_is_no_profile() -> None:
    with pytest.raises(InvalidSelector):
        commands.profile_deletion_command(HASH, "1607", "")
