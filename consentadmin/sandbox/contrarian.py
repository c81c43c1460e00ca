"""The contrarian sandbox: every decision turned round, or those of some sections of PLATFORM.md.

What is documented (D) or seen in the platform's own client (C) stays as it is: a client that
works with both sandboxes leans on nothing that the sandbox made up.
"""

from collections.abc import Iterable
from dataclasses import fields, replace

from consentadmin.sandbox.decisions import ORDINARY, Decisions

SECTIONS = {
    "transport": 1,
    "selectors": 2,
    "identifiers": 3,
    "choices": 4,
    "profiles": 5,
    "activities": 6,
    "bulk": 7,
    "referentials": 8,
}


class UnknownFactError(ValueError):
    """Neither a section nor a fact bears this name."""


def contrarian(names: Iterable[str] = ()) -> Decisions:
    """Return the decisions turned round: all, or those of the sections and the facts named.

    Raises `UnknownFactError` for a name that is neither in `SECTIONS` nor a field of `Decisions`.
    """
    wanted = set(names)
    opposites = {each.name: each.metadata["contrarian"] for each in fields(Decisions)}
    for name in sorted(wanted - SECTIONS.keys() - opposites.keys()):
        raise UnknownFactError(f"{name!r} is neither a section nor a fact")
    if not wanted:
        return replace(ORDINARY, **opposites)
    sections = {SECTIONS[name] for name in wanted & SECTIONS.keys()}
    turned = {
        each.name: opposites[each.name]
        for each in fields(Decisions)
        if each.name in wanted or sections.intersection(each.metadata["sections"])
    }
    return replace(ORDINARY, **turned)
