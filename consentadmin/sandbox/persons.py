"""`user_identifiers`, and the deletion of a whole user point (PLATFORM §3, §7)."""

from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import DONE, unpaged_unless_asked
from consentadmin.sandbox.roster import Roster
from consentadmin.sandbox.routing import Call, Routes
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
        """Answer the mixed list of identifiers; the `USER_POINT` may stand anywhere."""
        person = self._access.person(*call.values)
        return unpaged_unless_asked(self._store.identifiers(person), call.query, self._decisions)

    def delete(self, call: Call) -> bytes:
        """Delete the person and every document, change logs too (S); no identifier resolves then.

        A device without a user point goes in the same way (S).
        """
        self._roster.delete_person(self._access.person(*call.values))
        return DONE
