"""Fills an empty store: the referentials, the awkward people, and a crowd around them.

Deterministic: the same rows, ids and timestamps on every first start.
"""

import random
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from uuid import UUID

from consentadmin.sandbox import awkward, documents, visits
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
from consentadmin.sandbox.effects import SET_CHOICE
from consentadmin.sandbox.names import CITIES, FIRST_NAMES, LAST_NAMES, UK_CITIES
from consentadmin.sandbox.people import (
    ANALYZED,
    ARCHIVED_PROCESSING,
    AWKWARD,
    COMMUNITY,
    CUSTOMERS,
    DATAMART,
    DATAMART_UK,
    HYPER,
    LOYALTY,
    MARIE,
    MERGED,
    MERGED_AWAY,
    MERGED_AWAY_TS,
    NO_CHOICES,
    ORGANISATION,
    POINTLESS_DEVICE,
    QUARANTINED,
    UK_CUSTOMERS,
    Person,
)
from consentadmin.sandbox.standing import MOST_SEGMENTS
from consentadmin.sandbox.store import Store

PEOPLE, PEOPLE_UK = 200, 6
_SEED = 20261115
_AT_ONCE = 5_000  # rows


def seed(store: Store, people: int = PEOPLE) -> None:
    """Write everything; the caller holds the transaction.

    `people` is how many live in datamart 1459. Those beyond `PEOPLE` come last, so that the others
    are the same whoever else is there.
    """
    dice = random.Random(_SEED)  # noqa: S311 (believable, not secret)
    _referentials(store)
    rows = _Rows(store)
    number = 0
    for person in AWKWARD:
        number += 1
        _Inhabitant(person, number, DATAMART, dice).add_to(rows)
    for person in _crowd(PEOPLE - len(AWKWARD), CUSTOMERS, dice):
        number += 1
        _Inhabitant(person, number, DATAMART, dice).add_to(rows)
    for person in _crowd(PEOPLE_UK, UK_CUSTOMERS, dice):
        number += 1
        _Inhabitant(person, number, DATAMART_UK, dice).add_to(rows)
    dice = random.Random(_SEED + 2)  # noqa: S311 (believable, not secret)
    for person in multitude(people):
        number += 1
        _Inhabitant(person, number, DATAMART, dice, share=0.3).add_to(rows)
    rows.flush()


def multitude(people: int) -> Iterator[Person]:
    """Make those who live in datamart 1459 beyond the first `PEOPLE`."""
    dice = random.Random(_SEED + 1)  # noqa: S311 (believable, not secret)
    for position in range(PEOPLE, people):
        name = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES)
        yield _somebody(position, name, CUSTOMERS, dice, tail=str(position))


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
    for position, name in enumerate(dice.sample(names, count)):
        yield _somebody(position, name, compartment, dice)


def _somebody(
    position: int, name: tuple[str, str], compartment: str, dice: random.Random, *, tail: str = ""
) -> Person:
    """Make one of the crowd; `tail` tells apart the addresses of people of one name."""
    address = f"{_plain(name[0])}.{_plain(name[1])}{tail}"
    account = address if dice.random() < 0.4 else f"acc-{3000 + 7 * position}"
    accounts = [(compartment, account)]
    if compartment == CUSTOMERS and dice.random() < 0.2:
        accounts.append((LOYALTY, f"LOY-{100_000 + 13 * position:07d}"))
    return Person(
        " ".join(name),
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


@cache
def _plain(name: str) -> str:
    """Spell a name as e-mail addresses do: ASCII, lower-case."""
    folded = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
    return folded.encode("ascii", "ignore").decode().lower()


class _Rows:
    """Rows on the way into the store, some thousands at once: one by one takes twice as long."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, list[tuple[object, ...]]] = {}
        self._count = 0

    def add(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Keep rows of a table, and write what has gathered when it is much."""
        found = self._kept.setdefault(table, [])
        before = len(found)
        found.extend(rows)
        self._count += len(found) - before
        if self._count > _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        for table, rows in self._kept.items():
            self._store.add(table, rows)
        self._kept.clear()
        self._count = 0


class _Inhabitant:
    """One person on the way into the store; asked about a `share` of the processings."""

    def __init__(
        self,
        person: Person,
        number: int,
        datamart: str,
        dice: random.Random,
        *,
        share: float = 0.6,
    ) -> None:
        self._person = person
        self._share = share
        self._number = number
        self._datamart = datamart
        self._dice = dice
        cities = UK_CITIES if datamart == DATAMART_UK else CITIES
        self._city = dice.choice(cities)
        self._born = awkward.born(person) or documents.born(dice)

    def add_to(self, store: _Rows) -> None:
        """Write the person's selectors and documents."""
        number = self._number
        store.add("person", [(number, self._datamart)])
        store.add("selector", self._selectors())
        found = documents.identifiers(self._person, self._born, self._dice)
        awkward.touch_identifiers(self._person, found)
        if self._person == MERGED:
            store.add("archived_point", [(self._datamart, MERGED_AWAY, number, MERGED_AWAY_TS)])
        store.add("identifier", ((number, at, written(body)) for at, body in enumerate(found)))
        for account in self._person.accounts:
            store.add("profile", [(number, *account, written(self._profile(account)))])
        for processing_id, records in self._change_logs():
            self._add_choice(store, processing_id, list(records))
        self._add_timeline(store)

    def _add_timeline(self, store: _Rows) -> None:
        """Write what the person did, and how much the point holds; by dice of its own."""
        dice = random.Random(_SEED + self._number)  # noqa: S311 (believable, not secret)
        person, number = self._person, self._number
        activities = list(visits.timeline(person, self._born, dice))
        bodies = ((None, number, body["$ts"], written(body)) for body in activities)
        store.add("activity", bodies)
        if person == ANALYZED:
            store.add("analyzer_rule", [(number, SET_CHOICE)])
        segments = {QUARANTINED: MOST_SEGMENTS, MARIE: 3}.get(person, 0)
        store.add("standing", [(number, len(activities), segments, person == HYPER)])

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
                if processing.id not in told and dice.random() < self._share:
                    yield (
                        processing.id,
                        documents.change_log(processing, person, self._born, self._city[1], dice),
                    )

    def _add_choice(self, store: _Rows, processing_id: str, records: list[Document]) -> None:
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
