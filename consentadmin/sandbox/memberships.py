"""`user_segments` and `user_scenarios`: what a person is in (PLATFORM §2).

They are documented as types of documents, and nothing more is: that a segment is told by its id is
the sandbox's own choice (S), and nobody here is in a scenario.
"""

import json

from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import unpaged_unless_asked
from consentadmin.sandbox.problems import not_found
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.store import Store

_PATH = "/v1/datamarts/:/user_points/:"
_FIRST_SEGMENT = 70_001


class Memberships:
    """Answers the calls on segments and scenarios."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
        self._access = access
        self._decisions = decisions

    def add_to(self, routes: Routes) -> None:
        """Register both calls."""
        routes.add("GET", f"{_PATH}/user_segments", self.read_segments)
        routes.add("GET", f"{_PATH}/user_scenarios", self.read_scenarios)

    def read_segments(self, call: Call) -> bytes:
        """Answer the segments of a person: as many as the store counts (S)."""
        count = self._store.standing.segments(self._access.person(*call.values))
        ids = range(_FIRST_SEGMENT, _FIRST_SEGMENT + count)
        return self._listed([json.dumps({"segment_id": str(each)}) for each in ids], call)

    def read_scenarios(self, call: Call) -> bytes:
        """Answer the scenarios of a person: none."""
        self._access.person(*call.values)
        return self._listed([], call)

    def _listed(self, bodies: list[str], call: Call) -> bytes:
        if not bodies and self._decisions.no_segments_is_404:
            raise not_found()
        return unpaged_unless_asked(bodies, call.query, self._decisions)
