"""What a write makes of a stored profile, by its strategy (PLATFORM §5).

Replacing and the legacy merges are documented; what the two PARTIAL strategies do is the
sandbox's own choice (S), and each rule of theirs can be turned round in `decisions`. Pure: nothing
that comes in is changed.
"""

from collections.abc import Hashable
from enum import Enum, auto
from typing import Any, TypeAlias

from consentadmin.sandbox.bodies import canonical
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import bad_request

Fields: TypeAlias = dict[str, Any]
_FLAGS = ("force_replace", "merge_objects")


class Strategy(Enum):
    """How the body of a write meets what is stored."""

    PARTIAL_UPDATE = auto()
    PARTIAL_DELETE = auto()
    FORCE_REPLACE = auto()
    MERGE = auto()
    MERGE_OBJECTS = auto()


_BY_NAME = {each.name: each for each in list(Strategy)[:3]}


def strategy_of(asked: dict[str, str], decisions: Decisions) -> Strategy:
    """Return the strategy that a query names: `update_strategy` wins over the legacy flags (S)."""
    name = asked.get("update_strategy")
    has_flags = any(flag in asked for flag in _FLAGS)
    if decisions.unknown_strategy_is_ignored and name not in _BY_NAME:
        name = None
    if name is not None and not (has_flags and decisions.flags_win):
        if name not in _BY_NAME:
            raise bad_request(f"update_strategy must be one of {', '.join(_BY_NAME)}")
        return _BY_NAME[name]
    if not has_flags and decisions.bare_put_replaces:
        return Strategy.FORCE_REPLACE
    lenient = decisions.unknown_strategy_is_ignored
    replaces, merges_objects = (_flag(asked, flag, lenient=lenient) for flag in _FLAGS)
    if replaces:
        return Strategy.FORCE_REPLACE
    return Strategy.MERGE_OBJECTS if merges_objects else Strategy.MERGE


def after_write(stored: Fields, given: Fields, strategy: Strategy, decisions: Decisions) -> Fields:
    """Return the fields of a profile once `given` has been written over `stored`."""
    match strategy:
        case Strategy.FORCE_REPLACE:
            return given
        case Strategy.MERGE:
            return stored | given
        case Strategy.MERGE_OBJECTS:
            return _merged_in_depth(stored, given)
        case Strategy.PARTIAL_UPDATE:
            return _Partial(decisions).update(stored, given)
        case Strategy.PARTIAL_DELETE:
            return _Partial(decisions).delete(stored, given)


def _flag(asked: dict[str, str], name: str, *, lenient: bool) -> bool:
    text = asked.get(name, "false")
    if not lenient and text not in ("true", "false"):
        raise bad_request(f"{name} must be true or false")
    return text == "true"


def _merged_in_depth(stored: Fields, given: Fields) -> Fields:
    result = dict(stored)
    for name, value in given.items():
        there = stored.get(name)
        if isinstance(there, dict) and isinstance(value, dict):
            result[name] = _merged_in_depth(there, value)
        else:
            result[name] = value
    return result


class _Partial:
    """The rules of PARTIAL_UPDATE and PARTIAL_DELETE."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def update(self, stored: Fields, given: Fields) -> Fields:
        result = dict(stored)
        for name, value in given.items():
            if value is None and self._decisions.null_in_update_removes:
                result.pop(name, None)
            else:
                result[name] = self._updated(stored.get(name), value)
        return result

    def delete(self, stored: Fields, given: Fields) -> Fields:
        result = dict(stored)
        for name, value in given.items():
            if name not in stored:
                continue
            if isinstance(value, dict) and value and self._decisions.delete_goes_deep:
                if isinstance(stored[name], dict):
                    result[name] = self.delete(stored[name], value)
            elif isinstance(value, list) and self._decisions.arrays_go_by_id:
                if _have_ids(value) and isinstance(stored[name], list):
                    result[name] = self._without_ids(stored[name], value)
            elif value is None or not self._decisions.only_null_deletes:
                del result[name]
        return result

    def _updated(self, there: Any, value: Any) -> Any:  # noqa: ANN401 (JSON)
        if isinstance(there, dict) and isinstance(value, dict):
            return self.update(there, value) if self._decisions.update_goes_deep else value
        if isinstance(there, list) and isinstance(value, list):
            if self._decisions.arrays_go_by_id and _have_ids(there) and _have_ids(value):
                return self._merged_by_id(there, value)
            if self._decisions.arrays_are_appended:
                return there + value
        return value

    def _merged_by_id(self, stored: list[Fields], given: list[Fields]) -> list[Fields]:
        result = list(stored)
        places: dict[Hashable, int] = {}
        for place, old in enumerate(stored):
            places.setdefault(self._id_of(old), place)
        for new in given:
            place = places.setdefault(self._id_of(new), len(result))
            if place == len(result):
                result.append(new)
            else:
                result[place] = self.update(result[place], new)
        return result

    def _without_ids(self, stored: list[Any], given: list[Fields]) -> list[Any]:
        gone = {self._id_of(each) for each in given}
        return [
            old
            for old in stored
            if not (isinstance(old, dict) and "id" in old and self._id_of(old) in gone)
        ]

    def _id_of(self, fields: Fields) -> Hashable:
        value = fields["id"]
        if self._decisions.ids_compare_as_text:
            return value if isinstance(value, str) else canonical(value)
        return _key(value)


def _have_ids(array: list[Any]) -> bool:
    """Say whether an array holds objects with an `id` and nothing else; an empty one does not."""
    return bool(array) and all(isinstance(each, dict) and "id" in each for each in array)


def _key(value: Any) -> Hashable:  # noqa: ANN401 (JSON)
    """Return a key by which two ids are one where JSON has them so: 1 is 1.0, but never true."""
    if isinstance(value, dict):
        return dict, frozenset((name, _key(each)) for name, each in value.items())
    if isinstance(value, list):
        return list, tuple(_key(each) for each in value)
    return (bool, value) if isinstance(value, bool) else value
