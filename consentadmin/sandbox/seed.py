"""Fills an empty store: the referentials, the awkward people, and a crowd around them.

Deterministic: the same rows, ids and timestamps on every first start.
"""

import random
import unicodedata
from collections.abc import Iterable, Iterator
from uuid import UUID

from consentadmin.sandbox import awkward, documents
from consentadmin.sandbox.bodies import written
from consentadmin.sandbox.catalogue import (
    CHANNELS,
    COMPARTMENTS,
    DATAMARTS,
    ORGANISATIONS,
    PROCESSINGS,
)
from consentadmin.sandbox.choices import record_digest
from consentadmin.sandbox.documents import Document
from consentadmin.sandbox.names import CITIES, FIRST_NAMES, LAST_NAMES, UK_CITIES
from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    AWKWARD,
    COMMUNITY,
    CUSTOMERS,
    DATAMART,
    DATAMART_UK,
    LOYALTY,
    NO_CHOICES,
    ORGANISATION,
    POINTLESS_DEVICE,
    UK_CUSTOMERS,
    Person,
)
from consentadmin.sandbox.store import Store

PEOPLE, PEOPLE_UK = 200, 6
_SEED = 20261115


def seed(store: Store) -> None:
    """Write everything; the caller holds the transaction."""
    dice = random.Random(_SEED)  # noqa: S311 (believable, not secret)
    _referentials(store)
    number = 0
    for person in AWKWARD:
        number += 1
        _Inhabitant(person, number, DATAMART, dice).add_to(store)
    for person in _crowd(PEOPLE - len(AWKWARD), CUSTOMERS, dice):
        number += 1
        _Inhabitant(person, number, DATAMART, dice).add_to(store)
    for person in _crowd(PEOPLE_UK, UK_CUSTOMERS, dice):
        number += 1
        _Inhabitant(person, number, DATAMART_UK, dice).add_to(store)


def _referentials(store: Store) -> None:
    for mine, body in ORGANISATIONS:
        store.add("organisation", [(body["id"], mine, body["community_id"], written(body))])
    for mine, body in DATAMARTS:
        store.add("datamart", [(body["id"], body["organisation_id"], mine, written(body))])
    for datamart, link, compartment, is_default, token, name in COMPARTMENTS:
        found = {"id": link, "compartment_id": compartment, "default": is_default}
        store.add(
            "compartment", [(link, datamart, written(found | {"token": token, "name": name}))]
        )
    for channel, name, kind, domain in CHANNELS:
        found = {"id": channel, "name": name, "type": kind, "domain": domain}
        store.add("channel", [(channel, ORGANISATION, written(found))])
    for processing in PROCESSINGS:
        archived = processing.id == ARCHIVED_PROCESSING
        fields: Document = {
            "id": processing.id,
            "community_id": COMMUNITY,
            "name": processing.name,
            "purpose": processing.purpose,
            "legal_basis": processing.legal_basis,
            "technical_name": processing.technical_name,
            "token": processing.technical_name.replace("_", "-"),
            "archived": archived,
        }
        row = (processing.id, COMMUNITY, processing.name, archived, written(fields))
        store.add("processing", [row])


def _crowd(count: int, compartment: str, dice: random.Random) -> Iterator[Person]:
    """Make unremarkable people, no two of one name."""
    names = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    for position, (first, last) in enumerate(dice.sample(names, count)):
        address = f"{_plain(first)}.{_plain(last)}"
        account = address if dice.random() < 0.4 else f"acc-{3000 + 7 * position}"
        accounts = [(compartment, account)]
        if compartment == CUSTOMERS and dice.random() < 0.2:
            accounts.append((LOYALTY, f"LOY-{100_000 + 13 * position:07d}"))
        yield Person(
            f"{first} {last}",
            "One of the crowd.",
            str(UUID(int=dice.getrandbits(128), version=4)),
            tuple(accounts),
            (f"{address}@example.com",) if dice.random() < 0.9 else (),
            tuple(_agents(position, compartment, dice)),
        )


def _agents(position: int, compartment: str, dice: random.Random) -> Iterator[str]:
    base = int(compartment) * 100_000 + position * 10
    for number in range(dice.choices((1, 2, 3, 4), (40, 35, 15, 10))[0]):
        kinds = (f"vec:{base + number}", f"udp:{base + number}", f"tech:goo:CAESE{base + number}")
        yield dice.choices((*kinds, f"net:4:{base + number:x}"), (70, 15, 10, 5))[0]


def _plain(name: str) -> str:
    """Spell a name as e-mail addresses do: ASCII, lower-case."""
    folded = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
    return folded.encode("ascii", "ignore").decode().lower()


class _Inhabitant:
    """One person on the way into the store."""

    def __init__(self, person: Person, number: int, datamart: str, dice: random.Random) -> None:
        self._person = person
        self._number = number
        self._datamart = datamart
        self._dice = dice
        cities = UK_CITIES if datamart == DATAMART_UK else CITIES
        self._city = dice.choice(cities)
        self._born = awkward.born(person) or documents.born(dice)

    def add_to(self, store: Store) -> None:
        """Write the person's selectors and documents."""
        number = self._number
        store.add("person", [(number, self._datamart)])
        store.add("selector", self._selectors())
        found = documents.identifiers(self._person, self._born, self._dice)
        awkward.touch_identifiers(self._person, found)
        store.add("identifier", ((number, at, written(body)) for at, body in enumerate(found)))
        for account in self._person.accounts:
            store.add("profile", [(number, *account, written(self._profile(account)))])
        for processing_id, records in self._change_logs():
            self._add_choice(store, processing_id, list(records))

    def _selectors(self) -> Iterator[tuple[object, ...]]:
        person = self._person
        found: list[tuple[str, str, str]] = [("user_agent_id", "", it) for it in person.agents]
        found += [("email_hash", "", digest) for digest in person.email_hashes]
        found += [("user_account_id", *account) for account in person.accounts]
        if person.point_id is not None:
            found.append(("user_point_id", "", person.point_id))
        for selector in found:
            yield (self._datamart, *selector, self._number)

    def _profile(self, account: tuple[str, str]) -> Document:
        first, _, last = self._person.name.partition(" ")
        made = documents.profile((first, last), self._city, account, self._born, self._dice)
        return awkward.touched_profile(self._person, made)

    def _change_logs(self) -> Iterable[tuple[str, list[Document]]]:
        person, dice = self._person, self._dice
        if person in (NO_CHOICES, POINTLESS_DEVICE):
            return
        told = awkward.change_logs(person, dice)
        yield from told.items()
        if not awkward.is_told_whole(person):
            for processing in PROCESSINGS:
                if processing.id not in told and dice.random() < 0.6:
                    yield (
                        processing.id,
                        documents.change_log(processing, person, self._born, self._city[1], dice),
                    )

    def _add_choice(self, store: Store, processing_id: str, records: list[Document]) -> None:
        """Keep the records in no order; the newest is the choice."""
        self._dice.shuffle(records)
        rows = (
            (
                None,
                self._number,
                processing_id,
                record["$choice_ts"],
                record_digest(record),
                written(record),
                True,
            )
            for record in records
        )
        store.add("change_log", rows)
