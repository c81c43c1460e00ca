"""Aliases: what an identifier becomes so that it can be found again, and not read back.

An alias is a keyed HMAC over the kind and the value. Whoever holds the table but not the alias key
can neither list nor guess identifiers. A pure rule: no database here.
"""

from collections.abc import Iterator

from consentadmin.mediarithmics.identifiers import DevicePoint, Identifier, Unknown
from consentadmin.mediarithmics.selectors import (
    AccountSelector,
    AgentSelector,
    EmailHashSelector,
    PointSelector,
    Selector,
)

SEPARATOR = "\x1f"
"""ASCII's unit separator: in no identifier, since control characters are refused."""


def text_of(selector: Selector) -> str:
    """Return the text that stands for a selector under the alias key."""
    match selector:
        case PointSelector(point=point):
            parts = [point]
        case AgentSelector(agent=agent):
            parts = [agent]
        case EmailHashSelector(hash=hashed):
            parts = [hashed]
        case AccountSelector(compartment=compartment, account=account):
            parts = [compartment, account]
    return SEPARATOR.join([selector.kind.value, *parts])


def selectors_of(identifier: Identifier) -> Iterator[Selector]:
    """Yield each selector that would find the person by this identifier; none for unknown kinds."""
    match identifier:
        case Unknown():
            return
        case DevicePoint(agents=agents):
            yield from map(AgentSelector, agents)
        case _:
            if found := identifier.selector():
                yield found
