"""From what a profile *should be* to what is sent for it (PLATFORM §5). Pure.

Staff edit a draft: the whole profile as they want it. The body of the write follows from the
draft and the strategy, and names nothing that does not change; where a strategy can't reach the
draft, what stays as it is can be told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consentadmin.changes.profiles import (
    MISSING,
    Difference,
    Json,
    Path,
    differences,
    expected,
    have_ids,
    identity,
    is_same,
)
from consentadmin.mediarithmics.profiles import ProfileStrategy

NARROWEST_FIRST = (
    ProfileStrategy.PARTIAL_UPDATE,
    ProfileStrategy.PARTIAL_DELETE,
    ProfileStrategy.FORCE_REPLACE,
)


def body_for(
    stored: Mapping[str, Json], desired: Mapping[str, Json], strategy: ProfileStrategy
) -> dict[str, Json]:
    """Return the body that brings `stored` as near to `desired` as the strategy can.

    Replacing sends all of it; updating and merging, what is new or other; deleting, what goes.
    """
    match strategy:
        case ProfileStrategy.FORCE_REPLACE | ProfileStrategy.LEGACY_REPLACE:
            return dict(desired)
        case ProfileStrategy.LEGACY_MERGE:
            return {
                name: value
                for name, value in desired.items()
                if not is_same(stored.get(name, MISSING), value)
            }
        case ProfileStrategy.LEGACY_MERGE_OBJECTS:
            return _changed(stored, desired, by_id=False)
        case ProfileStrategy.PARTIAL_UPDATE:
            return _changed(stored, desired, by_id=True)
        case ProfileStrategy.PARTIAL_DELETE:
            return _removed(stored, desired)


def narrowest(stored: Mapping[str, Json], desired: Mapping[str, Json]) -> ProfileStrategy | None:
    """Return the strategy that reaches the draft and names least; None when nothing changes."""
    found = narrowest_write(stored, desired)
    return found[0] if found else None


def narrowest_write(
    stored: Mapping[str, Json], desired: Mapping[str, Json]
) -> tuple[ProfileStrategy, dict[str, Json]] | None:
    """Return the narrowest strategy with its body; None when nothing changes."""
    if is_same(stored, desired):
        return None
    for strategy in NARROWEST_FIRST:
        body = body_for(stored, desired, strategy)
        if is_same(expected(stored, body, strategy), desired):
            return strategy, body
    raise AssertionError("replacing all reaches every draft")


def unreached(
    stored: Mapping[str, Json], desired: Mapping[str, Json], strategy: ProfileStrategy
) -> list[Difference]:
    """Return where the result we expect differs from the draft: `before` expected, `after` wished.

    Empty, too, where nothing differs but the order of elements that are told apart by their ids.
    """
    result = expected(stored, body_for(stored, desired, strategy), strategy)
    return list(differences(result, desired))


def replayed(
    seen: Mapping[str, Json], now: Mapping[str, Json], desired: Mapping[str, Json]
) -> dict[str, Json]:
    """Return what is there now with what the draft changed of what was seen; the rest stays.

    So that nobody undoes, unknowing, what somebody else has changed meanwhile.
    """
    update, delete = ProfileStrategy.PARTIAL_UPDATE, ProfileStrategy.PARTIAL_DELETE
    written = expected(now, body_for(seen, desired, update), update)
    return expected(written, body_for(seen, desired, delete), delete)


def _changed(
    stored: Mapping[str, Json], desired: Mapping[str, Json], *, by_id: bool
) -> dict[str, Json]:
    """Return what of `desired` is new or other, as deep as objects are merged."""
    body: dict[str, Json] = {}
    for name, value in desired.items():
        there = stored.get(name, MISSING)
        if is_same(there, value):
            continue
        if isinstance(there, Mapping) and isinstance(value, Mapping):
            if inner := _changed(there, value, by_id=by_id):
                body[name] = inner
        elif by_id and have_ids(there) and have_ids(value):
            if elements := _changed_elements(there, value):
                body[name] = elements
        else:
            body[name] = value
    return body


def _changed_elements(stored: Sequence[Json], desired: Sequence[Json]) -> list[Json]:
    """Return the elements that are new or other; none where ids can't tell the elements apart."""
    if not _tells_apart(stored, desired):
        return []
    before = {identity(each["id"]): each for each in stored}
    elements: list[Json] = []
    for new in desired:
        old = before.get(identity(new["id"]))
        if old is None:
            elements.append(new)
        elif inner := _changed(old, new, by_id=True):
            elements.append({"id": new["id"], **inner})
    return elements


def _removed(stored: Mapping[str, Json], desired: Mapping[str, Json]) -> dict[str, Json]:
    """Return what is stored and not desired, as PARTIAL_DELETE wants it named."""
    body: dict[str, Json] = {}
    for name, there in stored.items():
        value = desired.get(name, MISSING)
        if value is MISSING:
            body[name] = None
        elif isinstance(there, Mapping) and isinstance(value, Mapping):
            if inner := _removed(there, value):
                body[name] = inner
        elif have_ids(there) and (value == [] or have_ids(value)):
            elements = _removed_elements(there, value)
            body |= {name: elements} if elements else {}
    return body


def _removed_elements(stored: Sequence[Json], desired: Sequence[Json]) -> list[Json]:
    if not _tells_apart(stored, desired):
        return []
    kept = {identity(each["id"]) for each in desired}
    return [{"id": each["id"]} for each in stored if identity(each["id"]) not in kept]


def _tells_apart(*arrays: Sequence[Json]) -> bool:
    """Return whether each id names one element of each array, and 1 and "1" don't meet."""
    names: dict[str, object] = {}
    for array in arrays:
        ids = [each["id"] for each in array]
        if len({identity(one) for one in ids}) != len(ids):
            return False
        for one in ids:
            if names.setdefault(str(one), identity(one)) != identity(one):
                return False
    return True


@dataclass(frozen=True, slots=True)
class Side:
    """One path of a profile as staff saw it, as it is now, and as it was wished for."""

    path: Path
    seen: Json
    now: Json
    wished: Json

    @property
    def is_moved(self) -> bool:
        """Whether it has changed since it was seen."""
        return not is_same(self.seen, self.now)


@dataclass(frozen=True, slots=True)
class Sides:
    """The paths to lay side by side, at most as many as asked for, and how many more there are."""

    shown: Sequence[Side]
    more: int


def side_by_side(
    seen: Mapping[str, Json] | None,
    now: Mapping[str, Json] | None,
    wished: Mapping[str, Json] | None,
    *,
    most: int,
) -> Sides:
    """Return the paths that moved or were to be changed, with all three values; MISSING for none.

    None stands for no profile. What moved comes first.
    """
    before, after, asked = seen or {}, now or {}, wished or {}
    moved = [each.path for each in differences(before, after)]
    changed = [each.path for each in differences(before, asked)]
    paths = list(dict.fromkeys([*moved, *changed]))
    sides = [Side(p, *(value_at(each, p) for each in (before, after, asked))) for p in paths[:most]]
    return Sides(sides, max(len(paths) - most, 0))


def value_at(profile: Json, path: Path) -> Json:
    """Return the value at a path as `differences` names it, MISSING where there is none."""
    value = profile
    for name in path:
        if isinstance(value, Mapping):
            value = value.get(name, MISSING)
        elif isinstance(value, list | tuple):
            value = next((each for each in value if _label(each) == name), MISSING)
        else:
            return MISSING
    return value


def _label(element: Json) -> str | None:
    has_id = isinstance(element, Mapping) and "id" in element
    return f"[id={element['id']}]" if has_id else None
