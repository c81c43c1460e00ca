"""Who and what a call is about: the datamart the token has rights on, and the person in it."""

import json

from consentadmin.sandbox import selectors
from consentadmin.sandbox.problems import Problem, not_found
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.store import Store


class Access:
    """Resolves the ids and selectors of a path (PLATFORM §1, §2)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._datamarts = store.datamarts()
        self._organisations = store.organisations()

    def datamart(self, raw: str) -> str:
        """Return the id of a datamart: 404 if there is none, 403 if it is somebody else's."""
        datamart_id = selectors.decoded(raw)
        _require(self._datamarts.get(datamart_id))
        return datamart_id

    def datamart_body(self, datamart_id: str) -> str:
        """Return the object of a datamart that `datamart` let pass."""
        return self._datamarts[datamart_id][2]

    def datamarts_of(self, organisation_id: str) -> list[str]:
        """Return the datamarts of an organisation, those the token has rights on."""
        self.organisation(organisation_id)
        rows = self._datamarts.values()
        return [body for mine, owner, body in rows if mine and owner == organisation_id]

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
        person = self._store.person(*self.named(raw_datamart, raw_selector))
        if person is None:
            raise not_found()
        return person

    def named(self, raw_datamart: str, raw_selector: str) -> tuple[str, Selector]:
        """Return the datamart and the selector of a path, whether or not it names anybody."""
        return self.datamart(raw_datamart), selectors.parsed(raw_selector)

    def compartments(self, datamart_id: str) -> set[str]:
        """Return the ids of a datamart's compartments."""
        bodies = self._store.compartments(datamart_id)
        return {json.loads(body)["compartment_id"] for body in bodies}


def _require(row: tuple[bool, str, str] | None) -> str:
    if row is None:
        raise not_found()
    is_mine, _, body = row
    if not is_mine:
        raise Problem(403, "The token has no rights on this resource", "FORBIDDEN")
    return body
