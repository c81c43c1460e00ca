"""`user_identifiers`, and the deletion of a whole user point (PLATFORM §3, §7)."""

from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import deleted, unpaged_unless_asked
from consentadmin.sandbox.problems import not_found
from consentadmin.sandbox.roster import Roster, is_point
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store

_PATH = "/v1/datamarts/:/user_points/:"


class Persons:
    """Answers the calls on who somebody is."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
        self._roster = Roster(store)
        self._access = access
        self._decisions = decisions

    def add_to(self, routes: Routes) -> None:
        """Register every call on identifiers and on whole points."""
        routes.add("GET", f"{_PATH}/user_identifiers", self.read_identifiers)
        routes.add("DELETE", _PATH, self.delete)

    def read_identifiers(self, call: Call) -> bytes:
        """Answer the mixed list of identifiers; the `USER_POINT` may stand anywhere (S)."""
        found = self._store.identifiers(self._access.person(*call.values))
        if self._decisions.point_comes_last:
            found.sort(key=is_point)
        return unpaged_unless_asked(found, call.query, self._decisions)

    def delete(self, call: Call) -> bytes:
        """Delete the person and every document, change logs too (S); no identifier resolves then.

        A device without a user point goes in the same way (S).
        """
        was_there = self.remove(*self._access.named(*call.values))
        return deleted("true" if was_there else "null", self._decisions)

    def remove(self, datamart_id: str, selector: Selector) -> bool:
        """Delete whom a selector names; for nobody, raise a 404 or return False (S)."""
        person = self._access.found(datamart_id, selector)
        if person is None and not self._decisions.deleting_nothing_is_404:
            return False
        if person is None or not (
            self._decisions.pointless_can_be_deleted or self._roster.has_point(person)
        ):
            raise not_found()
        keeps_logs = not self._decisions.point_delete_forgets_logs
        self._roster.delete_person(person, keeps_logs=keeps_logs)
        return True
