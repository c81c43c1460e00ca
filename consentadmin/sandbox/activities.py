"""`user_activities`: receive one (PLATFORM §6). What then becomes of it, see `pipeline`."""

import time
from collections.abc import Callable

from consentadmin.sandbox import bodies
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.effects import Effects
from consentadmin.sandbox.envelopes import DONE, single
from consentadmin.sandbox.pipeline import Pipeline
from consentadmin.sandbox.reception import Activity, Reception
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.standing import as_if_kept
from consentadmin.sandbox.store import Store

_PATH = "/v1/datamarts/:/user_activities"


class Activities:
    """Answers the call by which an activity comes in. `wake` says that there is work to do."""

    def __init__(
        self,
        store: Store,
        access: Access,
        decisions: Decisions,
        effects: Effects,
        pipeline: Pipeline,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._access = access
        self._decisions = decisions
        self._reception = Reception(access, decisions, effects.check)
        self._pipeline = pipeline
        self._wake = wake

    def add_to(self, routes: Routes) -> None:
        """Register the call."""
        routes.add("POST", _PATH, self.receive)

    def receive(self, call: Call) -> bytes:
        """Receive an activity: the answer says that, and not that it is or will be stored."""
        datamart_id = self._access.datamart(call.values[0])
        given = bodies.parsed(call.body, self._decisions)
        now = time.time_ns() // 1_000_000
        activity = self._reception.read(datamart_id, given, now)
        if self._is_quarantined(datamart_id, activity):
            as_if_kept(activity, self._decisions)
        self._pipeline.receive(datamart_id, activity, now)
        self._wake()
        return single("true") if self._decisions.activity_answers_true else DONE

    def _is_quarantined(self, datamart_id: str, activity: Activity) -> bool:
        persons = (self._store.person(datamart_id, each.selector) for each in activity.named)
        return any(it is not None and self._store.standing.is_quarantined(it) for it in persons)
