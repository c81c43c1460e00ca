"""Datamarts, organisations, processings, compartments and channels (PLATFORM §4, §8)."""

import json

from consentadmin.sandbox import selectors
from consentadmin.sandbox.access import Access
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.envelopes import (
    arguments,
    paged,
    required,
    single,
    unpaged_unless_asked,
)
from consentadmin.sandbox.routing import Call, Routes
from consentadmin.sandbox.store import Store


class Referentials:
    """Answers the calls that are about no person."""

    def __init__(self, store: Store, access: Access, decisions: Decisions) -> None:
        self._store = store
        self._access = access
        self._decisions = decisions

    def add_to(self, routes: Routes) -> None:
        """Register every call on referentials."""
        routes.add("GET", "/v1/datamarts", self.read_datamarts)
        routes.add("GET", "/v1/datamarts/:", self.read_datamart)
        routes.add("GET", "/v1/datamarts/:/compartments", self.read_compartments)
        routes.add("GET", "/v1/organisations/:", self.read_organisation)
        routes.add("GET", "/v1/processings", self.read_processings)
        routes.add("GET", "/v1/channels", self.read_channels)

    def read_datamart(self, call: Call) -> bytes:
        """Answer one datamart."""
        return single(self._access.datamart_body(self._access.datamart(call.values[0])))

    def read_datamarts(self, call: Call) -> bytes:
        """Answer the datamarts of an organisation."""
        organisation_id = self._organisation(call)
        datamarts = self._access.datamarts_of(organisation_id)
        return unpaged_unless_asked(datamarts, call.query, self._decisions)

    def read_organisation(self, call: Call) -> bytes:
        """Answer one organisation, which names its community."""
        return single(self._access.organisation(selectors.decoded(call.values[0])))

    def read_compartments(self, call: Call) -> bytes:
        """Answer the compartments of a datamart."""
        compartments = self._store.compartments(self._access.datamart(call.values[0]))
        return unpaged_unless_asked(compartments, call.query, self._decisions)

    def read_processings(self, call: Call) -> bytes:
        """Answer one page of a community's processings: always paginated."""
        asked = arguments(call.query)
        if self._decisions.owner_is_mandatory or "community_id" in asked:
            community_id = self._access.community(required(asked, "community_id"))
        else:
            community_id = self._access.own_community()
        keywords = asked.get("keywords", "")
        found = self._store.processings(community_id, keywords)
        if self._decisions.keywords_mind_case:
            found = [body for body in found if keywords in json.loads(body)["name"]]
        return paged(found, asked, self._decisions, default_size=self._decisions.page_size)

    def read_channels(self, call: Call) -> bytes:
        """Answer the channels of an organisation."""
        organisation_id = self._organisation(call)
        self._access.organisation(organisation_id)
        channels = self._store.channels(organisation_id)
        return unpaged_unless_asked(channels, call.query, self._decisions)

    def _organisation(self, call: Call) -> str:
        """Return the organisation that a list is asked for: it must be said which (S)."""
        asked = arguments(call.query)
        if self._decisions.owner_is_mandatory or "organisation_id" in asked:
            return required(asked, "organisation_id")
        return self._access.own_organisation()
