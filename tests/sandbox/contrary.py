"""Two sandboxes side by side, the ordinary and the contrarian, and which fact a test shows."""

from collections.abc import Callable
from typing import Any, TypeVar

from tests.sandbox.conftest import Account, Caller, account_selector

_Test = TypeVar("_Test", bound=Callable[..., None])

SHOWN: set[str] = set()
"""The facts (fields of `Decisions`) that some test shows from both sides."""

TS = 2_793_134_365_000  # in 2058: newer than whatever is seeded


def shows(*facts: str) -> Callable[[_Test], _Test]:
    """Say which facts a test shows from both sides."""
    SHOWN.update(facts)
    return lambda test: test


def choice(ts: object = TS, **customs: object) -> dict[str, Any]:
    """Make the body of a choice that accepts."""
    return {"$choice_ts": ts, "$choice_acceptance_value": True, **customs}


def settle(caller: Caller, account: Account, profile: dict[str, Any]) -> str:
    """Let an account be somebody's, with this profile, and return its selector.

    One sandbox makes a person from a profile, the other from a choice.
    """
    by = account_selector(account)
    if caller.put_profile(account, profile, "update_strategy=FORCE_REPLACE").status == 404:
        path = f"datamarts/1459/user_points/{by}/user_choices/processing_id=3413"
        assert caller.call("PUT", path, json=choice()).status == 200
        made = caller.put_profile(account, profile, "update_strategy=FORCE_REPLACE")
        assert made.status == 200
    return by


def customs(caller: Caller, account: Account) -> dict[str, Any]:
    """Read the custom fields of the profile of an account."""
    fields: dict[str, Any] = caller.profile(account).data
    return {name: value for name, value in fields.items() if name[0] != "$"}
