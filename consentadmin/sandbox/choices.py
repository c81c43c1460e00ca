"""`user_choices`: read, write, delete, and the change log (PLATFORM §4)."""

import json
import time
from hashlib import sha256
from typing import Any

from consentadmin.sandbox import bodies, selectors
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import (
    DONE,
    arguments,
    paged,
    single,
    unpaged_unless_asked,
)
from consentadmin.sandbox.instants import instant
from consentadmin.sandbox.problems import Problem, bad_request, not_found
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.store import Store, StoredChoice

_SET_BY_US = ("$processing_id", "$creation_ts")
_PATH = "/v1/datamarts/:/user_points/:/user_choices"


class Choices:
    """Answers the calls on choices."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
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
            raise not_found()
        if self._decisions.one_choice_in_a_list:
            return unpaged_unless_asked([choice.body], call.query, self._decisions)
        return single(choice.body)

    def write(self, call: Call) -> bytes:
        """Store a choice and its record; answer what is the current choice now (S)."""
        person, processing_id = self._named(call)
        given = bodies.parsed(call.body)
        ts = self._checked(given)
        self._check_processing(processing_id)
        current = self._keep(person, processing_id, ts, given)
        return single(current.body) if self._decisions.write_answers_with_data else DONE

    def delete(self, call: Call) -> bytes:
        """Delete the current choice; its change log stays (S)."""
        person, processing_id = self._named(call)
        if not self._store.delete_choice(person, processing_id):
            raise not_found()
        if self._decisions.delete_forgets_log:
            self._store.delete_change_log(person, processing_id)
        return DONE

    def read_change_log(self, call: Call) -> bytes:
        """Answer every record of one choice, in no order and whole unless pages are asked (S)."""
        person, processing_id = self._named(call)
        if self._decisions.change_log_newest_first:
            records = self._store.change_log_newest_first(person, processing_id)
        else:
            records = self._store.change_log(person, processing_id)
        size = self._decisions.change_log_page
        if size is not None:
            return paged(records, arguments(call.query), self._decisions, default_size=size)
        return unpaged_unless_asked(records, call.query, self._decisions)

    def _named(self, call: Call) -> tuple[int, str]:
        datamart, selector, document = call.values
        person = self._access.person(datamart, selector)
        return person, selectors.named(document, "processing_id")

    def _checked(self, given: dict[str, Any]) -> int:
        """Check the mandatory fields and return `$choice_ts` (ms, UTC)."""
        for name in ("$choice_ts", "$choice_acceptance_value"):
            if name not in given:
                raise bad_request(f"{name} is mandatory")
        if not isinstance(given["$choice_acceptance_value"], bool):
            raise bad_request("$choice_acceptance_value must be a boolean")
        return instant(given["$choice_ts"], "$choice_ts", self._decisions)

    def _check_processing(self, processing_id: str) -> None:
        is_archived = self._archived.get(processing_id)
        if is_archived is None:
            raise bad_request(f"$processing_id: there is no processing {processing_id[:40]!r}")
        if is_archived and not self._decisions.archived_takes_choices:
            raise Problem(400, f"$processing_id: processing {processing_id} is archived")

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
        # The id is that of a processing that exists, so it needs no escaping.
        head = f'{{"$processing_id":"{processing_id}","$creation_ts":{now},'
        choice = StoredChoice(ts, head + text[1:])
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
