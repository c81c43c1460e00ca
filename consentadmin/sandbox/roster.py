"""Writes who there is: persons, their accounts and their profiles (PLATFORM §3, §5, §7).

Beside `store`, which reads them. The caller holds the transaction where several steps are one.
"""

import json
from uuid import uuid4

from consentadmin.sandbox.bodies import written
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store

_TABLES = ("selector", "identifier", "profile", "change_log")

_KEEP_PROFILE = """
INSERT OR REPLACE INTO profile (person, compartment_id, account_id, body) VALUES (?, ?, ?, ?)
"""
_ADD_IDENTIFIER = """
INSERT INTO identifier (person, position, body)
    SELECT ?1, coalesce(max(position) + 1, 0), ?2 FROM identifier WHERE person = ?1
"""


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

    def attach(self, datamart_id: str, person: int, account: Selector, now: int) -> None:
        """Make an account (ms, UTC) the person's; whoever has an account has a user point."""
        found = [json.loads(body)["type"] for body in self._store.identifiers(person)]
        self._add_identifier(
            person,
            {
                "type": "USER_ACCOUNT",
                "user_account_id": account.value,
                "compartment_id": int(account.scope),
                "creation_ts": now,
            },
        )
        self._add_selector(datamart_id, person, account)
        if "USER_POINT" not in found:
            point_id = str(uuid4())
            point = {"type": "USER_POINT", "user_point_id": point_id, "creation_ts": now}
            self._add_identifier(person, point)
            self._add_selector(datamart_id, person, Selector("user_point_id", "", point_id))

    def keep_profile(self, person: int, account: Selector, body: str) -> None:
        """Store the profile of an account in place of what was there."""
        self._execute(_KEEP_PROFILE, (person, account.scope, account.value, body))

    def delete_profile(self, person: int, account: Selector) -> bool:
        """Delete the profile of an account; False when there was none."""
        sql = "DELETE FROM profile WHERE person = ? AND compartment_id = ? AND account_id = ?"
        return self._execute(sql, (person, account.scope, account.value)).rowcount == 1

    def delete_person(self, person: int) -> None:
        """Delete a person with all that is stored of her, change logs included."""
        with self._store.transaction():
            for table in _TABLES:
                self._execute(f"DELETE FROM {table} WHERE person = ?", (person,))  # noqa: S608
            self._execute("DELETE FROM person WHERE id = ?", (person,))
        self._store.forget(person)

    def _add_identifier(self, person: int, body: dict[str, object]) -> None:
        self._execute(_ADD_IDENTIFIER, (person, written(body)))

    def _add_selector(self, datamart_id: str, person: int, selector: Selector) -> None:
        sql = "INSERT INTO selector VALUES (?, ?, ?, ?, ?)"
        self._execute(sql, (datamart_id, *selector, person))
