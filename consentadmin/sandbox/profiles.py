"""`user_profiles`: read, write, delete (PLATFORM §5)."""

import json
import time

from consentadmin.sandbox import bodies, selectors
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import (
    arguments,
    deleted,
    single,
    stored,
    unpaged_unless_asked,
)
from consentadmin.sandbox.instants import instant
from consentadmin.sandbox.merging import Fields, Strategy, after_write, strategy_of
from consentadmin.sandbox.problems import Problem, bad_request, not_found
from consentadmin.sandbox.roster import Roster
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.standing import as_if_kept
from consentadmin.sandbox.store import Store

_PATH = "/v1/datamarts/:/user_points/:/user_profiles"
_COMPARTMENT, _ACCOUNT, _EXPIRES = "$compartment_id", "$user_account_id", "$expiration_ts"
_KNOWN = frozenset({_COMPARTMENT, _ACCOUNT, _EXPIRES, "$creation_ts", "$last_modified_ts"})


class Profiles:
    """Answers the calls on profiles."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
        self._roster = Roster(store)
        self._access = access
        self._decisions = decisions

    def add_to(self, routes: Routes) -> None:
        """Register every call on profiles."""
        routes.add("GET", _PATH, self.read_all)
        routes.add("GET", f"{_PATH}/:", self.read)
        routes.add("GET", f"{_PATH}/:/:", self.read)
        routes.add("PUT", f"{_PATH}/:/:", self.write)
        routes.add("DELETE", f"{_PATH}/:/:", self.delete)

    def read_all(self, call: Call) -> bytes:
        """Answer all profiles of a person; a known person may have none (S)."""
        profiles = self._store.profiles(self._access.person(*call.values))
        if not profiles and self._decisions.no_profiles_is_404:
            raise not_found()
        shown = [self._shown(profile) for profile in profiles]
        return unpaged_unless_asked(shown, call.query, self._decisions)

    def read(self, call: Call) -> bytes:
        """Answer one profile: of an account, or the first of a compartment."""
        datamart, selector, compartment, *account = call.values
        person = self._access.person(datamart, selector)
        compartment_id = selectors.named(compartment, "compartment_id")
        account_id = selectors.named(account[0], "user_account_id") if account else None
        is_last = self._decisions.compartment_takes_last
        profile = self._store.profile(person, compartment_id, account_id, last=is_last)
        if profile is None:
            raise not_found()
        return single(self._shown(profile))

    def write(self, call: Call) -> bytes:
        """Store a profile and answer it (S); nothing is stored unless all of the call is right.

        1. Who: 404, unless an unknown account names a person to be made. 2. Which profile and what:
        400. 3. Make the person, attach the account, store the profile, in one transaction.
        """
        datamart_id, selector = self._access.named(call.values[0], call.values[1])
        self._owner(datamart_id, selector)
        account = selectors.account(*call.values[2:])
        strategy = strategy_of(arguments(call.query), self._decisions)
        given = bodies.parsed(call.body, self._decisions)
        body = self.put(datamart_id, selector, account, strategy, given)
        return stored(self._shown(body), self._decisions)

    def put(
        self,
        datamart_id: str,
        selector: Selector,
        account: Selector,
        strategy: Strategy,
        given: Fields,
    ) -> str:
        """Store a profile of whom a selector names, and return the whole of it as JSON text.

        Raises what a PUT of it is answered: 404 for nobody, 400 for a bad field.
        """
        person = self._owner(datamart_id, selector)
        given = self.check(given, account, strategy)
        is_new = self._is_new(datamart_id, person, selector, account)
        now = time.time_ns() // 1_000_000
        old = None if person is None else self._store.profile(person, *account[1:])
        body = self._composed(json.loads(old or "{}"), given, account, strategy, now)
        if person is not None and self._store.standing.is_quarantined(person):
            return as_if_kept(body, self._decisions)
        with self._store.transaction():
            if person is None:
                person = self._roster.make_person(datamart_id, selector, now)
            if is_new and account != selector:
                self._roster.attach(datamart_id, person, account, now)
            self._roster.keep_profile(person, account, body)
        return body

    def delete(self, call: Call) -> bytes:
        """Delete a profile; the account stays the person's (S)."""
        datamart_id = self._access.datamart(call.values[0])
        person = self._access.person(*call.values[:2])
        was = self.remove(datamart_id, person, selectors.account(*call.values[2:]))
        return deleted("null" if was is None else self._shown(was), self._decisions)

    def remove(self, datamart_id: str, person: int, account: Selector) -> str | None:
        """Delete a profile and return it; for none, raise a 404 or return None (S)."""
        was = self._store.profile(person, *account[1:])
        if was is None:
            if self._decisions.deleting_nothing_is_404:
                raise not_found()
            return None
        with self._store.transaction():
            self._roster.delete_profile(person, account)
            if not self._decisions.profile_delete_keeps_account:
                self._roster.detach(datamart_id, person, account)
        return was

    def _owner(self, datamart_id: str, selector: Selector) -> int | None:
        """Return whose the profile is, None for somebody to be made, or raise a 404 (S)."""
        person = self._access.found(datamart_id, selector)
        if person is None and not self._makes_person(selector):
            raise not_found()
        return person

    def _makes_person(self, selector: Selector) -> bool:
        if selector.kind == "user_account_id":
            return self._decisions.put_makes_person
        return selector.kind != "user_point_id" and self._decisions.any_put_makes_person

    def _shown(self, profile: str) -> str:
        """Return a profile as it is answered: its compartment a string, or a number (S)."""
        if not self._decisions.compartment_is_number:
            return profile
        fields = json.loads(profile)
        return bodies.written(fields | {_COMPARTMENT: int(fields[_COMPARTMENT])})

    def check(self, given: Fields, account: Selector, strategy: Strategy) -> Fields:
        """Return the fields that a write may set: customs and the expiration; or raise a 400."""
        bodies.written(given)  # also what is not stored must be JSON: a PARTIAL_DELETE's values
        if self._decisions.ids_must_match:
            _check_id(given, _COMPARTMENT, account.scope)
            _check_id(given, _ACCOUNT, account.value)
        for name in given:
            if name[:1] == "$" and name not in _KNOWN and self._decisions.other_fields_refused:
                raise bad_request(f"{name[:40]} is not a field of profiles")
        if given.get(_EXPIRES) is not None and strategy is not Strategy.PARTIAL_DELETE:
            given[_EXPIRES] = instant(given[_EXPIRES], _EXPIRES, self._decisions)
        return _settable(given)

    def _is_new(
        self, datamart_id: str, person: int | None, selector: Selector, account: Selector
    ) -> bool:
        """Say whether the account is nobody's yet; in no compartment, or another's: 400 (S)."""
        known = self._access.compartments(datamart_id)
        scopes = {account.scope} | ({selector.scope} - {""} if person is None else set())
        if not scopes <= known:
            if self._decisions.unknown_compartment_is_404:
                raise not_found()
            raise bad_request(f"{_COMPARTMENT}: there is no such compartment in this datamart")
        owner = self._store.person(datamart_id, account)
        if owner is None and person is not None and not self._decisions.put_attaches_account:
            raise not_found()
        if owner not in (None, person):
            status = self._decisions.taken_account_status
            raise Problem(status, f"{_ACCOUNT}: the account is another user point's", "BAD_REQUEST")
        return owner is None

    def _composed(
        self, stored: Fields, given: Fields, account: Selector, strategy: Strategy, now: int
    ) -> str:
        """Return the whole profile: what is the system's stays, the rest by the strategy."""
        fields = dict(after_write(_settable(stored), given, strategy, self._decisions))
        expires = fields.pop(_EXPIRES, None)
        if _EXPIRES not in given and not self._decisions.replace_forgets_expiration:
            expires = stored.get(_EXPIRES)
        system = {name: value for name, value in stored.items() if name[:1] == "$"}
        system |= {_COMPARTMENT: account.scope, _ACCOUNT: account.value}
        system |= {"$creation_ts": stored.get("$creation_ts", now), "$last_modified_ts": now}
        system |= {_EXPIRES: expires}
        if expires is None:
            del system[_EXPIRES]
        return bodies.written(system | fields)


def _settable(fields: Fields) -> Fields:
    """Leave out what only the platform writes into a profile."""
    return {name: value for name, value in fields.items() if name[:1] != "$" or name == _EXPIRES}


def _check_id(given: Fields, name: str, expected: str) -> None:
    """Check an id that the body may repeat from the path, as a text or as a number."""
    value = given.get(name, expected)
    if isinstance(value, bool) or not isinstance(value, str | int) or str(value) != expected:
        raise bad_request(f"{name} is not that of the path")
