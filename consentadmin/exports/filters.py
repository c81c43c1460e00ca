"""A filter of the trail as it rests with an export, and back. Pure."""

import uuid
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

from consentadmin.audit.filters import Filter
from consentadmin.audit.words import Action, Outcome


def stored(asked: Filter) -> dict[str, Any]:
    """Return a filter as JSON: what was asked for, and nothing else."""
    found: dict[str, Any] = {}
    for part in fields(asked):
        value = getattr(asked, part.name)
        if value is not None:
            found[part.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401  (a field of Filter)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int):
        return value
    return sorted(str(each) for each in value)


def read(kept: dict[str, Any]) -> Filter:
    """Return the filter that was stored."""
    readers: dict[str, Callable[[Any], Any]] = {
        "since": datetime.fromisoformat,
        "until": datetime.fromisoformat,
        "action": Action,
        "outcome": Outcome,
        "subjects": lambda told: [uuid.UUID(each) for each in told],
    }
    return Filter(**{name: readers.get(name, _same)(value) for name, value in kept.items()})


def _same(value: Any) -> Any:  # noqa: ANN401  (a field of Filter)
    return value
