"""Which activities of a timeline are meant (PLATFORM.md §6): ``field==value``, ``,`` AND, ``|`` OR.

    Filters().where("$type", "SITE_VISIT", "APP_VISIT").where("$channel_id", "12").since(ms)

Which of the two operators binds closer is documented nowhere. So what must hold stands on both
sides of each group of alternatives, ``s,a|b,s``. Read either way that is (a or b) and s. With three
alternatives or several groups it is so in one reading, and in the other it takes in more: `fits`
sorts that out of what was read, and a deletion refuses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from consentadmin.mediarithmics.bodies import EARLIEST_TS, LATEST_TS
from consentadmin.mediarithmics.errors import InvalidFilter
from consentadmin.mediarithmics.timelines import TimelineActivity

_FIELD = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_.-]*")
_BOUNDS = ("start_ts", "end_ts")
_TWO = 2


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that all hold. `parts` are fields, each with its alternatives."""

    parts: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)

    def where(self, name: str, *values: str) -> Filters:
        """Return these filters and one more: the field has one of the values.

        Raises InvalidFilter for a value that the operators would cut: there is no way to quote it.
        """
        if not _FIELD.fullmatch(name) or name in _BOUNDS:
            raise InvalidFilter("This is not the name of a field.")
        if not values or not all(_can_be_written(value) for value in values):
            raise InvalidFilter("A value to search for is not empty and holds no comma, | or ==.")
        return Filters((*self.parts, (name, tuple(dict.fromkeys(values)))))

    def since(self, ts: int) -> Filters:
        """Return these filters and a lower bound, in milliseconds. S: inclusive."""
        return self.between(_checked(ts), None)

    def until(self, ts: int) -> Filters:
        """Return these filters and an upper bound, in milliseconds. S: inclusive."""
        return self.between(None, _checked(ts))

    def between(self, start_ts: int | None, end_ts: int | None) -> Filters:
        """Return these filters and bounds that the platform itself told, whatever their unit."""
        bounds = zip(_BOUNDS, (start_ts, end_ts), strict=True)
        return Filters(
            (*self.parts, *((name, (str(ts),)) for name, ts in bounds if ts is not None))
        )

    @property
    def is_plain(self) -> bool:
        """Whether the expression means the same, whichever operator binds closer."""
        groups = [values for _, values in self.parts if len(values) > 1]
        alone = len(groups) == len(self.parts)
        return not groups or (len(groups) == 1 and (alone or len(groups[0]) == _TWO))

    def expression(self) -> str:
        """Return what goes into ``filters=``, not yet percent-encoded; empty for no condition."""
        musts = [f"{name}=={values[0]}" for name, values in self.parts if len(values) == 1]
        found = list(musts)
        for name, values in self.parts:
            if len(values) > 1:
                found += ["|".join(f"{name}=={value}" for value in values), *musts]
        return ",".join(found)

    def fits(self, activity: TimelineActivity) -> bool:
        """Whether nothing speaks against it: an id it doesn't tell and customs are not judged."""
        told = {
            "$type": activity.type,
            "$channel_id": activity.channel,
            "$unique_key": activity.unique_key,
        }
        return all(told[name] in (None, *values) for name, values in self.parts if name in told)


EVERYTHING = Filters()
"""No condition."""


def _can_be_written(value: str) -> bool:
    is_cut = any(operator in value for operator in (",", "|", "=="))
    is_broken = any("\ud800" <= character <= "\udfff" for character in value)
    return bool(value.strip()) and not is_cut and not is_broken and not value.startswith("=")


def _checked(ts: int) -> int:
    if not EARLIEST_TS <= ts < LATEST_TS:
        raise InvalidFilter("A time is in milliseconds since 1970.")
    return ts
