"""Who and what a call is about: the datamart the token has rights on, and the person in it."""

import json

from consentadmin.sandbox import selectors
from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import Foreign, Unknown, bad_request, not_found
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store


class Access:
    """Resolves the ids and selectors of a path (PLATFORM §1, §2)."""

    def __init__(self, store: Store, decisions: Decisions) -> None:
        self._store = store
        self._decisions = decisions
        self._datamarts = store.datamarts()
        self._organisations = store.organisations()
        self._limit: frozenset[str] | None = None

    def limit_to(self, datamarts: frozenset[str] | None) -> None:
        """Let the call that follows see these datamarts only; None is all that are ours.

        A call is answered without a pause from here on, so no other call gets in between.
        """
        self._limit = datamarts

    def datamart(self, raw: str) -> str:
        """Return the id of a datamart: 404 if there is none, 403 if it is somebody else's."""
        datamart_id = selectors.decoded(raw)
        _require(self._datamarts.get(datamart_id))
        if self._limit is not None and datamart_id not in self._limit:
            raise Foreign
        return datamart_id

    def datamart_body(self, datamart_id: str) -> str:
        """Return the object of a datamart that `datamart` let pass."""
        return self._datamarts[datamart_id][2]

    def datamarts_of(self, organisation_id: str) -> list[str]:
        """Return the datamarts of an organisation, those the token has rights on."""
        self.organisation(organisation_id)
        return [
            body
            for datamart_id, (mine, owner, body) in self._datamarts.items()
            if mine
            and owner == organisation_id
            and (self._limit is None or datamart_id in self._limit)
        ]

    def organisation(self, organisation_id: str) -> str:
        """Return an organisation: 404 if there is none, 403 if it is somebody else's."""
        return _require(self._organisations.get(organisation_id))

    def community(self, community_id: str) -> str:
        """Return the id of a community: 404 if there is none, 403 if it is somebody else's."""
        rows = self._organisations.values()
        mine = [row for row in rows if row[1] == community_id]
        _require(mine[0] if mine else None)
        return community_id

    def person(self, raw_datamart: str, raw_selector: str) -> int:
        """Return the row number of the person that the path names, or raise a 404."""
        person = self.found(*self.named(raw_datamart, raw_selector))
        if person is None:
            raise not_found()
        return person

    def found(self, datamart_id: str, selector: Selector) -> int | None:
        """Return the row number of the person that a selector names, if anybody."""
        person = self._store.person(datamart_id, selector)
        if person is None and self._decisions.archived_point_answers:
            return self._store.person_of_archived(datamart_id, selector)
        return person

    def named(self, raw_datamart: str, raw_selector: str) -> tuple[str, Selector]:
        """Return the datamart and the selector of a path, whether or not it names anybody."""
        return self.datamart(raw_datamart), selectors.parsed(raw_selector)

    def own_organisation(self) -> str:
        """Return the id of the first organisation that the token has rights on."""
        return next(id_ for id_, (mine, _, _) in self._organisations.items() if mine)

    def own_community(self) -> str:
        """Return the id of the community of that organisation."""
        return self._organisations[self.own_organisation()][1]

    def check_compartment(self, datamart_id: str, compartment_id: str) -> None:
        """Raise a 400 if a datamart has no such compartment."""
        if compartment_id not in self.compartments(datamart_id):
            raise bad_request("$compartment_id: there is no such compartment in this datamart")

    def default_compartment(self, datamart_id: str) -> str:
        """Return the compartment of accounts that name none, or raise a 400 if there is none."""
        for body in map(json.loads, self._store.compartments(datamart_id)):
            if body["default"]:
                return str(body["compartment_id"])
        raise bad_request("$compartment_id is mandatory: the datamart has no default compartment")

    def compartments(self, datamart_id: str) -> set[str]:
        """Return the ids of a datamart's compartments."""
        bodies = self._store.compartments(datamart_id)
        return {json.loads(body)["compartment_id"] for body in bodies}


def _require(row: tuple[bool, str, str] | None) -> str:
    if row is None:
        raise Unknown
    is_mine, _, body = row
    if not is_mine:
        raise Foreign
    return body
