"""What is special about the documents of the awkward people (see `people`)."""

import random

from consentadmin.sandbox.catalogue import ADS, NEWSLETTER, PARTNERS, SMS
from consentadmin.sandbox.documents import DAY_MS, Document, record
from consentadmin.sandbox.names import FIRST_NAMES, LAST_NAMES
from consentadmin.sandbox.people import (
    ARCHIVED_PROCESSING,
    AWKWARD,
    CLEAR_EMAIL,
    CUSTOMERS,
    DELETED_PROCESSING,
    HYPER,
    LONG_LOG,
    LONG_LOG_RECORDS,
    MARIE,
    NESTED_PROFILE,
    OLD_PROCESSINGS,
    UNKNOWN_IDENTIFIER,
    Person,
)

# Marie's records, (processing id, $choice_ts in ms UTC, value): see her story.
MARIE_RECORDS = (
    (NEWSLETTER, 1_573_134_365_000, True),  # 7 Nov 2019: consented
    (SMS, 1_573_134_371_000, False),  # refused from the start
    (ADS, 1_573_134_377_000, True),  # consented …
    (ADS, 1_614_759_022_000, False),  # … and withdrew, 3 Mar 2021
    (PARTNERS, 1_573_134_380_000, False),
    (PARTNERS, 1_689_151_204_000, True),
    ("3406", 1_650_275_833_000, True),
    ("3406", 1_718_098_411_000, False),  # objected to recommendations
    ("3407", 1_573_134_390_000, True),
    ("3408", 1_573_134_391_000, True),
    ("3409", 1_601_883_120_000, True),
    ("3410", 1_573_134_392_000, True),
    ("3412", 1_590_000_733_000, True),
)
_FIRST_SEEN = 1_493_118_667_529  # 25 Apr 2017
_FIRST_OF_LONG_LOG = 1_520_000_000_000  # 2 Mar 2018


def born(person: Person) -> int | None:
    """Return when an awkward person was first seen (ms, UTC): before all of her choices."""
    return _FIRST_SEEN if person in AWKWARD else None


def touch_identifiers(person: Person, found: list[Document]) -> None:
    """Add or change what is special about a person's identifiers."""
    if person == UNKNOWN_IDENTIFIER:
        card = {"type": "USER_LOYALTY_CARD", "card_number": "3 120 558 204", "tier": "gold"}
        found.insert(1, card | {"creation_ts": 1_612_345_678_901})
    if person == CLEAR_EMAIL:
        for body in found:
            if body["type"] == "USER_EMAIL":
                body["email"] = person.emails[0]
    if person == HYPER:
        for number, body in enumerate(found):
            if body["type"] in ("USER_ACCOUNT", "USER_EMAIL"):
                body["creation_ts"] = _FIRST_SEEN + number * DAY_MS // 4


def touched_profile(person: Person, made: Document) -> Document:
    """Return a profile with what is special about it."""
    if person == HYPER:
        number = person.accounts.index((CUSTOMERS, made["$user_account_id"]))
        return made | {"first_name": FIRST_NAMES[number * 5], "last_name": LAST_NAMES[number * 4]}
    if person != NESTED_PROFILE:
        return made
    return made | {
        "$expiration_ts": 1_924_992_000_000,
        "$thing": {"kept_by": "nobody knows"},
        "address": {
            "street": "Údolní 12",
            "city": "Brno",
            "geo": {"lat": 49.1951, "lon": 16.6068, "precise": False},
            "second_line": None,
        },
        "children": [
            {"id": "c1", "first_name": "Eliška", "born": 2014},
            {"id": "c2", "first_name": "Matěj", "born": 2018, "allergies": ["nuts", "milk"]},
        ],
        "orders": [{"id": 88_120, "total": 49.9}, {"id": 90_455, "total": 0}],
        "sizes": [38, 39.5, None],
        "is_member": True,
        "score": 0.73,
        "nickname": None,
        "notes": "",
        "empty": {},
    }


def change_logs(person: Person, dice: random.Random) -> dict[str, list[Document]]:
    """Return the change logs that a person's story asks for, by processing."""
    if person == MARIE:
        return _marie(dice)
    if person == OLD_PROCESSINGS:
        archived = record(ARCHIVED_PROCESSING, 1_560_000_123_000, person, "RO", dice, accepts=True)
        deleted = record(DELETED_PROCESSING, 1_535_000_456_000, person, "RO", dice, accepts=False)
        return {ARCHIVED_PROCESSING: [archived], DELETED_PROCESSING: [deleted]}
    if person == LONG_LOG:
        instants = (
            _FIRST_OF_LONG_LOG + number * 7 * DAY_MS + dice.randrange(DAY_MS)
            for number in range(LONG_LOG_RECORDS)
        )
        records = [
            record(NEWSLETTER, ts, person, "GR", dice, accepts=number % 2 == 0)
            for number, ts in enumerate(instants)
        ]
        return {NEWSLETTER: records}
    return {}


def is_told_whole(person: Person) -> bool:
    """Say whether `change_logs` is all there is: no choices beside the story's."""
    return person in (MARIE, OLD_PROCESSINGS)


def _marie(dice: random.Random) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for processing_id, ts, accepts in MARIE_RECORDS:
        made = record(processing_id, ts, MARIE, "FR", dice, accepts=accepts)
        found.setdefault(processing_id, []).append(made | {"form": "form-12"})
    return found
