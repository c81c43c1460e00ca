"""`user_identifiers` and `user_profiles` (PLATFORM §3, §5)."""

from consentadmin.sandbox import selectors
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import single, unpaged_unless_asked
from consentadmin.sandbox.problems import not_found
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.store import Store

_PATH = "/v1/datamarts/:/user_points/:"


class Persons:
    """Answers the calls on identifiers and profiles."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
        self._access = access
        self._decisions = decisions

    def add_to(self, routes: Routes) -> None:
        """Register every call on identifiers and profiles."""
        routes.add("GET", f"{_PATH}/user_identifiers", self.read_identifiers)
        routes.add("GET", f"{_PATH}/user_profiles", self.read_profiles)
        routes.add("GET", f"{_PATH}/user_profiles/:", self.read_profile)
        routes.add("GET", f"{_PATH}/user_profiles/:/:", self.read_profile)

    def read_identifiers(self, call: Call) -> bytes:
        """Answer the mixed list of identifiers; the `USER_POINT` may stand anywhere."""
        person = self._access.person(*call.values)
        return unpaged_unless_asked(self._store.identifiers(person), call.query, self._decisions)

    def read_profiles(self, call: Call) -> bytes:
        """Answer all profiles of a person; a known person may have none (S)."""
        person = self._access.person(*call.values)
        return unpaged_unless_asked(self._store.profiles(person), call.query, self._decisions)

    def read_profile(self, call: Call) -> bytes:
        """Answer one profile: of an account, or the first of a compartment."""
        datamart, selector, compartment, *account = call.values
        person = self._access.person(datamart, selector)
        compartment_id = selectors.named(compartment, "compartment_id")
        account_id = selectors.named(account[0], "user_account_id") if account else None
        profile = self._store.profile(person, compartment_id, account_id)
        if profile is None:
            raise not_found()
        return single(profile)
