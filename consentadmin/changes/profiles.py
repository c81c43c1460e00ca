"""What a write makes of a profile: what we *expect*, path by path (PLATFORM §5). Pure.

FORCE_REPLACE and the legacy merges are documented; PARTIAL_UPDATE and PARTIAL_DELETE are not, so
what is computed here is shown as our expectation and compared with what is read back.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from consentadmin.mediarithmics.profiles import ProfileStrategy

Json: TypeAlias = Any
Path: TypeAlias = tuple[str, ...]

MISSING = object()
"""Stands where there is no value: not the same as null."""

_PLAIN = frozenset({str, int, float, bool, type(None)})

DOCUMENTED = frozenset(ProfileStrategy) - {
    ProfileStrategy.PARTIAL_UPDATE,
    ProfileStrategy.PARTIAL_DELETE,
}
"""The strategies of which the platform documents what they do."""


def expected(
    stored: Mapping[str, Json], body: Mapping[str, Json], strategy: ProfileStrategy
) -> dict[str, Json]:
    """Return the custom fields we expect after a write of `body` over `stored`."""
    match strategy:
        case ProfileStrategy.FORCE_REPLACE | ProfileStrategy.LEGACY_REPLACE:
            return dict(body)
        case ProfileStrategy.LEGACY_MERGE:
            return {**stored, **body}
        case ProfileStrategy.LEGACY_MERGE_OBJECTS:
            return _merged(stored, body, by_id=False)
        case ProfileStrategy.PARTIAL_UPDATE:
            return _merged(stored, body, by_id=True)
        case ProfileStrategy.PARTIAL_DELETE:
            return _without(stored, body)


def _merged(
    stored: Mapping[str, Json], body: Mapping[str, Json], *, by_id: bool
) -> dict[str, Json]:
    result = dict(stored)
    for name, value in body.items():
        there = stored.get(name, MISSING)
        if isinstance(there, Mapping) and isinstance(value, Mapping):
            result[name] = _merged(there, value, by_id=by_id)
        elif by_id and have_ids(there) and have_ids(value):
            result[name] = _merged_by_id(there, value)
        else:
            result[name] = value
    return result


def have_ids(value: Json) -> bool:
    """Return whether this is an array of objects, at least one, each with an `id`."""
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(each, Mapping) and "id" in each for each in value)
    )


def _merged_by_id(stored: Sequence[Json], body: Sequence[Json]) -> list[Json]:
    result = list(stored)
    places: dict[Hashable, int] = {}
    for place, old in enumerate(stored):
        places.setdefault(identity(old["id"]), place)
    for new in body:
        place = places.setdefault(identity(new["id"]), len(result))
        if place == len(result):
            result.append(new)
        else:
            result[place] = _merged(result[place], new, by_id=True)
    return result


def _without(stored: Mapping[str, Json], body: Mapping[str, Json]) -> dict[str, Json]:
    result = dict(stored)
    for name, value in body.items():
        there = stored.get(name, MISSING)
        if there is MISSING:
            continue
        if isinstance(value, Mapping) and value:
            if isinstance(there, Mapping):
                result[name] = _without(there, value)
        elif have_ids(value) and isinstance(there, list | tuple):
            gone = {identity(each["id"]) for each in value}
            result[name] = [
                old
                for old in there
                if not (isinstance(old, Mapping) and identity(old.get("id")) in gone)
            ]
        elif not isinstance(value, list | tuple):
            del result[name]
    return result


def is_same(one: Json, other: Json) -> bool:
    """Return whether two JSON values are one: true is not 1, and 1 is 1.0."""
    if _is_plainly_same(one, other):
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            return False
        return all(
            _is_plainly_same(it, other[name]) or is_same(it, other[name])
            for name, it in one.items()
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def _is_plainly_same(one: Json, other: Json) -> bool:
    """Return whether two values are seen to be one at a glance: a profile may hold thousands."""
    return one is other or (type(one) is type(other) and type(one) in _PLAIN and one == other)


def identity(value: Json) -> Hashable:
    """Return a key by which two JSON values are one, as `is_same` has it: for thousands of ids."""
    if isinstance(value, Mapping):
        return dict, frozenset((name, identity(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return list, tuple(identity(each) for each in value)
    return (bool, value) if isinstance(value, bool) else value


@dataclass(frozen=True, slots=True)
class Difference:
    """One path at which two profiles differ; MISSING where one of them has nothing."""

    path: Path
    before: Json
    after: Json

    @property
    def is_added(self) -> bool:
        """Whether the path is new."""
        return self.before is MISSING

    @property
    def is_removed(self) -> bool:
        """Whether the path is gone."""
        return self.after is MISSING


def differences(
    before: Mapping[str, Json], after: Mapping[str, Json], path: Path = ()
) -> Iterator[Difference]:
    """Yield each path at which two objects differ, in the order of the first, then the second.

    Objects are compared field by field, arrays of objects with an `id` element by element, and
    everything else as a whole.
    """
    for name in [*before, *(name for name in after if name not in before)]:
        one, other = before.get(name, MISSING), after.get(name, MISSING)
        if not _is_plainly_same(one, other):
            yield from _differ((*path, name), one, other)


def _differ(path: Path, before: Json, after: Json) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping) and (before or after):
        yield from differences(before, after, path)
    elif have_ids(before) and have_ids(after) and _ids_are_unique(before, after):
        yield from differences(_by_id(before), _by_id(after), path)
    elif not is_same(before, after):
        yield Difference(path, before, after)


def _ids_are_unique(*arrays: Sequence[Json]) -> bool:
    return all(len(_by_id(array)) == len(array) for array in arrays)


def _by_id(array: Sequence[Json]) -> dict[str, Json]:
    return {f"[id={each['id']}]": each for each in array}


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What came of a write: the paths sent that are as expected, and the differences.

    `differing` are on paths that were sent, `others` elsewhere; `before` is what was expected and
    `after` what the platform shows.
    """

    as_expected: list[Path]
    differing: list[Difference]
    others: list[Difference]


def read_back(
    stored: Mapping[str, Json],
    body: Mapping[str, Json],
    strategy: ProfileStrategy,
    shown: Mapping[str, Json],
) -> ReadBack:
    """Compare what a profile shows after a write of `body` over `stored` with what we expected."""
    sent = _Paths(sent_paths(body, strategy))
    found = list(differences(expected(stored, body, strategy), shown))
    differing = [each for each in found if sent.touch(each.path)]
    wrong = _Paths(each.path for each in differing)
    return ReadBack(
        as_expected=[path for path in _leaves(body, strategy) if not wrong.touch(path)],
        differing=differing,
        others=[each for each in found if not sent.touch(each.path)],
    )


def sent_paths(body: Mapping[str, Json], strategy: ProfileStrategy) -> list[Path]:
    """Return the paths that a write names: the root alone where it replaces everything."""
    if strategy in {ProfileStrategy.FORCE_REPLACE, ProfileStrategy.LEGACY_REPLACE}:
        return [()]
    if strategy is ProfileStrategy.LEGACY_MERGE:
        return [(name,) for name in body]
    return list(_leaves(body, strategy))


def _leaves(body: Mapping[str, Json], strategy: ProfileStrategy, path: Path = ()) -> Iterator[Path]:
    by_id = strategy is not ProfileStrategy.LEGACY_MERGE_OBJECTS
    for name, value in body.items():
        here = (*path, name)
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, strategy, here)
        elif not (by_id and have_ids(value) and _ids_are_unique(value)):
            yield here
        elif strategy is ProfileStrategy.PARTIAL_DELETE:
            yield from ((*here, element) for element in _by_id(value))
        else:
            yield from _leaves(_by_id(value), strategy, here)


class _Paths:
    """Paths, and whether another one lies on, above or below any of them."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = set(paths)
        self._above = {path[:n] for path in self._paths for n in range(len(path))}

    def touch(self, path: Path) -> bool:
        return path in self._above or any(path[:n] in self._paths for n in range(len(path) + 1))
