"""Makes the timelines of seeded people: visits, e-mails, forms (PLATFORM §6).

What a form set is what the person's documents say: Marie's choices and her name.
Timestamps are milliseconds since the epoch, UTC.
"""

import random
from collections.abc import Iterator, Sequence

from consentadmin.sandbox.awkward import MARIE_RECORDS
from consentadmin.sandbox.catalogue import SHOP_APP, SHOP_SITE
from consentadmin.sandbox.documents import Document, moment
from consentadmin.sandbox.effects import SET_CHOICE, SET_PROFILE
from consentadmin.sandbox.people import (
    ANALYZED,
    AWKWARD,
    CLEAR_EMAIL,
    HYPER,
    LONG_LOG,
    MARIE,
    MERGED,
    QUARANTINED,
    THREE_EMAILS,
    TWO_PROFILES,
    Person,
)

# How many things the busy ones did, choices apart; of the crowd, most did two or three.
_BUSY = {
    MARIE: 118,
    HYPER: 40,
    LONG_LOG: 30,
    TWO_PROFILES: 24,
    THREE_EMAILS: 18,
    ANALYZED: 14,
    CLEAR_EMAIL: 12,
    MERGED: 12,
    QUARANTINED: 10,
}
_SHELVES = ("linen", "ceramics", "lamps", "knives", "wool", "glass", "paper", "soap")
_CAMPAIGNS = ("spring-letter", "summer-sale", "autumn-letter", "gift-guide", "loyalty-points")
_MAGAZINE = "2203"
_ONE_SITTING_MS = 60_000


def timeline(person: Person, born: int, dice: random.Random) -> Iterator[Document]:
    """Make what somebody did since `born` (ms, UTC), by rising time."""
    found = list(_visits(person, born, dice))
    if person == MARIE:
        found += _sittings(dice)
        found.append(_account_form(MARIE, MARIE_RECORDS[0][1] - 40_000, dice))
    yield from sorted(found, key=lambda body: int(body["$ts"]))


def _visits(person: Person, born: int, dice: random.Random) -> Iterator[Document]:
    count = _BUSY.get(person, 0)
    if person not in AWKWARD:
        count = dice.choices((0, 1, 2, 3, 5, 8), (10, 20, 30, 25, 10, 5))[0]
    for _ in range(count):
        ts = moment(dice, born)
        kind = dice.choices((_site_visit, _email, _app_visit), (60, 25, 15))[0]
        yield kind(person, ts, dice)


def _site_visit(person: Person, ts: int, dice: random.Random) -> Document:
    shelf = dice.choice(_SHELVES)
    pages: list[tuple[str, Document]] = [
        ("$page_view", {"$url": f"https://www.aubert.example/{shelf}"})
    ]
    if dice.random() < 0.6:
        item = {"$id": f"{shelf}-{dice.randrange(100, 400)}", "$price": dice.randrange(9, 240)}
        pages.append(("$item_view", {"$items": [item]}))
        if dice.random() < 0.3:
            order = {"$order_id": str(dice.randrange(80_000, 99_999)), "$amount": item["$price"]}
            pages.append(("$transaction_confirmed", order))
    site = dice.choices((SHOP_SITE, _MAGAZINE), (80, 20))[0]
    return _session("SITE_VISIT", "$site_id", site, person, ts, pages, dice)


def _app_visit(person: Person, ts: int, dice: random.Random) -> Document:
    screens = [("$app_open", {}), ("screen_view", {"screen": dice.choice(_SHELVES)})]
    return _session("APP_VISIT", "$app_id", SHOP_APP, person, ts, screens, dice)


def _email(person: Person, ts: int, dice: random.Random) -> Document:
    name = dice.choices(("$email_sent", "$email_view", "$email_click"), (50, 35, 15))[0]
    campaign = dice.choice(_CAMPAIGNS)
    found: Document = {
        "$type": "EMAIL",
        "$session_status": "NO_SESSION",
        "$ts": ts,
        "$unique_key": f"{campaign}-{dice.randrange(16**8):08x}",
        "$origin": {"$campaign_name": campaign, "$channel": "email"},
        "$events": [_event(name, ts, {"subject": campaign.replace("-", " ")})],
    }
    if person.email_hashes:
        digest = dice.choice(person.email_hashes)
        found["$user_identifiers"] = [{"$type": "USER_EMAIL", "$hash": digest}]
    return found


def _sittings(dice: random.Random) -> Iterator[Document]:
    """Make the visits in which Marie chose: what she chose within a minute is one visit."""
    sitting: list[tuple[str, int, bool]] = []
    for record in sorted(MARIE_RECORDS, key=lambda it: it[1]):
        if sitting and record[1] - sitting[0][1] > _ONE_SITTING_MS:
            yield _choices(sitting, dice)
            sitting = []
        sitting.append(record)
    yield _choices(sitting, dice)


def _choices(records: Sequence[tuple[str, int, bool]], dice: random.Random) -> Document:
    ts = records[0][1]
    found = _session("SITE_VISIT", "$site_id", SHOP_SITE, MARIE, ts, (), dice)
    for processing_id, at, accepts in records:
        said = {"$processing_id": processing_id, "$choice_acceptance_value": accepts}
        found["$events"].append(_event(SET_CHOICE, at, said | {"form": "form-12"}))
    return found


def _account_form(person: Person, ts: int, dice: random.Random) -> Document:
    first, _, last = person.name.partition(" ")
    compartment_id, account_id = person.accounts[0]
    account = {"$compartment_id": compartment_id, "$user_account_id": account_id}
    events = [(SET_PROFILE, account | {"first_name": first, "last_name": last})]
    return _session("SITE_VISIT", "$site_id", SHOP_SITE, person, ts, events, dice)


def _session(
    kind: str,
    channel_name: str,
    channel: str,
    person: Person,
    ts: int,
    events: Sequence[tuple[str, Document]],
    dice: random.Random,
) -> Document:
    """Make a visit of one channel; its events follow each other by some seconds."""
    found: Document = {
        "$type": kind,
        "$session_status": "CLOSED_SESSION",
        channel_name: channel,
        "$channel_id": channel,
        "$ts": ts,
        "$session_duration": dice.randrange(20, 900),
        "$events": [
            _event(name, ts + place * dice.randrange(4_000, 30_000), properties)
            for place, (name, properties) in enumerate(events)
        ],
    }
    who: list[Document] = []
    if person.agents:
        who.append({"$type": "USER_AGENT", "$user_agent_id": dice.choice(person.agents)})
    if person.accounts and dice.random() < 0.5:
        compartment_id, account_id = dice.choice(person.accounts)
        account = {"$compartment_id": compartment_id, "$user_account_id": account_id}
        who.append({"$type": "USER_ACCOUNT", **account})
    return found | {"$user_identifiers": who}


def _event(name: str, ts: int, properties: Document) -> Document:
    return {"$ts": ts, "$event_name": name, "$properties": properties}
