"""The processing pipeline: what becomes of an activity after its 200 (PLATFORM §6).

Received activities wait in a table, so that a restart loses none, and are stored once their delay
has passed. On the way an analyzer may drop an activity, or some of its events: then a 200 was no
proof of anything, as on the platform. Timestamps are milliseconds since the epoch, UTC.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from consentadmin.sandbox import bodies
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.effects import Effects, Event
from consentadmin.sandbox.identities import Identities, Named
from consentadmin.sandbox.reception import Activity
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store
from consentadmin.sandbox.timeline import Timeline

_AT_ONCE = 10  # activities stored between two calls
_DUE = "SELECT number, datamart_id, named, body FROM received WHERE due <= ? ORDER BY due, number"
_POINT_ID = "SELECT value FROM selector WHERE person = ? AND kind = 'user_point_id'"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plant:
    """How the pipeline is set up: ms before an activity is stored, and what the analyzer drops.

    `drops` are names of events and `$type`s of whole activities. `commands_a_second` is how quickly
    imports run; 0 is as quickly as they can.
    """

    delay_ms: int = 0
    drops: frozenset[str] = frozenset()
    commands_a_second: float = 0.0


PLAIN = Plant()


class Pipeline:
    """Receives activities and stores them later."""

    def __init__(self, store: Store, effects: Effects, decisions: Decisions, plant: Plant) -> None:
        self._store = store
        self._execute = store.connection.execute
        self._effects = effects
        self._timeline = Timeline(store)
        self._identities = Identities(store, decisions)
        self._decisions = decisions
        self._plant = plant

    def receive(self, datamart_id: str, activity: Activity, now: int) -> None:
        """Keep an activity until its delay has passed; without a delay, store it now."""
        if not self._plant.delay_ms:
            with self._store.transaction():
                self._store_one(datamart_id, activity.named, activity.body, now)
            return
        self._execute(
            "INSERT INTO received (datamart_id, due, named, body) VALUES (?, ?, ?, ?)",
            (
                datamart_id,
                now + self._plant.delay_ms,
                bodies.written(activity.named),
                bodies.written(activity.body),
            ),
        )

    def step(self, now: int) -> int | None:
        """Store some of what is due; return after how many ms to come again, None for never."""
        due = self._execute(f"{_DUE} LIMIT {_AT_ONCE}", (now,)).fetchall()
        for number, datamart_id, named, body in due:
            self._carry_out(number, datamart_id, named, body, now)
        if due:
            return 0
        first = self._execute("SELECT min(due) FROM received").fetchone()[0]
        return None if first is None else int(first) - now

    def _carry_out(self, number: int, datamart_id: str, named: str, body: str, now: int) -> None:
        """Store one activity, or, if the sandbox itself fails at it, log that and go on."""
        owners = [Named(Selector(*selector), email) for selector, email in json.loads(named)]
        drop = "DELETE FROM received WHERE number = ?"
        try:
            with self._store.transaction():
                self._execute(drop, (number,))
                self._store_one(datamart_id, owners, json.loads(body), now)
        except Exception:  # noqa: BLE001 (one bad activity must not hold up all that follow)
            _log.exception("The sandbox itself failed at an activity")
            self._execute(drop, (number,))

    def _store_one(
        self,
        datamart_id: str,
        named: Sequence[Named],
        body: dict[str, Any],
        now: int,
    ) -> None:
        """Store one activity.

        1. The analyzer drops it, or not. 2. Whose it is: points are made and merged; nothing is
        added to one in quarantine. 3. The analyzer drops some of its events, or none. 4. It goes
        into the timeline. 5. What its events say happens to the documents.
        """
        if body["$type"] in self._plant.drops:
            return
        person = self._identities.resolve(datamart_id, named, now)
        if person is None:
            return
        events = [event for event in body["$events"] if not self._is_dropped(person, event)]
        if self._is_repeat(person, body):
            return
        self._timeline.add(person, body["$ts"], bodies.written(body | {"$events": events}))
        self._store.standing.count_activity(person)
        point_id = self._execute(_POINT_ID, (person,)).fetchone()[0]
        for event in events:
            selector = Selector("user_point_id", "", point_id)
            self._effects.carry_out(datamart_id, selector, event, body["$ts"])

    def _is_dropped(self, person: int, event: Event) -> bool:
        name = event["$event_name"]
        if name in self._plant.drops:
            return True
        sql = "SELECT 1 FROM analyzer_rule WHERE person = ? AND event_name = ?"
        return self._execute(sql, (person, name)).fetchone() is not None

    def _is_repeat(self, person: int, body: dict[str, Any]) -> bool:
        if not self._decisions.unique_key_deduplicates or not body.get("$unique_key"):
            return False
        return self._timeline.holds_key(person, body["$unique_key"])
