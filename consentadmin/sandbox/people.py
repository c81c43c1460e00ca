"""The awkward people of the seed, by name, so that tests, README and the tour can call them up.

All live in datamart 1459, "Retail EU". The e-mail addresses are given in clear here; the sandbox
keeps only `email_hash`es (SHA-256 of the trimmed, lower-case address, PLATFORM §3).
"""

import hashlib
from dataclasses import dataclass

ORGANISATION, COMMUNITY, FOREIGN_ORGANISATION = "1126", "1126", "1900"
DATAMART, DATAMART_UK, FOREIGN_DATAMART = "1459", "1460", "1999"
CUSTOMERS, LOYALTY, NAMELESS = "1606", "1607", "1608"
UK_CUSTOMERS = "1616"
ARCHIVED_PROCESSING, DELETED_PROCESSING = "3414", "3499"


@dataclass(frozen=True, slots=True)
class Person:
    """A person to call up: what identifies them, and why they are here.

    `accounts` are (compartment id, account id); `agents` are what `user_agent_id=` takes.
    """

    name: str
    story: str
    point_id: str | None
    accounts: tuple[tuple[str, str], ...] = ()
    emails: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    @property
    def email_hashes(self) -> tuple[str, ...]:
        """Return what `email_hash=` takes for each of the addresses."""
        return tuple(email_hash(address) for address in self.emails)


def email_hash(address: str) -> str:
    """Hash an address as datamart 1459 does: trimmed, lower-case, SHA-256, lower-case hex."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


MARIE = Person(
    "Marie Lefèvre",
    "The typical person: one consent withdrawn, one refused, one objection, some never asked.",
    "26340584-2f5e-4a6b-9d1c-7c1f4b0a914e",
    ((CUSTOMERS, "acc-914"),),
    ("marie.lefevre@example.com",),
    ("vec:886742516", "udp:5120774"),
)
NO_CHOICES = Person(
    "Anders Holm",
    "Known, but never asked about anything: an empty list, not a 404.",
    "0b7c9a54-61d2-4f0e-8a35-d2f6f1c20417",
    ((CUSTOMERS, "anders.holm"),),
    ("anders.holm@example.com",),
    ("vec:112904417",),
)
OLD_PROCESSINGS = Person(
    "Ioana Marinescu",
    "Chose on a processing archived since, and on one deleted since.",
    "5d1e8f02-93ab-4c77-b6e4-08f5a9d3c1e2",
    ((CUSTOMERS, "acc-2077"),),
    ("ioana.marinescu@example.com",),
    ("vec:340118259",),
)
TWO_PROFILES = Person(
    "Jürgen Brandt",
    "Two accounts in two compartments, a profile in each.",
    "7a2f4c61-0e58-4d9b-a1c3-5be9d7f80624",
    ((CUSTOMERS, "acc-1313"), (LOYALTY, "LOY-0044871")),
    ("juergen.brandt@example.com",),
    ("vec:551200934", "tech:goo:CAESEJ4mQ2vR"),
)
ODD_ACCOUNT = Person(
    "Zoë Łukasz",
    "An account id with a slash, a comma, an equals sign, a bar and accents in it.",
    "c3d90b7e-4412-4b5a-92f8-e1a6c07d3f59",
    ((CUSTOMERS, "Zoë/Łukasz,dept=7|A"),),
    ("zoe.lukasz@example.com",),
    ("vec:678330021",),
)
THREE_EMAILS = Person(
    "Carmen Ortega",
    "Three e-mail addresses.",
    "e8416d2a-7b39-4f1c-8d05-3c9f2a6b7180",
    ((CUSTOMERS, "acc-488"),),
    ("carmen.ortega@example.com", "c.ortega@example.com", "carmen.o@example.com"),
    ("vec:790215566",),
)
POINTLESS_DEVICE = Person(
    "A device",
    "A device seen without a user point: identifiers, but no USER_POINT and no choice.",
    None,
    agents=("vec:900100200", "udp:7700123", "net:4:8f2c01aa-device"),
)
MERGED = Person(
    "Owen Gallagher",
    "Two points merged under this older one; the newer id, MERGED_AWAY, answers 404.",
    "18f0a3d5-2c64-47be-9e1a-6d75b4c09f33",
    ((CUSTOMERS, "acc-650"), (CUSTOMERS, "acc-1871")),
    ("owen.gallagher@example.com",),
    ("vec:431907752", "vec:998120043"),
)
MERGED_AWAY = "f94b2e17-85d0-4a3c-b7f2-0c1e5d8a6942"
MERGED_AWAY_TS = 1_588_402_815_000  # 2 May 2020
LONG_LOG = Person(
    "Sofia Papadaki",
    "Changed her mind about the newsletter 400 times.",
    "92c7e1b4-d038-4e65-a9f7-1b04c8d26e5a",
    ((CUSTOMERS, "acc-1200"),),
    ("sofia.papadaki@example.com",),
    ("vec:205511873",),
)
LONG_LOG_RECORDS = 400
NESTED_PROFILE = Person(
    "Tomáš Novák",
    "A profile with objects, arrays of objects, nulls, numbers and a system field unknown to us.",
    "3e5a90c8-16f7-4db2-8c41-f7d02b9e6a15",
    ((CUSTOMERS, "acc-777"),),
    ("tomas.novak@example.com",),
    ("vec:617724480",),
)
UNKNOWN_IDENTIFIER = Person(
    "Elin Sjöberg",
    "An identifier of a type that nobody documents, USER_LOYALTY_CARD.",
    "a60d3f9b-5c82-4719-b3e6-94d1f0a27c88",
    ((CUSTOMERS, "acc-1502"),),
    ("elin.sjoeberg@example.com",),
    ("vec:733318905",),
)
CLEAR_EMAIL = Person(
    "Pieter de Vries",
    "The platform holds this e-mail address in clear, beside its hash.",
    "d17b6e42-a95f-4c03-8e7d-2f60c3b9a451",
    ((CUSTOMERS, "pieter.devries"),),
    ("pieter.devries@example.com",),
    ("vec:144409821",),
)
ANALYZED = Person(
    "Baptiste Renaud",
    "An activity analyzer drops every choice that an activity sets: 200, and nothing comes of it.",
    "64c2f90d-7e1b-4a38-9c55-b80e3d7f21a6",
    ((CUSTOMERS, "acc-1733"),),
    ("baptiste.renaud@example.com",),
    ("vec:571830264",),
)
HYPER = Person(
    "Shop tablet",
    "A hyper point: a shop's tablet, on which twelve customers signed in within a week.",
    "b5318e6c-0da4-4f72-8b19-52e7c6a0d43f",
    tuple((CUSTOMERS, f"tablet-lyon-{number:02d}") for number in range(1, 13)),
    tuple(f"tablet.lyon.{number:02d}@example.com" for number in range(1, 13)),
    ("vec:822300517", "udp:6604218"),
)
QUARANTINED = Person(
    "Gianna Rossetti",
    "In quarantine, with 5,000 segments: can be looked up; a write is a 200 and stores nothing.",
    "2f9d6b01-c84e-4d57-a3b2-70f1e58c4d96",
    ((CUSTOMERS, "acc-1911"),),
    ("gianna.rossetti@example.com",),
    ("vec:390672158",),
)

AWKWARD = (
    MARIE,
    NO_CHOICES,
    OLD_PROCESSINGS,
    TWO_PROFILES,
    ODD_ACCOUNT,
    THREE_EMAILS,
    POINTLESS_DEVICE,
    MERGED,
    LONG_LOG,
    NESTED_PROFILE,
    UNKNOWN_IDENTIFIER,
    CLEAR_EMAIL,
    ANALYZED,
    HYPER,
    QUARANTINED,
)
