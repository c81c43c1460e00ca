"""Finds whose activity it is: makes points, and merges those that are one person (PLATFORM §6)."""

from collections.abc import Sequence
from typing import NamedTuple

from consentadmin.sandbox import standing
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.joining import Joining
from consentadmin.sandbox.roster import Roster
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store

_NEVER = 2**63


class Named(NamedTuple):
    """An identifier as an activity names it; an e-mail address may come in clear with its hash."""

    selector: Selector
    email: str | None = None


class Identities:
    """Resolves identifiers to one point. The caller holds the transaction."""

    def __init__(self, store: Store, decisions: Decisions) -> None:
        self._store = store
        self._roster = Roster(store)
        self._joining = Joining(store, joins_logs=decisions.merge_joins_logs)

    def resolve(self, datamart_id: str, named: Sequence[Named], now: int) -> int | None:
        """Return the person whom the identifiers name together (`now` in ms, UTC).

        1. The points they belong to, the oldest first; None if one is in quarantine: nothing is
        added to it, and so nothing is merged either (S). 2. The others are merged into the oldest.
        3. Identifiers that are nobody's become the person's; without a person, a new point's.
        """
        found = {self._store.person(datamart_id, each.selector) for each in named} - {None}
        persons = sorted((each for each in found if each is not None), key=self._age)
        if any(self._store.standing.is_quarantined(person) for person in persons):
            return None
        for younger in persons[1:]:
            self._merge(persons[0], younger, now)
        person = persons[0] if persons else self._roster.add_person(datamart_id)
        self._roster.give_point(datamart_id, person, now)
        for each in named:
            if self._store.person(datamart_id, each.selector) is None:
                self._roster.attach(datamart_id, person, each.selector, now, email=each.email)
        return person

    def _age(self, person: int) -> tuple[int, int]:
        """Return by what points are put in order; a device without a point is the youngest."""
        for body in standing.read(self._store.identifiers(person)):
            match body:
                case {"type": "USER_POINT", "creation_ts": int(ts)}:
                    return ts, person
        return _NEVER, person

    def _merge(self, older: int, younger: int, now: int) -> None:
        self._joining.join(older, younger, now)
        identifiers = standing.read(self._store.identifiers(older))
        if standing.makes_hyper(identifiers, self._joining.merges(older)):
            self._store.standing.flag_hyper(older)
