"""Keys: their first use and their refusal are entries, their replacement is found."""

from collections.abc import Iterator

import dj_database_url
import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from pytest_django import DjangoDbBlocker, Settings

from consentadmin.audit.inspecting import inspect
from consentadmin.audit.keeping import Keeper
from consentadmin.audit.models import Entry
from consentadmin.audit.notes import SigningKey, signed
from consentadmin.audit.signing import trusted_keys
from consentadmin.audit.words import Action, Outcome
from consentadmin.tasks.audit import verify
from consentadmin.web.sentences import sentence
from tests.audit.conftest import KEY, ORIGIN, Trail, take_the_lead

NEW, FORGED = SigningKey(ORIGIN, b"n" * 32), SigningKey(ORIGIN, b"f" * 32)
USED, REFUSED = Action.SIGNING_KEY_USED, Action.SIGNING_KEY_REFUSED


@pytest.fixture
def house(
    trail: Trail,
    settings: Settings,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Point Django at the trail, with KEY pinned and no key to sign with, as a worker has it."""
    settings.SIGNING_KEY, settings.VERIFIER_KEYS = "", [str(KEY.verifier)]
    default = connections["default"]
    before = dict(default.settings_dict)
    connections.close_all()
    default.settings_dict.update(dj_database_url.parse(trail.server.url(trail.name)))
    with django_db_blocker.unblock():
        yield
        connections.close_all()
    default.settings_dict.update(before)


def keep(trail: Trail, *keys: SigningKey) -> Keeper:
    """Seal and sign as `manage.py seal` does, to its end."""
    keeper = Keeper(
        psycopg.connect(trail.server.url(trail.name), autocommit=True), keys=keys, directory=None
    )
    take_the_lead(keeper)
    keeper.turn(wait=0)
    keeper.connection.close()
    return keeper


def told(trail: Trail) -> list[tuple[str, dict[str, object]]]:
    """What the trail tells of keys."""
    rows = trail.connect().execute(
        "SELECT action, data FROM audit_entry WHERE action LIKE 'key.%' ORDER BY id"
    )
    return rows.fetchall()


def test_a_key_is_told_when_it_signs_for_the_first_time(trail: Trail) -> None:
    for _ in range(2):
        trail.write()
        keep(trail, KEY)
    assert told(trail) == [(USED, {"key": KEY.verifier.id.hex(), "vouched_by": []})]
    assert trail.verify().is_sound


def test_a_key_that_takes_over_is_told_with_who_vouched_for_it(trail: Trail) -> None:
    keep(trail, KEY)
    keep(trail, NEW, KEY)
    vouched = {"key": NEW.verifier.id.hex(), "vouched_by": [KEY.verifier.id.hex()]}
    assert told(trail)[1:] == [(USED, vouched)]


def test_a_refused_key_is_told_once(trail: Trail) -> None:
    keep(trail, KEY)
    keeper = Keeper(
        psycopg.connect(trail.server.url(trail.name), autocommit=True), keys=[NEW], directory=None
    )
    keeper.turn(wait=0)
    keeper.sign()
    keeper.connection.close()
    assert told(trail)[1:] == [(REFUSED, {"key": NEW.verifier.id.hex()})]


def test_each_is_a_sentence(trail: Trail, house: None) -> None:
    keep(trail, KEY)
    keep(trail, NEW)
    keep(trail, NEW, KEY)
    words = [
        sentence(entry) for entry in Entry.objects.filter(action__startswith="key.").order_by("pk")
    ]
    old, new = KEY.verifier.id.hex(), NEW.verifier.id.hex()
    assert words == [
        f"Signing key {old} signed the trail for the first time.",
        f"Signing key {new} was refused: the key that signed before does not vouch for it.",
        f"Signing key {new} took over; {old} vouched for it.",
    ]


def test_the_hourly_task_finds_a_sound_trail_with_the_pinned_key(trail: Trail, house: None) -> None:
    trail.write(3)
    trail.sign()
    assert inspect().is_sound


def test_a_key_replaced_in_the_database_is_found(trail: Trail, house: None) -> None:
    trail.write(3)
    checkpoint = trail.sign().checkpoint
    forged = signed(checkpoint.text, [FORGED])
    trail.tamper(
        f"UPDATE audit_key SET vkey = '{FORGED.verifier}'",
        f"UPDATE audit_checkpoint SET note = '{forged}'",
    )
    verify()
    entry = Entry.objects.get(action=Action.TRAIL_VERIFIED)
    assert entry.outcome == Outcome.FAILED
    assert f"key {FORGED.verifier.id.hex()} is in the database" in entry.data["why"]


def test_a_forged_checkpoint_is_found(trail: Trail, house: None) -> None:
    trail.write(3)
    forged = signed(trail.sign().checkpoint.text, [FORGED])
    trail.tamper(f"UPDATE audit_checkpoint SET note = '{forged}'")
    verify()
    entry = Entry.objects.get(action=Action.TRAIL_VERIFIED)
    assert entry.outcome == Outcome.FAILED
    assert "no key known to us has signed this" in entry.data["why"]


def test_without_a_pinned_key_the_database_is_believed(
    trail: Trail, house: None, settings: Settings
) -> None:
    settings.VERIFIER_KEYS = []
    trail.write(3)
    trail.sign(FORGED)
    assert inspect().is_sound


def test_a_forgers_key_under_a_former_name_is_found(trail: Trail, house: None) -> None:
    trail.write(3)
    trail.sign()
    other = SigningKey(f"{ORIGIN}/old", b"f" * 32).verifier
    trail.tamper(f"INSERT INTO audit_key (vkey) VALUES ('{other}')")
    first = inspect().first_bad
    assert first
    assert f"key {other.id.hex()} is in the database" in first.why


def test_a_key_that_a_pinned_one_vouches_for_is_believed(
    trail: Trail, house: None, settings: Settings
) -> None:
    trail.write(3)
    trail.sign(SigningKey(f"{ORIGIN}/old", b"n" * 32))
    trail.outside.clear()
    trail.sign(NEW)
    trail.sign(KEY, NEW)
    assert inspect().problems == []


@pytest.mark.parametrize("vkey", ["nonsense", f"{ORIGIN}+00000000+AA=="])
def test_a_pinned_key_that_is_none_is_named(settings: Settings, vkey: str) -> None:
    settings.VERIFIER_KEYS = [vkey]
    with pytest.raises(ImproperlyConfigured, match="CONSENTADMIN_VERIFIER_KEYS"):
        trusted_keys()
