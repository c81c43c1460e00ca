"""Writes who there is: persons, their accounts and their profiles (PLATFORM §3, §5, §7).

Beside `store`, which reads them. The caller holds the transaction where several steps are one.
"""

import json
from collections.abc import Iterable
from uuid import uuid4

from consentadmin.sandbox.bodies import written
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store

_TABLES = (
    *("selector", "identifier", "profile", "change_log"),
    *("activity", "analyzer_rule", "archived_point", "standing"),
)

_KEEP_PROFILE = """
INSERT OR REPLACE INTO profile (person, compartment_id, account_id, body) VALUES (?, ?, ?, ?)
"""
_ADD_IDENTIFIER = """
INSERT INTO identifier (person, position, body)
    SELECT ?1, coalesce(max(position) + 1, 0), ?2 FROM identifier WHERE person = ?1
"""
_PLACED_IDENTIFIERS = "SELECT position, body FROM identifier WHERE person = ?"
_BURY = (
    "UPDATE selector SET kind = 'deleted_point_id' WHERE person = ? AND kind = 'user_point_id'",
    "DELETE FROM selector WHERE person = ? AND kind <> 'deleted_point_id'",
    "DELETE FROM identifier WHERE person = ?",
    "DELETE FROM profile WHERE person = ?",
    "UPDATE change_log SET counts = 0 WHERE person = ?",
    *(f"DELETE FROM {table} WHERE person = ?" for table in _TABLES[4:]),  # noqa: S608 (our own)
)


def is_point(identifier: str) -> bool:
    """Say whether the JSON text of an identifier, as we write them, is that of a user point."""
    return identifier.startswith('{"type":"USER_POINT"')


def point_of(identifiers: Iterable[str]) -> str | None:
    """Return the id of the user point among identifiers, each JSON text, if there is one."""
    return next((json.loads(it)["user_point_id"] for it in identifiers if is_point(it)), None)


def identifier_of(selector: Selector, now: int) -> dict[str, object]:
    """Return the identifier that a selector names, first seen now (ms, UTC) (PLATFORM §3)."""
    seen = {"creation_ts": now, "last_activity_ts": now}
    value = selector.value
    if selector.kind == "user_account_id":
        account = {"user_account_id": value, "compartment_id": int(selector.scope)}
        return {"type": "USER_ACCOUNT", **account, "creation_ts": now}
    if selector.kind == "email_hash":
        return {"type": "USER_EMAIL", "hash": value, "email": None, **seen, "providers": []}
    if value.startswith("udp:"):
        technical = {"type": "MUM_ID", "user_agent_id": value, "registry_id": "1", **seen}
        kept = {"id": value.partition(":")[2], "device": {}, "technical_identifiers": [technical]}
        return {"type": "USER_DEVICE_POINT", **kept, **seen}
    device = {"vector_id": value, "device": {}, **seen, "providers": [], "mappings": []}
    return {"type": "USER_AGENT", **device}


class Roster:
    """Makes and unmakes persons. An account is a selector of kind `user_account_id`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._execute = store.connection.execute

    def add_person(self, datamart_id: str) -> int:
        """Make a person whom nothing names yet and return the row number."""
        sql = "INSERT INTO person (datamart_id) VALUES (?)"
        number = self._execute(sql, (datamart_id,)).lastrowid
        assert number is not None, "a row was inserted"
        return number

    def make_person(self, datamart_id: str, selector: Selector, now: int) -> int:
        """Make the person whom a selector names (`now` in ms, UTC) and return the row number."""
        with self._store.transaction():
            person = self.add_person(datamart_id)
            self.attach(datamart_id, person, selector, now)
        return person

    def has_point(self, person: int) -> bool:
        """Say whether a person has a user point: a device seen alone has none."""
        return any(map(is_point, self._store.identifiers(person)))

    def attach(
        self,
        datamart_id: str,
        person: int,
        selector: Selector,
        now: int,
        *,
        email: str | None = None,
    ) -> None:
        """Make an identifier the person's (ms, UTC); whoever is written to has a user point."""
        identifier = identifier_of(selector, now)
        if email is not None:
            identifier["email"] = email
        had_point = self.has_point(person)
        self.add_identifier(person, written(identifier))
        self._add_selector(datamart_id, person, selector)
        if not had_point:
            self._add_point(datamart_id, person, now)

    def give_point(self, datamart_id: str, person: int, now: int) -> None:
        """Let a person have a user point (`now` in ms, UTC) if there is none yet."""
        if not self.has_point(person):
            self._add_point(datamart_id, person, now)

    def keep_profile(self, person: int, account: Selector, body: str) -> None:
        """Store the profile of an account in place of what was there."""
        self._execute(_KEEP_PROFILE, (person, account.scope, account.value, body))

    def delete_profile(self, person: int, account: Selector) -> bool:
        """Delete the profile of an account; False when there was none."""
        sql = "DELETE FROM profile WHERE person = ? AND compartment_id = ? AND account_id = ?"
        return self._execute(sql, (person, account.scope, account.value)).rowcount == 1

    def detach(self, datamart_id: str, person: int, account: Selector) -> None:
        """Let an account be nobody's again."""
        sql = "DELETE FROM selector WHERE datamart_id = ? AND kind = ? AND scope = ? AND value = ?"
        self._execute(sql, (datamart_id, *account))
        for position, body in self._execute(_PLACED_IDENTIFIERS, (person,)).fetchall():
            found = json.loads(body)
            if (str(found.get("compartment_id")), found.get("user_account_id")) == account[1:]:
                sql = "DELETE FROM identifier WHERE person = ? AND position = ?"
                self._execute(sql, (person, position))
        self._store.forget(person)

    def deleted_point(self, datamart_id: str, point_id: str) -> int | None:
        """Return the person, of whom only change logs are left, that had this user point."""
        return self._store.person(datamart_id, Selector("deleted_point_id", "", point_id))

    def delete_person(self, person: int, *, keeps_logs: bool = False) -> None:
        """Delete a person with all that is stored of her, change logs included unless kept."""
        with self._store.transaction():
            if keeps_logs:
                self._bury(person)
                self._store.forget(person)
                return
            for table in _TABLES:
                self._execute(f"DELETE FROM {table} WHERE person = ?", (person,))  # noqa: S608
            self._execute("DELETE FROM person WHERE id = ?", (person,))
        self._store.forget(person)

    def add_identifier(self, person: int, body: str) -> None:
        """Append an identifier, as JSON text, to those of a person."""
        self._execute(_ADD_IDENTIFIER, (person, body))

    def _bury(self, person: int) -> None:
        """Delete everything but the change logs, which the id of the user point still names."""
        for sql in _BURY:
            self._execute(sql, (person,))

    def _add_point(self, datamart_id: str, person: int, now: int) -> None:
        point_id = str(uuid4())
        point = {"type": "USER_POINT", "user_point_id": point_id, "creation_ts": now}
        self.add_identifier(person, written(point))
        self._add_selector(datamart_id, person, Selector("user_point_id", "", point_id))

    def _add_selector(self, datamart_id: str, person: int, selector: Selector) -> None:
        sql = "INSERT INTO selector VALUES (?, ?, ?, ?, ?)"
        self._execute(sql, (datamart_id, *selector, person))
