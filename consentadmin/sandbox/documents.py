"""Makes the documents of seeded people: identifiers, profiles, choices (PLATFORM §3 to §5).

Everything comes from a `random.Random` that the caller seeded: the same on every start.
Timestamps are milliseconds since the epoch, UTC, from 2017 to mid November 2026.
"""

import random
from typing import Any

from consentadmin.sandbox.catalogue import CHANNEL_IDS, CONSENT, INTEREST, PUBLIC, Processing
from consentadmin.sandbox.people import Person

FIRST_MS, LAST_MS = 1_483_315_200_000, 1_794_700_800_000  # 2 Jan 2017, 15 Nov 2026
DAY_MS = 86_400_000

Document = dict[str, Any]

_BROWSERS = (
    ("PERSONAL_COMPUTER", "MAC_OS", "SAFARI"),
    ("PERSONAL_COMPUTER", "WINDOWS", "CHROME"),
    ("PERSONAL_COMPUTER", "WINDOWS", "EDGE"),
    ("PERSONAL_COMPUTER", "LINUX", "FIREFOX"),
    ("SMARTPHONE", "IOS", "SAFARI"),
    ("SMARTPHONE", "ANDROID", "CHROME"),
    ("TABLET", "IOS", "SAFARI"),
)
_PHONES = (("Apple", "iPhone 14", "IOS"), ("Samsung", "Galaxy S21", "ANDROID"))
_PROVIDERS = [{"technical_name": "aubert-site"}]


def moment(dice: random.Random, first: int, last: int = LAST_MS) -> int:
    """Pick an instant (ms, UTC)."""
    return dice.randint(min(first, last), last)


def born(dice: random.Random) -> int:
    """Pick when somebody was first seen (ms, UTC)."""
    return moment(dice, FIRST_MS, LAST_MS - 600 * DAY_MS)


def identifiers(person: Person, born: int, dice: random.Random) -> list[Document]:
    """Make the mixed list of identifiers, beginning anywhere."""
    found: list[Document] = []
    if person.point_id is not None:
        found.append({"type": "USER_POINT", "user_point_id": person.point_id, "creation_ts": born})
    for compartment_id, account_id in person.accounts:
        found.append(
            {
                "type": "USER_ACCOUNT",
                "user_account_id": account_id,
                "compartment_id": int(compartment_id),
                "creation_ts": moment(dice, born, born + 30 * DAY_MS),
            }
        )
    found += [_email(digest, born, dice) for digest in person.email_hashes]
    found += [_device(agent, born, dice) for agent in person.agents]
    start = dice.randrange(len(found))
    return found[start:] + found[:start]


def _email(digest: str, born: int, dice: random.Random) -> Document:
    seen = moment(dice, born)
    return {
        "type": "USER_EMAIL",
        "hash": digest,
        "email": None,
        "creation_ts": seen,
        "last_activity_ts": moment(dice, seen),
        "providers": _PROVIDERS if dice.random() < 0.5 else [],
    }


def _device(agent: str, born: int, dice: random.Random) -> Document:
    seen = moment(dice, born)
    times = {"creation_ts": seen, "last_activity_ts": moment(dice, seen)}
    if agent.startswith(("udp:", "net:")):
        brand, model, system = dice.choice(_PHONES)
        kind = "MUM_ID" if agent.startswith("udp:") else "NETWORK_DEVICE_ID"
        registry = agent.split(":")[1] if kind != "MUM_ID" else "1"
        technical = {"type": kind, "user_agent_id": agent, "registry_id": registry, **times}
        form = {"form_factor": "SMARTPHONE", "os_family": system, "browser_family": None}
        return {
            "type": "USER_DEVICE_POINT",
            "id": agent.rsplit(":", 1)[1],
            "device": {**form, "agent_type": "MOBILE_APP", "brand": brand, "model": model},
            "technical_identifiers": [technical],
            **times,
        }
    form_factor, system, browser = dice.choice(_BROWSERS)
    return {
        "type": "USER_AGENT",
        "vector_id": agent,
        "device": {
            "form_factor": form_factor,
            "os_family": system,
            "browser_family": browser,
            "agent_type": "WEB_BROWSER",
        },
        **times,
        "providers": [],
        "mappings": [],
    }


def profile(
    name: tuple[str, str],
    city: tuple[str, str],
    account: tuple[str, str],
    born: int,
    dice: random.Random,
) -> Document:
    """Make a profile with the customs that a retailer keeps."""
    created = moment(dice, born, born + 200 * DAY_MS)
    found: Document = {
        "$compartment_id": account[0],
        "$user_account_id": account[1],
        "$creation_ts": created,
        "$last_modified_ts": moment(dice, created),
        "first_name": name[0],
        "last_name": name[1],
        "city": city[0],
        "country": city[1],
        "loyalty": {
            "tier": dice.choice(("bronze", "silver", "gold")),
            "points": dice.randrange(5_000),
        },
    }
    if dice.random() < 0.6:
        found["optin"] = {"source": dice.choice(("web", "shop", "app")), "double": True}
    if dice.random() < 0.3:
        found["favourite_shop"] = dice.choice(("Lyon Bellecour", "Köln Dom", "Milano Brera"))
    return found


def change_log(
    processing: Processing, person: Person, born: int, country: str, dice: random.Random
) -> list[Document]:
    """Make 1 to 6 records of a choice, by rising `$choice_ts`."""
    count = dice.choices((1, 2, 3, 4, 5, 6), (50, 25, 12, 7, 4, 2))[0]
    is_asked = processing.legal_basis in (CONSENT, INTEREST, PUBLIC)
    likely = {CONSENT: 0.6, INTEREST: 0.85, PUBLIC: 0.95}.get(processing.legal_basis, 1.0)
    instants = sorted({moment(dice, born) for _ in range(count if is_asked else 1)})
    return [
        record(processing.id, ts, person, country, dice, accepts=dice.random() < likely)
        for ts in instants
    ]


def record(
    processing_id: str,
    ts: int,
    person: Person,
    country: str,
    dice: random.Random,
    *,
    accepts: bool,
) -> Document:
    """Make one record; `$creation_ts` is a little after `$choice_ts`."""
    found: Document = {
        "$processing_id": processing_id,
        "$choice_ts": ts,
        "$creation_ts": ts + dice.randrange(150, 9_000),
        "$choice_acceptance_value": accepts,
        "form": f"form-{dice.randrange(10, 20)}",
        "channel": dice.choice(("web", "app", "shop", "call-centre")),
    }
    if person.point_id is not None and dice.random() < 0.5:
        found["$user_point_id"] = person.point_id
    if dice.random() < 0.4:
        found["$channel_id"] = dice.choice(CHANNEL_IDS)
    if person.agents and dice.random() < 0.4:
        found["$user_agent_id"] = dice.choice(person.agents)
    if dice.random() < 0.3:
        found["$choice_source_id"] = str(dice.randrange(40, 60))
        found["$choice_source_token"] = "cmp-banner"  # noqa: S105 (a technical token)
    if dice.random() < 0.5:
        found["ip_country"] = country
    return found
