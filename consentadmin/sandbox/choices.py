"""`user_choices`: read, write, delete, and the change log (PLATFORM §4)."""

import json
import time
from hashlib import sha256
from typing import Any

from consentadmin.sandbox import bodies, selectors
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import (
    arguments,
    deleted,
    paged,
    single,
    stored,
    unpaged_unless_asked,
)
from consentadmin.sandbox.instants import instant
from consentadmin.sandbox.problems import bad_request, not_found
from consentadmin.sandbox.roster import Roster
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.standing import as_if_kept
from consentadmin.sandbox.store import Store, StoredChoice

_SET_BY_US = ("$processing_id", "$creation_ts")
_PATH = "/v1/datamarts/:/user_points/:/user_choices"


class Choices:
    """Answers the calls on choices."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
        self._roster = Roster(store)
        self._access = access
        self._decisions = decisions
        self._archived = store.archived_by_processing()
        if decisions.older_becomes_current:
            store.let_older_become_current()

    def add_to(self, routes: Routes) -> None:
        """Register every call on choices."""
        routes.add("GET", _PATH, self.read_all)
        routes.add("GET", f"{_PATH}/:", self.read)
        routes.add("PUT", f"{_PATH}/:", self.write)
        routes.add("DELETE", f"{_PATH}/:", self.delete)
        routes.add("GET", f"{_PATH}/:/change_log", self.read_change_log)

    def read_all(self, call: Call) -> bytes:
        """Answer the current choices: an empty list for a known person without any (S)."""
        person = self._access.person(*call.values)
        choices = self._store.choices(person).values()
        if not choices and self._decisions.no_choices_is_404:
            raise not_found()
        bodies_of = [choice.body for choice in choices]
        return unpaged_unless_asked(bodies_of, call.query, self._decisions)

    def read(self, call: Call) -> bytes:
        """Answer one choice, also of a processing that no longer exists."""
        person, processing_id = self._named(call)
        choice = self._store.choices(person).get(processing_id)
        if choice is None:
            if self._decisions.no_choice_is_404:
                raise not_found()
            return unpaged_unless_asked([], call.query, self._decisions)
        if self._decisions.one_choice_in_a_list:
            return unpaged_unless_asked([choice.body], call.query, self._decisions)
        return single(choice.body)

    def write(self, call: Call) -> bytes:
        """Store a choice and its record; answer what is the current choice now (S)."""
        datamart_id, selector = self._access.named(call.values[0], call.values[1])
        person = self._chooser(datamart_id, selector)
        processing_id = selectors.named(call.values[2], "processing_id")
        given = bodies.parsed(call.body, self._decisions)
        current = self._put(datamart_id, selector, person, processing_id, given)
        return stored(current.body, self._decisions)

    def put(
        self, datamart_id: str, selector: Selector, processing_id: str, given: dict[str, Any]
    ) -> StoredChoice:
        """Store a choice of whom a selector names, and return what is the current choice now.

        Raises what a PUT of it is answered: 404 for nobody, 400 for a bad field.
        """
        person = self._chooser(datamart_id, selector)
        return self._put(datamart_id, selector, person, processing_id, given)

    def check(self, given: dict[str, Any], processing_id: str) -> int:
        """Check what is to be stored and return its `$choice_ts` (ms, UTC), or raise a 400."""
        ts = self._checked(given, processing_id)
        self._check_processing(processing_id)
        return ts

    def delete(self, call: Call) -> bytes:
        """Delete the current choice; its change log stays (S)."""
        was = self.remove(*self._named(call))
        return deleted(was.body if was else "null", self._decisions)

    def remove(self, person: int, processing_id: str) -> StoredChoice | None:
        """Delete a choice and return it; for none, raise a 404 or return None (S)."""
        was = self._store.choices(person).get(processing_id)
        if not self._store.delete_choice(person, processing_id):
            if self._decisions.deleting_nothing_is_404:
                raise not_found()
            return None
        if self._decisions.delete_forgets_log:
            self._store.delete_change_log(person, processing_id)
        return was

    def read_change_log(self, call: Call) -> bytes:
        """Answer every record of one choice, in no order and whole unless pages are asked (S)."""
        datamart_id, selector = self._access.named(call.values[0], call.values[1])
        person = self._access.found(datamart_id, selector)
        if person is None and selector.kind == "user_point_id":
            person = self._roster.deleted_point(datamart_id, selector.value)
        if person is None:
            raise not_found()
        processing_id = selectors.named(call.values[2], "processing_id")
        if self._decisions.change_log_newest_first:
            records = self._store.change_log_newest_first(person, processing_id)
        else:
            records = self._store.change_log(person, processing_id)
        if not records and self._decisions.no_records_is_404:
            raise not_found()
        size = self._decisions.change_log_page
        if size is not None:
            return paged(records, arguments(call.query), self._decisions, default_size=size)
        return unpaged_unless_asked(records, call.query, self._decisions)

    def _named(self, call: Call) -> tuple[int, str]:
        datamart, selector, document = call.values
        person = self._access.person(datamart, selector)
        return person, selectors.named(document, "processing_id")

    def _chooser(self, datamart_id: str, selector: Selector) -> int | None:
        """Return who chooses, None for somebody to be made, or raise a 404 (S)."""
        person = self._access.found(datamart_id, selector)
        if not self._may_choose(person, selector):
            raise not_found()
        return person

    def _may_choose(self, person: int | None, selector: Selector) -> bool:
        if person is None:
            return self._decisions.choice_makes_person and selector.kind != "user_point_id"
        return self._decisions.pointless_takes_choices or self._roster.has_point(person)

    def _put(
        self,
        datamart_id: str,
        selector: Selector,
        person: int | None,
        processing_id: str,
        given: dict[str, Any],
    ) -> StoredChoice:
        ts = self.check(given, processing_id)
        if person is None:
            if selector.scope:
                self._access.check_compartment(datamart_id, selector.scope)
            now = time.time_ns() // 1_000_000
            person = self._roster.make_person(datamart_id, selector, now)
        return self._keep(person, processing_id, ts, given)

    def _checked(self, given: dict[str, Any], processing_id: str) -> int:
        """Check the mandatory fields and return `$choice_ts` (ms, UTC)."""
        for name in ("$choice_ts", "$choice_acceptance_value"):
            if name not in given:
                raise bad_request(f"{name} is mandatory")
        if not isinstance(given["$choice_acceptance_value"], bool):
            raise bad_request("$choice_acceptance_value must be a boolean")
        if self._decisions.own_fields_refused:
            if "$creation_ts" in given:
                raise bad_request("$creation_ts is the platform's")
            if str(given.get("$processing_id", processing_id)) != processing_id:
                raise bad_request("$processing_id is not that of the path")
        return instant(given["$choice_ts"], "$choice_ts", self._decisions)

    def _check_processing(self, processing_id: str) -> None:
        is_archived = self._archived.get(processing_id)
        if is_archived is None and not self._decisions.unknown_takes_choices:
            raise bad_request(f"$processing_id: there is no processing {processing_id[:40]!r}")
        if is_archived and not self._decisions.archived_takes_choices:
            raise bad_request(f"$processing_id: processing {processing_id} is archived")

    def _keep(
        self, person: int, processing_id: str, ts: int, given: dict[str, Any]
    ) -> StoredChoice:
        """Append to the log unless it is a repeat; make it current unless it is older."""
        stored = self._store.choices(person).get(processing_id)
        said = _without(given) | {"$choice_ts": ts}
        if stored is not None and self._decisions.put_merges_customs:
            said = _without(json.loads(stored.body)) | said
        text = bodies.canonical(said)
        digest = sha256(text.encode()).digest()[:16]
        if self._decisions.repeat_is_logged_again:
            digest += time.time_ns().to_bytes(8, "big")
        now = time.time_ns() // 1_000_000
        # Almost always the id of a processing that exists, which needs no escaping.
        quoted = f'"{processing_id}"'
        if processing_id not in self._archived:
            quoted = bodies.written(processing_id)
        head = f'{{"$processing_id":{quoted},"$creation_ts":{now},'
        choice = StoredChoice(ts, head + text[1:])
        if self._store.standing.is_quarantined(person):
            return as_if_kept(choice, self._decisions)
        choice = self._store.append_record(person, processing_id, choice, digest)
        if stored is not None and ts < stored.ts and not self._decisions.older_becomes_current:
            return stored
        self._store.remember(person, processing_id, choice)
        return choice


def record_digest(record: dict[str, Any]) -> bytes:
    """Digest what a record says, so that a repeat of it is known: time, value and customs."""
    return sha256(bodies.canonical(_without(record)).encode()).digest()[:16]


def _without(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the platform itself writes into a choice."""
    return {name: value for name, value in fields.items() if name not in _SET_BY_US}
