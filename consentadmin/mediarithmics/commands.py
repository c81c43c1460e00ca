"""The lines of a document import (PLATFORM.md §7): one command each, as bytes without a newline.

One identifier a line. A choice and a profile are named by account, e-mail hash or user agent; only
a deletion of a person takes a user point id too. Each raises InvalidBody for what can't be right.
"""

from __future__ import annotations

from collections.abc import Mapping

from consentadmin.mediarithmics.activities import Identifying
from consentadmin.mediarithmics.bodies import check_customs, check_ts, without_address
from consentadmin.mediarithmics.errors import InvalidBody
from consentadmin.mediarithmics.fields import Json
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
    Selector,
)

_STRATEGIES = {
    ProfileStrategy.PARTIAL_UPDATE,
    ProfileStrategy.PARTIAL_DELETE,
    ProfileStrategy.FORCE_REPLACE,
}


def choice_command(
    who: Identifying,
    processing: str,
    *,
    accepted: bool,
    choice_ts: int,
    customs: Mapping[str, Json],
) -> bytes:
    """Return the line that records a choice; as a PUT does, it replaces the customs."""
    check_ts(choice_ts)
    check_customs(customs)
    if not isinstance(accepted, bool):
        raise InvalidBody("A choice is true or false.")
    choice: dict[str, Json] = {**customs, "$choice_ts": choice_ts}
    choice |= {"$choice_acceptance_value": accepted, **_processing(processing)}
    return without_address(
        {"operation": "UPSERT", **_named(who), "force_replace": True, "user_choice": choice}
    )


def choice_deletion_command(who: Identifying, processing: str) -> bytes:
    """Return the line that deletes a choice."""
    choice = _processing(processing)
    return without_address({"operation": "DELETE", **_named(who), "user_choice": choice})


def profile_command(
    who: Identifying,
    compartment: str,
    account: str,
    body: Mapping[str, Json],
    *,
    strategy: ProfileStrategy,
) -> bytes:
    """Return the line that writes the profile of an account of whom `who` names.

    The pair stands inside as well: a profile inherits nothing from the line's identifier (D).
    """
    if strategy not in _STRATEGIES:
        raise InvalidBody("An import does not know this way of writing a profile.")
    pair = _pair(compartment, account)
    if pair.keys() & body.keys():
        raise InvalidBody("The account of a profile is not one of its fields.")
    return without_address(
        {
            "operation": "UPSERT",
            **_named(who),
            "update_strategy": strategy.value,
            "user_profile": {**body, **pair},
        }
    )


def profile_deletion_command(who: Identifying, compartment: str, account: str) -> bytes:
    """Return the line that deletes the profile of an account of whom `who` names."""
    pair = _pair(compartment, account)
    return without_address({"operation": "DELETE", **_named(who), "user_profile": pair})


def deletion_command(who: Selector) -> bytes:
    """Return the line that deletes a person."""
    match who:
        case PointSelector():
            return without_address({"type": "USER_POINT", "user_point_id": who.point})
        case AccountSelector():
            return without_address({"type": "USER_ACCOUNT", **_named(who)})
        case EmailHashSelector():
            return without_address({"type": "USER_EMAIL", "hash": who.hash})
        case AgentSelector():
            return without_address({"type": "USER_AGENT", "user_agent_id": who.agent})


def _named(who: Identifying) -> dict[str, Json]:
    match who:
        case AccountSelector():
            return {"compartment_id": who.compartment, "user_account_id": who.account}
        case EmailHashSelector():
            return {"email_hash": who.hash}
        case AgentSelector():
            return {"user_agent_id": who.agent}
    raise InvalidBody("This import does not name a person by a user point id.")


def _processing(processing: str) -> dict[str, Json]:
    if not processing:
        raise InvalidBody("A choice has a processing.")
    return {"$processing_id": processing}


def _pair(compartment: str, account: str) -> dict[str, Json]:
    AccountSelector(compartment, account)  # raises for what names no account
    return {"$compartment_id": compartment, "$user_account_id": account}
