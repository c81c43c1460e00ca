"""`user_timelines`, and the document type `user_activities`: read and delete (PLATFORM §6)."""

import contextlib
import re
from datetime import datetime

from consentadmin.sandbox import filters, selectors
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import arguments, deleted, listed
from consentadmin.sandbox.problems import bad_request, not_found
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.standing import DAY_MS
from consentadmin.sandbox.store import Store
from consentadmin.sandbox.timeline import FOR_EVER, Timeline

_PATH = "/v1/datamarts/:/user_timelines/:/user_activities"
_DOCUMENT = "/v1/datamarts/:/user_points/:/user_activities"
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Timelines:
    """Answers the calls on what somebody did."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
        self._timeline = Timeline(store)
        self._access = access
        self._decisions = decisions

    def add_to(self, routes: Routes) -> None:
        """Register every call on timelines."""
        routes.add("GET", _PATH, self.read)
        routes.add("DELETE", _PATH, self.delete)
        routes.add("GET", _DOCUMENT, self.read_document)

    def read(self, call: Call) -> bytes:
        """Answer a person's activities, newest first (S): no total, no cursor."""
        return self._read(self._person(call), call)

    def read_document(self, call: Call) -> bytes:
        """Answer the same of a person named by any selector."""
        return self._read(self._access.person(*call.values), call)

    def delete(self, call: Call) -> bytes:
        """Delete the activities that `filters` means; what they did to documents stays (S)."""
        person = self._person(call)
        text = arguments(call.query).get("filters", "")
        if not text and self._decisions.bare_timeline_delete_is_refused:
            raise bad_request("filters is mandatory")
        wanted = filters.parsed(text, self._decisions)
        with self._store.transaction():
            count = self._timeline.delete(person, wanted)
        return deleted(str(count), self._decisions)

    def _person(self, call: Call) -> int:
        datamart_id = self._access.datamart(call.values[0])
        selector = Selector("user_point_id", "", selectors.decoded(call.values[1]))
        person = self._access.found(datamart_id, selector)
        if person is None:
            raise not_found()
        return person

    def _read(self, person: int, call: Call) -> bytes:
        asked = arguments(call.query)
        most = self._most(asked.get("limit"))
        found = self._timeline.read(
            person,
            filters.parsed(asked.get("filters", ""), self._decisions),
            until=_end_of(asked["to"]) if "to" in asked else FOR_EVER,
            most=most,
            newest_first=self._decisions.timeline_newest_first,
        )
        return listed(found, max_results=most)

    def _most(self, text: str | None) -> int:
        if text is None:
            return self._decisions.timeline_limit
        if not (text.isascii() and text.isdigit() and len(text) <= 9) or not int(text):
            raise bad_request("limit must be a whole number from 1")
        return min(int(text), self._decisions.timeline_largest_limit)


def _end_of(text: str) -> int:
    """Return the last millisecond of a day (UTC): `to` includes it (S)."""
    if _DAY.fullmatch(text):
        with contextlib.suppress(ValueError):
            midnight = datetime.fromisoformat(f"{text}T00:00:00+00:00")
            return int(midnight.timestamp()) * 1000 + DAY_MS - 1
    raise bad_request("to must be a day, YYYY-MM-DD")
